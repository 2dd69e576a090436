"""Database faults: a worker while its database is unavailable, full, or used by another replica."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sample import FIRST, order_id, order_received
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from waiting import wait_until
from worker.faulty_service import FaultyService, FaultyServiceHarness
from worker.in_memory_shop import InMemoryShop, run_once
from worker.inbox_rows import inbox_row

from checkout.domain import DomainError
from checkout.framework.message import encode
from checkout.framework.sql import fetch, put
from checkout.messages import PaymentProcessed
from checkout.worker.database import DATABASE_UNAVAILABLE, ServiceDatabase
from checkout.worker.inbox import add_to_inbox
from checkout.worker.outbox import OUTBOX
from checkout.worker.worker import ATTEMPTS

PAID = "payment.order-payment-processed"


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("select", {}, Exception("the database is unavailable")),
        PoolTimeout("QueuePool limit of size 4 overflow 10 reached"),
    ],
    ids=["unavailable", "all connections in use"],
)
@pytest.mark.parametrize("count", [1, 5])
def test_while_the_database_is_unavailable_the_batch_is_kept_and_nothing_is_dead_lettered(
    harness: FaultyServiceHarness, count: int, error: Exception
) -> None:
    harness.service.load_error = error
    harness.publish(*[encode(PaymentProcessed(order_id(number))) for number in range(count)])
    harness.worker.poll()

    for _ in range(ATTEMPTS + 1):
        with pytest.raises(type(error)):
            harness.worker.handle()

    assert (harness.pauses, harness.outcomes()) == ([], [])
    assert "payment.order-payment-processed.faulty.dlt" not in harness.broker.topics()
    harness.service.load_error = None
    run_once(harness.worker)
    assert (len(harness.counts()), harness.lag()) == (count, 0)


def test_while_the_disk_is_full_the_batch_is_kept_and_nothing_is_dead_lettered(shop: InMemoryShop) -> None:
    database, worker = shop.databases["stock"], shop.workers["stock"]
    ids = [order_id(number) for number in range(1, 400)]
    for id in ids:
        shop.publish("order.new-order-received", encode(order_received(id=id)), key=id.encode())
    worker.poll()
    with database.begin() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(DATABASE_UNAVAILABLE, match="full"):
        worker.handle()

    with database.begin() as db:
        db.exec_driver_sql("PRAGMA max_page_count = 1000000")
    run_once(worker)
    with database.read() as db:
        rows = db.execute(select(OUTBOX.c.order_id, OUTBOX.c.kind)).all()
    assert rows == [(id, "topic") for id in ids]


@pytest.mark.parametrize("loads", range(7))
def test_messages_committed_before_the_database_failed_are_journaled_once(
    harness: FaultyServiceHarness, loads: int
) -> None:
    harness.service.errors[order_id(5)] = DomainError("no")
    harness.service.load_error = OperationalError("select", {}, Exception("unavailable"))
    harness.service.loads_before_error = loads
    harness.publish(*[encode(PaymentProcessed(order_id(number))) for number in range(8)])
    harness.worker.poll()
    with pytest.raises(OperationalError):
        harness.worker.handle()

    harness.service.load_error = None
    run_once(harness.worker)

    assert sorted(harness.outcomes()) == ["applied"] * 7 + ["dead-lettered"]
    assert (len(harness.counts()), len(harness.dead_letters()), harness.lag()) == (7, 1, 0)


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_message_that_another_replica_handles_at_the_same_time_is_a_repeat(tmp_path: Path, database_url: str) -> None:
    other, database = (ServiceDatabase(database_url, FaultyService()) for _ in range(2))
    harness = FaultyServiceHarness(tmp_path, database)
    harness.service.most_payments = 1
    harness.publish(encode(PaymentProcessed(FIRST)))
    harness.worker.poll()
    with other.begin() as db:
        put(db, FaultyService.PAID, [{"order_id": FIRST, "times": 0}])

    with other.begin() as db:
        fetch(db, FaultyService.PAID, FaultyService.PAID.c.order_id, [FIRST])
        add_to_inbox(db, [inbox_row(FIRST, PAID)], "faulty-2", datetime.now(UTC))
        put(db, FaultyService.PAID, [{"order_id": FIRST, "times": 1}])
        thread = threading.Thread(target=harness.worker.handle)
        thread.start()
        waiting = text("select count(*) from pg_locks where not granted")
        wait_until(lambda: db.scalar(waiting) == 1, "the worker waits for the lock")
    thread.join(10)
    harness.worker.journal.close()

    assert (harness.outcomes()[-1], harness.counts()) == ("duplicate", {FIRST: 1})
    assert f"{PAID}.faulty.dlt" not in harness.broker.topics()
    for each in (other, database):
        each.close()
