"""Up: the store in the foreground - starts it, shows what crashes, stops all of it at Ctrl-C."""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from checkout.cli.output import Bar, err, out, table
from checkout.processes.supervisor import FRONT, OUTSIDE, WORKERS, ShopError, Supervisor
from checkout.settings import IN_PROCESS, Settings, WrongSetting, read_settings

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
KAFKA_LOST = "Kafka has ended. Messages wait in the services' databases: start it again with `checkout kafka start`."
KAFKA_BACK = "Kafka is back: what waited goes on."


def run(scale: Sequence[str], postgres: bool, **overrides: Any) -> None:
    """`checkout up`."""
    with started(scale, postgres, (*OUTSIDE, *WORKERS, *FRONT), **overrides) as store:
        show_addresses(store)
        out.print(f"The shop is open at [bold]{store.settings.url('web')}[/bold]. Ctrl-C closes it.")
        watch(store)


def run_services(stock: int, scale: Sequence[str], postgres: bool, **overrides: Any) -> None:
    """`checkout services`."""
    outside = dict.fromkeys(("payment_broker_url", "shipment_company_url", "smtp_url"), IN_PROCESS)
    with started(scale, postgres, WORKERS, stock=stock, **outside, **overrides) as store:
        show_addresses(store)
        out.print(f"Kafka answers at {store.settings.bootstrap_servers}. Ctrl-C stops the services.")
        watch(store)


@contextlib.contextmanager
def started(scale: Sequence[str], postgres: bool, parts: Sequence[str], **overrides: Any) -> Iterator[Supervisor]:
    """A store that is ready, and stopped at the end of the block, whatever ends it."""
    replicas = _replicas(scale)
    overrides.setdefault("partitions", None)
    overrides["partitions"] = overrides["partitions"] or max(replicas.values(), default=0) or None
    settings = read_settings(**overrides)
    with _stoppable(), _database(settings, postgres) as url:
        settings = msgspec.structs.replace(settings, database_url=url)
        with Bar() as progress:
            store = Supervisor(settings, replicas, progress)
            store.start(parts)
        try:
            yield store
        finally:
            _hold_signals()
            store.stop()


def watch(store: Supervisor) -> None:
    """Until Ctrl-C: tells of Kafka's end and of each crashed process; Enter starts what crashed again."""
    try:
        _watch(store)
    except KeyboardInterrupt:
        err.print("closing")


def _watch(store: Supervisor) -> None:
    told, brokers = set[str](), store.brokers()
    while True:
        for replica, status in store.crashed():
            if replica not in told:
                told.add(replica)
                _tell_crash(store, replica, status)
        if brokers != (now := store.brokers()):
            brokers = now
            err.print(about_kafka(*now), markup=False)
        if _enter_pressed(0.5) and told:
            _start_again(store, sorted(told))
            told.clear()


def about_kafka(running: int, brokers: int) -> str:
    """What it means for the store that so many of its brokers run: a cluster works with most of them."""
    if running == brokers:
        return KAFKA_BACK
    if running > brokers / 2:
        return f"{running} of {brokers} Kafka brokers run, and go on: `checkout kafka start` starts the missing one."
    return KAFKA_LOST


def _start_again(store: Supervisor, replicas: Sequence[str]) -> None:
    for replica in replicas:
        store.launch(replica)
    try:
        store.wait_until_ready(replicas)
        err.print(f"{', '.join(replicas)} runs again.")
    except ShopError as problem:
        err.print(str(problem), markup=False)


def show_addresses(store: Supervisor) -> None:
    """What runs where."""
    rows = [(part.replica, part.address, part.pid.number) for part in store.parts.values()]
    out.print(table("", ("part", "address", "process"), rows))


def _tell_crash(store: Supervisor, replica: str, status: int) -> None:
    how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
    err.print(f"[bold]{replica} ended {how}.[/bold] Its messages wait in Kafka. The end of its log:")
    err.print(store.last_lines(replica), markup=False)
    if sys.stdin.isatty():
        err.print("Press Enter to start it again, Ctrl-C to close the store.")


def _enter_pressed(seconds: float) -> bool:
    if not sys.stdin.isatty():
        time.sleep(seconds)
        return False
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return bool(ready) and bool(os.read(sys.stdin.fileno(), 1_000))


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    # A store in the background is stopped by SIGTERM, and by SIGHUP when its terminal closes, as by Ctrl-C.
    def interrupt(*_: object) -> None:
        _hold_signals()
        raise KeyboardInterrupt

    for number in SIGNALS:
        signal.signal(number, interrupt)
    yield


def _hold_signals() -> None:
    # A second Ctrl-C while the processes are being stopped would leave some of them behind.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _replicas(scale: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in scale:
        name, _, count = word.partition("=")
        if name not in WORKERS or not count.isdigit() or not 1 <= int(count) <= 16:
            raise WrongSetting(f"--scale {word}: write SERVICE=N, with N from 1 to 16, for one of {', '.join(WORKERS)}")
        found[name] = int(count)
    return found


@contextlib.contextmanager
def _database(settings: Settings, postgres: bool) -> Iterator[str]:
    if settings.database_url or not postgres:
        yield settings.database_url
        return
    from checkout.processes.postgres import local_postgres

    with local_postgres(settings.home) as url:
        yield url
