"""Service process: runs one service, the gateway, the web app or one simulator until SIGTERM.

`python -m checkout.processes.service_process NAME REPLICA PORT`; everything else comes from the settings.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from checkout.errors import CheckoutError
from checkout.framework import http_app, http_server
from checkout.framework.intake import Intake, RouteContext
from checkout.framework.message import Message
from checkout.framework.rate_limit import RateLimit, front_key
from checkout.framework.service import Service
from checkout.journal.hop import compact, utc_now
from checkout.journal.journal import Journal
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Log
from checkout.processes.worker_loop import UNAVAILABLE, WorkerLoop
from checkout.registry import Registry, load_registry
from checkout.settings import IN_PROCESS, Settings, read_settings
from checkout.tracing.start import start_tracing
from checkout.worker import hops
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.claims import keep_lease
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import last_positions
from checkout.worker.recovery import missing_hops
from checkout.worker.retention import Retention
from checkout.worker.worker import Worker

if TYPE_CHECKING:
    from checkout.tracing.provider import Tracing

COMMIT_INTERVAL = 0.1  # seconds
FINISH_TIMEOUT = 5.0  # seconds for running external calls after SIGTERM


class OtherKafka(CheckoutError):
    """Kafka and the database of a service do not belong together; the message names a record."""


def main() -> None:
    """Runs the process that the command line names until SIGTERM, or until its parent closes standard input."""
    name, replica, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    os.umask(0o077)  # databases and journals have names and addresses
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        settings = read_settings()
        registry = load_registry(settings.registry)
        if name in registry.by_name:
            run_service(registry, settings, name, replica, port)
        elif name == "gateway":
            run_gateway(settings, replica, port)
        elif name == "web":
            from checkout.services.web import Web  # a process imports only what it runs

            web = Web(settings.url("gateway"), settings.operator_token)
            limit = RateLimit(settings.rate_limit)
            http_server.serve(limit.application(web.application(lambda: True)), port, "the web app")
        else:
            smtp_port = [settings.port("smtp")] if name == "mailbox" else []
            importlib.import_module(f"checkout.simulators.{name}_http").main(port, *smtp_port)
    except CheckoutError as error:
        sys.exit(str(error))


def _exit_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1_024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def run_gateway(settings: Settings, replica: str, port: int) -> None:
    """Runs the API gateway, which writes a hop for each message that it has passed on."""
    from checkout.services.gateway import Gateway

    journal = Journal(settings.home / "journal" / f"{replica}.jsonl", settings.journal, settings.retention_seconds)
    tracing = start_tracing(settings, "gateway", replica)
    requests = tracing.of_requests() if tracing else None

    def write_hop(message: type[Message], request: dict[str, Any]) -> None:
        fields = request | {"payload": compact(request["body"].encode()), "replica": replica, "at": utc_now()}
        fields["correlation"] = request["correlation"] or request["order"]
        del fields["body"]
        hop = hops.http_request(message, message.sender, "gateway", False, **fields)
        journal.write([hop])
        if requests:
            requests.record(hop)

    addresses = {name: settings.url(name) for name in ("orders", "stock", "payments")}
    gateway = Gateway(addresses, write_hop, [requests.add_header] if requests else [])
    application = gateway.application(lambda: True)
    limit = RateLimit(settings.rate_limit, front_key(settings.operator_token))
    try:
        traced = requests.application(application) if requests else application
        http_server.serve(limit.application(traced), port, "the API gateway")
    finally:
        if tracing:
            tracing.close()


def run_service(registry: Registry, settings: Settings, name: str, replica: str, port: int) -> None:
    """Runs one replica of a service: its worker in this thread, its HTTP server in another.

    Raises IncompatibleDatabase. Only the first replica has the service's routes; further ones serve their health.
    """
    stopping = _stopping_on_signals()
    service = registry.by_name[name].from_settings(settings)
    tracing = start_tracing(settings, name, replica)
    database = ServiceDatabase(database_url(settings, name), service)
    path = settings.home / "journal" / f"{replica}.jsonl"
    journal = Journal(path, settings.journal, settings.retention_seconds)
    journal.write(missing_hops(path, database, service, registry.message_types, replica))
    broker = _kafka_broker(settings)
    check_kafka(database, broker, replica)
    is_first = replica == f"{name}-1"
    intake = Intake() if is_first and any(message.endpoint for message in service.handlers) else None
    log: Log = broker.join(name, list(service.topics()), replica)
    calls = external_calls(registry, settings, name)
    if settings.crash_at:
        log, intake = with_crash_point(settings, replica, service, log, database, calls, intake)
    worker = new_worker(tracing)(
        service, registry.message_types, log, database, journal, calls, intake, replica, settings.batch,
        COMMIT_INTERVAL,
    )  # fmt: skip
    if settings.database_url:  # several replicas share it
        keep_lease(database, replica, stopping)
    context = RouteContext(intake or Intake(), database.read, utc_now, settings.operator_token)
    is_spare = int(replica.rpartition("-")[2]) > settings.partitions
    retention = Retention(database, path, settings.retention_seconds, utc_now)
    loop = WorkerLoop(worker, retention, stopping, needs_partitions=not is_spare)
    routes = service.routes(context) if is_first else ()
    app = http_app.application(name.capitalize(), routes, lambda: loop.is_ready)
    _collect_less_garbage()
    with http_server.serve_in_thread(app, port, name):
        loop.run()
    finish_calls(worker, FINISH_TIMEOUT)
    worker.close()
    broker.close()
    if tracing:
        tracing.close()


def _kafka_broker(settings: Settings) -> KafkaBroker:
    servers, client = settings.bootstrap_servers, settings.kafka_client
    return KafkaBroker(servers, settings.prefix, client=client, security=settings.kafka_security)


def _stopping_on_signals() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _collect_less_garbage() -> None:
    gc.freeze()  # modules and tables live as long as the process: the collector need not visit them
    gc.set_threshold(50_000, 20, 1_000)  # a batch allocates thousands of objects, freed by reference counts


def with_crash_point(
    settings: Settings, replica: str, service: Service, log: Log, database: ServiceDatabase, calls: ExternalCalls,
    intake: Intake | None,
) -> tuple[Log, Intake | None]:  # fmt: skip
    """The log and the intake of a service that kills itself where `settings.crash_at` says."""
    from checkout.processes.crash_points.crash_point import CrashPoint  # fault injection
    from checkout.processes.crash_points.watch import watch

    point = CrashPoint(settings.crash_at, replica, settings.home / "crashes.jsonl")
    return watch(point, service, log, database, calls, intake)


def new_worker(tracing: Tracing | None) -> Callable[..., Worker]:
    """What makes the worker: with tracing one whose hops become spans."""
    if tracing is None:
        return Worker
    from checkout.worker.traced_worker import TracedWorker  # imports OpenTelemetry

    return functools.partial(TracedWorker, tracing.spans)


def check_kafka(database: ServiceDatabase, broker: KafkaBroker, replica: str) -> None:
    """Raises OtherKafka when records that this service has sent are not there: orders in flight would wait for ever."""
    with database.read() as db:
        sent = last_positions(db)
    ends = broker.ends(sorted({topic for topic, _ in sent})) if sent else {}
    for (topic, partition), offset in sent.items():
        if offset >= (end := ends.get((topic, partition), 0)):
            raise OtherKafka(
                f"{replica} has sent offset {offset} of {topic}, partition {partition}, which ends at {end} in Kafka "
                f"at {broker.connection.bootstrap_servers}: its data was deleted, or this is another Kafka. Start with "
                f"that Kafka, or move the databases away, too, or set CHECKOUT_HOME"
            )


def finish_calls(worker: Worker, timeout: float) -> None:
    """Waits at most `timeout` seconds for running external calls and handles their replies; no more calls are made.

    Without this their replies would be lost, and an e-mail would be sent again after a restart.
    """
    worker.external_calls.close(timeout)
    with contextlib.suppress(*UNAVAILABLE):
        worker.handle()
        worker.commit()
        worker.batch, worker.is_handled = worker.sources.take_results(), False
        worker.handle()
        worker.publish()


def database_url(settings: Settings, name: str) -> str:
    """The URL of a service's own database: a file below the home, or a database of the PostgreSQL in the settings."""
    if settings.database_url:
        from checkout.processes.postgres import url_of

        return url_of(settings, name).render_as_string(hide_password=False)
    folder = settings.home / "databases"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / name}.db"


def external_calls(registry: Registry, settings: Settings, name: str) -> ExternalCalls:
    """The external calls of a service; synchronous when the external systems run in this process."""
    if IN_PROCESS in (settings.payment_broker_url, settings.shipment_company_url, settings.smtp_url):
        return ExternalCalls(registry.simulators().adapters(), 0, give_up_after=settings.call_seconds)
    return ExternalCalls(registry.adapters(name, settings), give_up_after=settings.call_seconds)


if __name__ == "__main__":
    main()
