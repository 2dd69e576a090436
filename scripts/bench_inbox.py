"""Bench inbox: measures the lookup of handled messages while the inbox grows."""

import statistics
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.services.stock import Stock  # noqa: E402
from checkout.worker.database import ServiceDatabase  # noqa: E402
from checkout.worker.inbox import InboxRow, add_to_inbox, find_handled  # noqa: E402

SIZES = (1_000, 10_000, 100_000, 400_000)  # rows
BATCHES = (1, 500)  # orders looked up at once
ROUNDS = 30
SOURCES = ("order.new-order-received", "order.new-order-approved")


def new_ids(count: int) -> list[str]:
    """Random order ids, as the store makes them."""
    return [str(uuid.uuid4()) for _ in range(count)]


def grow(database: ServiceDatabase, rows: int) -> None:
    """Adds handled messages, two per order."""
    with database.begin() as db:
        handled = [InboxRow(source, id, 0, 0, None, id) for id in new_ids(rows // 2) for source in SOURCES]
        add_to_inbox(db, handled, "stock-1", datetime.now(UTC))


def lookup(database: ServiceDatabase, orders: int) -> float:
    """The median time of a lookup, in milliseconds."""
    ids, times = new_ids(orders), list[float]()
    for _ in range(ROUNDS):
        with database.begin() as db:
            started = time.perf_counter()
            find_handled(db, ids)
            times.append((time.perf_counter() - started) * 1_000)
    return statistics.median(times)


def main() -> None:
    """Prints one line for each size of the inbox."""
    with tempfile.TemporaryDirectory() as folder:
        database = ServiceDatabase(f"sqlite:///{folder}/stock.db", Stock())
        size = 0
        for wanted in SIZES:
            grow(database, wanted - size)
            size = wanted
            times = (f"{orders} at once {lookup(database, orders):.2f} ms" for orders in BATCHES)
            print(f"{size:>7,} rows: {', '.join(times)}")
        database.close()


if __name__ == "__main__":
    main()
