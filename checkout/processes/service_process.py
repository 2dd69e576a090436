"""Process: one container, or one outside system, in a process of its own.

`python -m checkout.processes.service_process NAME REPLICA PORT`; everything else stands in the settings.
"""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from checkout.framework import http_app, http_server
from checkout.framework.intake import Intake, RouteContext
from checkout.framework.service import Service
from checkout.journal.hop import compact, now
from checkout.journal.journal import Journal
from checkout.messages import PlaceOrder
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import LogUnavailable
from checkout.settings import IN_PROCESS, Settings, read_settings
from checkout.worker import hops
from checkout.worker.database import DATABASE_AWAY, IncompatibleDatabase, ServiceDatabase
from checkout.worker.external_calls import Adapter, ExternalCalls
from checkout.worker.recovery import missing_hops
from checkout.worker.worker import Worker

VERBS = ("poll", "handle", "publish", "commit")
EXTERNALS = ("payment_broker", "shipment_company", "mailbox")
LONGEST_PAUSE = 2.0  # seconds between two tries while broker or database are away


def main() -> None:
    """Runs what the command line names, until SIGTERM or the end of standard input, which is the parent's end."""
    name, replica, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    settings = read_settings()
    threading.Thread(target=_follow_parent, daemon=True).start()
    if name in EXTERNALS:
        extra = [settings.port("smtp")] if name == "mailbox" else []
        _load(f"checkout.simulators.{name}").main(port, *extra)
    elif name == "gateway":
        run_gateway(settings, replica, port)
    elif name == "web":
        web = _load("checkout.services.web").Web(settings.url("gateway"))
        http_server.serve(web.application(lambda: True), port, "the web app")
    else:
        run_service(settings, name, replica, port)


def _load(module: str) -> Any:
    # A process imports only what its container needs.
    return importlib.import_module(module)


def _follow_parent() -> None:
    while os.read(sys.stdin.fileno(), 1_024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def run_gateway(settings: Settings, replica: str, port: int) -> None:
    """The API gateway, which tells the journal of each order it has passed on."""
    journal = Journal(settings.home / "journal" / f"{replica}.jsonl", settings.journal)

    def arrived(fields: dict[str, Any]) -> None:
        payload = compact(fields.pop("body").encode())
        fields["correlation"] = fields["correlation"] or fields["order"]
        hop = hops.requested(PlaceOrder, PlaceOrder.sender, "gateway", False, at=now(), replica=replica,
                             payload=payload, **fields)
        journal.write([hop])

    addresses = {name: settings.url(name) for name in ("orders", "stock", "payments")}
    gateway = _load("checkout.services.gateway").Gateway(addresses, arrived)
    http_server.serve(gateway.application(lambda: True), port, "the API gateway")


def run_service(settings: Settings, name: str, replica: str, port: int) -> None:
    """One replica of a service: its worker in this thread, its HTTP server in another."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    service = make_service(settings, name)
    try:
        database = ServiceDatabase(database_url(settings, name), service)
    except IncompatibleDatabase as error:
        sys.exit(str(error))
    path = settings.home / "journal" / f"{replica}.jsonl"
    journal = Journal(path, settings.journal)
    journal.write(missing_hops(path, database, name, replica))
    broker = KafkaBroker(settings.bootstrap_servers, settings.prefix)
    log = broker.join(name, list(service.topics()), replica)
    first = replica == f"{name}-1"
    intake = Intake() if first and PlaceOrder in service.handlers else None
    calls = make_external_calls(settings, name)
    worker = Worker(service, log, database, journal, calls, intake, replica, settings.batch)
    context = RouteContext(intake or Intake(), database.read, now, settings.operator_token)
    spare = int(replica.rpartition("-")[2]) > settings.partitions
    loop = Loop(worker, stopping, settings.crash_before, needs_partitions=not spare)
    app = http_app.application(name.capitalize(), service.routes(context) if first else (), lambda: loop.is_ready)
    with http_server.serve_in_thread(app, port, name):
        loop.run()
    worker.close()
    broker.close()


class Loop:
    """Calls a worker's verbs for ever; waits out a broker or a database that is away."""

    def __init__(self, worker: Worker, stopping: threading.Event, crash_before: str, needs_partitions: bool) -> None:
        self._worker, self._stopping, self._crash_before = worker, stopping, crash_before
        self._needs_partitions = needs_partitions
        self.is_ready = False

    def run(self) -> None:
        """Until it is told to stop."""
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                self._turn()
                pause = 0.0
            except (LogUnavailable, *DATABASE_AWAY) as away:
                self.is_ready = False
                pause = min(pause * 2 or 0.1, LONGEST_PAUSE)
                reason = (str(away) or repr(away)).splitlines()[0]
                print(f"{now()} {self._worker.replica} waits: {reason}", flush=True)

    def _turn(self) -> None:
        # What one verb cannot do just now keeps no other from its work: without Kafka, orders are still taken in.
        away = [error for error in map(self._call, VERBS) if error]
        if away:
            raise away[0]
        self.is_ready = bool(self._worker.log.assignment()) or not self._needs_partitions

    def _call(self, verb: str) -> Exception | None:
        if verb == self._crash_before and self._has_work(verb):
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            getattr(self._worker, verb)(*([1.0] if verb == "poll" else []))
        except (LogUnavailable, *DATABASE_AWAY) as away:
            return away
        return None

    def _has_work(self, verb: str) -> bool:
        return bool(self._worker.outgoing if verb == "publish" else self._worker.batch)


def database_url(settings: Settings, name: str) -> str:
    """The service's own database: a file below the home, or one of its own in the PostgreSQL of the settings."""
    if settings.database_url:
        url = _load("checkout.processes.postgres").url_of(settings, name)
        return str(url.render_as_string(hide_password=False))
    folder = settings.home / "databases"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / name}.db"


def make_service(settings: Settings, name: str) -> Service:
    """The service itself; Stock with as much on hand as the settings say."""
    module = _load(f"checkout.services.{name}")
    if name == "stock" and settings.stock:
        return module.Stock([replace(product, on_hand=settings.stock) for product in module.CATALOGUE])  # type: ignore[no-any-return]
    return getattr(module, name.capitalize())()  # type: ignore[no-any-return]


def make_external_calls(settings: Settings, name: str) -> ExternalCalls:
    """The external_calls of a service, with a line for what it sends outside."""
    if IN_PROCESS in (settings.payment_broker_url, settings.shipment_company_url, settings.smtp_url):
        return ExternalCalls(_load("checkout.simulators.in_process").SimulatedSystems().adapters(), workers=0)
    made: dict[str, Callable[[Any], dict[str, Adapter]]] = {
        "payments": lambda outside: {"ChargeCard": outside.HttpCompany(settings.url("payment_broker")).charge},
        "shipments": lambda outside: {"BookParcel": outside.HttpCompany(settings.url("shipment_company")).book},
        "notifications": lambda outside: {"SendEmail": outside.MailServer(settings.url("smtp")).send},
    }
    return ExternalCalls(made[name](_load("checkout.worker.adapters")) if name in made else {})


if __name__ == "__main__":
    main()
