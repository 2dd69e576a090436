"""Bench worker: CPU time of an order without Kafka, of the store and the peer, by layer and SQL statement."""

import gc
import itertools
import os
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "peers")]

from bench_layers import layers, statements, timed_sqlite  # noqa: E402
from messages import call  # noqa: E402
from store import HANDLERS, Store  # noqa: E402

from checkout.bench.effects import STOCK  # noqa: E402
from checkout.domain import PaymentMethod  # noqa: E402
from checkout.fields import OrderLine, Payment  # noqa: E402
from checkout.framework.message import encode  # noqa: E402
from checkout.ids import new_id  # noqa: E402
from checkout.journal.journal import Journal  # noqa: E402
from checkout.messages import MESSAGE_TYPES, TOPICS, OrderReceived  # noqa: E402
from checkout.messaging.log import ProducerRecord  # noqa: E402
from checkout.messaging.memory_log import MemoryBroker, MemoryLog  # noqa: E402
from checkout.processes import service_process  # noqa: E402
from checkout.registry import SERVICES  # noqa: E402
from checkout.settings import OTLP_JSON_FILE, RETENTION_SECONDS, Settings  # noqa: E402
from checkout.simulators.in_process import SimulatedSystems  # noqa: E402
from checkout.worker.calls.external_calls import ExternalCalls  # noqa: E402
from checkout.worker.database import ServiceDatabase  # noqa: E402
from checkout.worker.deliveries import Sources  # noqa: E402
from checkout.worker.worker import Worker  # noqa: E402

SHOWN = 8  # statements
ROUNDS = 3
LAYERS = [  # (class, method, layer); the time of a layer within another counts for the inner one
    (MemoryLog, "poll", "the log in memory"),
    (MemoryLog, "send", "the log in memory"),
    (MemoryLog, "commit", "the log in memory"),
    (Sources, "take", "records decoded, deliveries made"),
    (Worker, "_call_handlers", "handlers, load and save without SQLite"),
    (Worker, "_handle_together", "inbox and outbox without SQLite"),
    (Worker, "publish", "records made of outbox rows"),
    (Journal, "write", "hops and journal"),
    (ExternalCalls, "put", "external calls, simulated"),
]
PEER_LAYERS = [
    (Store, "decode", "records decoded, deliveries made"),
    (Store, "handle", "handlers, inbox and outbox without SQLite"),
]


def new_worker(kind: Any, broker: MemoryBroker, folder: Path, batch: int, tracing: Any = None) -> Worker:
    """The worker of one service, on a SQLite file and a journal below the folder; with `tracing`, it writes traces."""
    service = kind.from_settings(Settings(stock=STOCK))
    database = ServiceDatabase(f"sqlite:///{folder / kind.name}.db", service)
    log = broker.join(kind.name, list(kind.topics()), f"{kind.name}-1")
    journal, calls = Journal(folder / f"{kind.name}.jsonl"), ExternalCalls(SimulatedSystems().adapters(), 0)
    make = service_process.new_worker(tracing)
    return make(service, MESSAGE_TYPES, log, database, journal, calls, batch=batch, commit_interval=0.1)


def order() -> ProducerRecord:
    """An order of one spoon, as Orders publishes it."""
    id, payment = new_id(), Payment(payment_method=PaymentMethod.CREDIT)
    placed = OrderReceived(id, "Ada", [OrderLine(sku=1, name="Wooden spoon")], payment, "ada@example.org")
    return ProducerRecord("order.new-order-received", id.encode(), encode(placed), partition=0)


def turn(worker: Worker) -> bool:
    """Calls the four verbs; whether there was work."""
    polled = bool(worker.poll())
    worker.handle()
    sent = bool(worker.outgoing)
    worker.publish()
    worker.commit()
    return polled or sent or bool(worker.external_calls.open)


def run_store(orders: int, batch: int, folder: Path, tracings: dict[str, Any] | None = None) -> Counter[str]:
    """Moves the orders through the five workers; returns CPU seconds by service, without those of other threads."""
    broker, used = MemoryBroker(), Counter[str]()
    broker.create(dict.fromkeys(TOPICS, 1))
    found = tracings or {}
    workers = {kind.name: new_worker(kind, broker, folder, batch, found.get(kind.name)) for kind in SERVICES}
    workers["orders"].log.send([order() for _ in range(orders)])
    gc.freeze()
    layers.start()
    is_busy = True
    while is_busy:
        is_busy = False
        for name, worker in workers.items():
            before = time.thread_time()
            is_busy |= turn(worker)
            used[name] += time.thread_time() - before  # type: ignore[assignment]
    for worker in workers.values():
        worker.close()
    return used


def run_peer(orders: int, batch: int, folder: Path) -> float:
    """Moves the orders through the peer's services, which pass records on in memory; returns CPU seconds."""
    stores = {name: Store(name, folder, STOCK) for name in HANDLERS}
    waiting: dict[str, deque[Any]] = {name: deque() for name in stores}
    waiting["stock"].extend(("order.new-order-received", order().value) for _ in range(orders))
    gc.freeze()
    layers.start()
    started, position = time.thread_time(), itertools.count()
    while any(waiting.values()):
        for name, store in stores.items():
            queue = waiting[name]
            taken = [queue.popleft() for _ in range(min(batch, len(queue)))]
            rows = store.handle([store.decode(*record, "", 0, next(position)) for record in taken]) if taken else []
            while replies := [call(row) for row in rows if row.is_call]:
                rows = [row for row in rows if not row.is_call] + store.handle(replies)
            store.sent += [(0, next(position), row.number) for row in rows]
            for receiver, topic, payload in ((r, row.destination, row.payload) for row in rows for r in stores):
                if topic in stores[receiver].topics:
                    waiting[receiver].append((topic, payload))
    for store in stores.values():
        store.mark()
        store.close()
    return time.thread_time() - started


def run_rounds(orders: int, batch: int) -> None:
    """Prints CPU time for each order without and with traces to a file, in turn, so that both see the same machine."""
    os.environ["OTEL_BSP_MAX_QUEUE_SIZE"] = str(100 * orders)  # nothing is dropped, as it would be under this load
    print(f"us an order, of {orders} orders in batches of {batch}: workers alone, and with the threads of exporters")
    for number, is_traced in enumerate([False, True] * ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder, before = Path(name), time.process_time()
            tracings = {kind.name: new_tracing(kind.name, folder) for kind in SERVICES} if is_traced else {}
            workers = run_store(orders, batch, folder, tracings).total()
            for tracing in tracings.values():
                tracing.close(60.0)
            whole = time.process_time() - before
            spans = sum(path.read_bytes().count(b'"spanId"') for path in (folder / "traces").rglob("*.jsonl"))
        title = f"traces to a file, {spans / orders:.1f} spans an order" if is_traced else "no traces"
        figures = f"{workers / orders * 1e6:7.1f} {whole / orders * 1e6:7.1f}"
        print(f"round {number // 2 + 1}: {figures}  {title}", flush=True)


def new_tracing(service: str, folder: Path) -> Any:
    """The tracing of a service, to a file below the folder."""
    from checkout.tracing.provider import Tracing

    path = folder / "traces" / f"{service}-1.jsonl"
    return Tracing([OTLP_JSON_FILE], service, f"{service}-1", path, RETENTION_SECONDS)


def main() -> None:
    """Prints microseconds of CPU time for each order: by service, layer and statement, then by layer of the peer.

    With `--traces` those without and with traces instead.
    """
    if "--traces" in sys.argv:
        sys.argv.remove("--traces")
        orders, batch = (int(argument) for argument in [*sys.argv[1:], *("5000", "500")[len(sys.argv) - 1 :]])
        gc.set_threshold(50_000, 20, 1_000)
        return run_rounds(orders, batch)
    orders, batch = (int(argument) for argument in [*sys.argv[1:], *("20000", "500")[len(sys.argv) - 1 :]])
    gc.set_threshold(50_000, 20, 1_000)
    for measured in (*LAYERS, *PEER_LAYERS):
        kind, method, layer = measured
        setattr(kind, method, layers.timed(layer, getattr(kind, method)))

    def show(title: str, seconds: float) -> None:
        print(f"{seconds / orders * 1e6:7.1f} us an order: {title}")

    with timed_sqlite(), tempfile.TemporaryDirectory() as folder:
        used = run_store(orders, batch, Path(folder))
    for title, seconds in (("all services", used.total()), *used.items(), *layers.seconds.most_common()):
        show(title, seconds)
    for statement, seconds in statements.most_common(SHOWN):
        show(statement, seconds)
    with timed_sqlite(), tempfile.TemporaryDirectory() as folder:
        show("all services of the peer", run_peer(orders, batch, Path(folder)))
    for title, seconds in layers.seconds.most_common():
        show(f"peer: {title}", seconds)


if __name__ == "__main__":
    main()
