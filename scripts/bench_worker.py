"""Bench worker: CPU time of an order in the five workers and their SQL statements, on a log in memory."""

import gc
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.bench.effects import STOCK  # noqa: E402
from checkout.domain import PaymentMethod  # noqa: E402
from checkout.fields import OrderLine, Payment  # noqa: E402
from checkout.framework.message import encode  # noqa: E402
from checkout.ids import new_id  # noqa: E402
from checkout.journal.journal import Journal  # noqa: E402
from checkout.messages import MESSAGE_TYPES, TOPICS, OrderReceived  # noqa: E402
from checkout.messaging.log import ProducerRecord  # noqa: E402
from checkout.messaging.memory_log import MemoryBroker  # noqa: E402
from checkout.registry import SERVICES  # noqa: E402
from checkout.settings import Settings  # noqa: E402
from checkout.simulators.in_process import SimulatedSystems  # noqa: E402
from checkout.worker.database import ServiceDatabase  # noqa: E402
from checkout.worker.external_calls import ExternalCalls  # noqa: E402
from checkout.worker.worker import Worker  # noqa: E402

SHOWN = 8  # statements
LENGTH = 40  # characters of a statement
statements: Counter[str] = Counter()  # seconds


def new_worker(kind: Any, broker: MemoryBroker, folder: Path, batch: int) -> Worker:
    """The worker of one service, on a SQLite file and a journal below the folder."""
    service = kind.from_settings(Settings(stock=STOCK))
    database = ServiceDatabase(f"sqlite:///{folder / kind.name}.db", service)
    measure_statements(database.engine)
    log = broker.join(kind.name, list(kind.topics()), f"{kind.name}-1")
    journal, calls = Journal(folder / f"{kind.name}.jsonl"), ExternalCalls(SimulatedSystems().adapters(), 0)
    return Worker(service, MESSAGE_TYPES, log, database, journal, calls, batch=batch, commit_interval=0.1)


def measure_statements(engine: Any) -> None:
    """Adds the CPU time of each statement, and of the commits, to `statements`."""
    started: list[float] = []
    event.listen(engine, "before_cursor_execute", lambda *_: started.append(time.thread_time()))
    event.listen(engine, "after_cursor_execute", lambda *of: note(of[2], started.pop()))
    commit = engine.dialect.do_commit

    def timed_commit(connection: Any) -> None:
        before = time.thread_time()
        commit(connection)
        note("COMMIT", before)

    engine.dialect.do_commit = timed_commit


def note(statement: str, before: float) -> None:
    """Adds the time since `before` to that of the statement."""
    statements[statement[:LENGTH].replace("\n", " ")] += time.thread_time() - before


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


def main() -> None:
    """Prints microseconds of CPU time for each order: by service, then the statements that took most."""
    orders, batch = (int(argument) for argument in [*sys.argv[1:], *("20000", "500")[len(sys.argv) - 1 :]])
    broker, used = MemoryBroker(), Counter[str]()
    broker.create(dict.fromkeys(TOPICS, 1))
    with tempfile.TemporaryDirectory() as folder:
        workers = {kind.name: new_worker(kind, broker, Path(folder), batch) for kind in SERVICES}
        workers["orders"].log.send([order() for _ in range(orders)])
        gc.freeze()
        gc.set_threshold(50_000, 20, 1_000)
        is_busy = True
        while is_busy:
            is_busy = False
            for name, worker in workers.items():
                before = time.thread_time()
                is_busy |= turn(worker)
                used[name] += time.thread_time() - before  # type: ignore[assignment]
        for worker in workers.values():
            worker.close()
    for title, seconds in (("all services", used.total()), *used.items(), ("SQLite", statements.total())):
        print(f"{seconds / orders * 1e6:7.1f} us an order: {title}")
    for statement, seconds in statements.most_common(SHOWN):
        print(f"{seconds / orders * 1e6:7.1f} us an order: {statement}")


if __name__ == "__main__":
    main()
