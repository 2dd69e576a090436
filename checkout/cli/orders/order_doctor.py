"""Order doctor: `checkout doctor ORDER`, says where an order is, what it waits for, and why."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from checkout.cli import output
from checkout.cli.orders.journeys import connect_to_kafka
from checkout.diagnosis.diagnosis import Diagnosis, UnknownOrder, diagnose
from checkout.diagnosis.waits import RUNS, RunningSystem
from checkout.journal import journal
from checkout.messaging.kafka_client import AccessDenied
from checkout.messaging.log import Broker, LogUnavailable
from checkout.messaging.security.login import LoginRefused
from checkout.processes.shop_file import ShopError, ShopFile, ShopNotRunning, find_shop
from checkout.registry import STORE
from checkout.settings import Settings, read_settings
from checkout.worker.database import open_engine

Databases = Mapping[str, Callable[[], Any]]


def run(order: str, as_json: bool) -> int:
    """Prints the diagnosis of an order; returns 0 when it waits for nothing, else 1. Raises ShopError."""
    settings = read_settings()
    with ExitStack() as opened:
        found = _diagnose(order, settings, opened)
    if as_json:
        output.print_json(found)
    else:
        output.out.print(found.sentence, markup=False, highlight=False, soft_wrap=True)
    return 1 if found.waits else 0


def _diagnose(order: str, settings: Settings, opened: ExitStack) -> Diagnosis:
    try:
        shop = find_shop(settings.home)
    except ShopNotRunning:
        shop = None
    databases = opened.enter_context(_databases(settings, shop))
    broker = _broker(settings.home, opened)
    if not databases and broker is None:
        raise ShopNotRunning(f"there are no databases below {settings.home}, and no store is running: is it the home?")
    hops = journal.read(settings.home / "journal", order)
    system = RunningSystem(STORE, databases, broker, lambda name: _states(shop, name), hops, settings.call_seconds)
    try:
        return diagnose(order, system)
    except UnknownOrder as error:
        raise ShopError(f"{error}: see `checkout orders` for the ids") from None


def _broker(home: Path, opened: ExitStack) -> Broker | None:
    broker = connect_to_kafka(home)
    try:
        if broker is not None:
            opened.enter_context(closing(broker))
            broker.topics()
    except (AccessDenied, LoginRefused):  # a Kafka that is there
        raise
    except LogUnavailable:
        return None
    return broker


@contextmanager
def _databases(settings: Settings, shop: ShopFile | None) -> Iterator[Databases]:
    """Readers of the services' databases, those that exist, closed in the end."""
    url = shop.database_url if shop else settings.database_url
    engines = {}
    for service in STORE.by_name:
        path = settings.home / "databases" / f"{service}.db"
        if url:
            from checkout.processes.postgres import url_of

            named = msgspec.structs.replace(settings, database_url=url, prefix=shop.prefix if shop else settings.prefix)
            engines[service] = open_engine(url_of(named, service).render_as_string(hide_password=False), False)
        elif path.exists():
            engines[service] = open_engine(f"sqlite:///{path}", False)
    try:
        yield {name: engine.connect for name, engine in engines.items()}
    finally:
        for engine in engines.values():
            engine.dispose()


def _states(shop: ShopFile | None, service: str) -> dict[str, str]:
    if shop is None:
        return {f"{service}-1": "does not run: no store is running"}
    processes = [process for process in shop.processes if process.name == service]
    return {process.replica: _state(process.pid.state()) for process in processes}


def _state(state: str) -> str:
    return {"": "has ended", "stopped": "is paused"}.get(state, RUNS)
