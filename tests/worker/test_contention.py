"""Contention: replicas that change the same rows at the same time lose no change, and claim no row twice."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sample import FIRST, line, order_id, order_received
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from worker.outbox_rows import add, outbox_row

from checkout.domain import ReservationStatus
from checkout.messages import OrderCancelled, OrderReceived
from checkout.services.stock import Stock
from checkout.services.stock_table import PRODUCTS, RESERVATIONS, StockState
from checkout.worker.claims import INTERVAL, LEASE
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import claim_rows

REPLICAS, ORDERS_EACH = 4, 15
NOW = datetime(2026, 1, 1, 10, tzinfo=UTC)
OpenDatabase = Callable[[], ServiceDatabase]


@pytest.fixture
def open_database(database_url: str) -> Iterator[OpenDatabase]:
    """Opens the database of one more replica of Stock."""
    opened: list[ServiceDatabase] = []

    def open_one() -> ServiceDatabase:
        opened.append(ServiceDatabase(database_url, Stock()))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


def reserve(database: ServiceDatabase, orders: list[OrderReceived]) -> None:
    """Handles orders one by one, each in a transaction, as a replica of Stock does."""
    stock = Stock()
    for order in orders:
        with database.begin() as db:
            state = stock.load(db, [order])
            list(stock.reserve(state, order))
            stock.save(db, state)


def test_replicas_that_reserve_the_same_product_count_every_order(open_database: OpenDatabase) -> None:
    databases = [open_database() for _ in range(REPLICAS)]
    numbers = iter(range(REPLICAS * ORDERS_EACH))
    batches = [[order_received(line(1, 1), id=order_id(next(numbers))) for _ in range(ORDERS_EACH)] for _ in databases]
    threads = [threading.Thread(target=reserve, args=each) for each in zip(databases, batches, strict=True)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    with databases[0].begin() as db:
        product = Stock().load(db, [order_received(line(1, 1), id=order_id(999))]).products[1]
    assert product.reserved == REPLICAS * ORDERS_EACH


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("cancelled_first", [False, True])
def test_an_order_and_its_cancellation_at_two_replicas_leave_nothing_reserved(
    open_database: OpenDatabase, cancelled_first: bool
) -> None:
    # Topics of the same partition number may be assigned to different replicas.
    order, cancellation = order_received(line(1, 3)), OrderCancelled(FIRST, "you have cancelled it")
    first, second = (cancellation, order) if cancelled_first else (order, cancellation)
    one, other, has_loaded, may_save = open_database(), open_database(), threading.Event(), threading.Event()

    with ThreadPoolExecutor() as pool:
        with one.begin() as db:
            state = handled(db, first)
            late = pool.submit(handle, other, second, has_loaded, may_save)
            assert has_loaded.wait(30)
            Stock().save(db, state)
            may_save.set()
        with pytest.raises(IntegrityError):
            late.result()
    handle(other, second, has_loaded, may_save)  # as the worker does, which tries again

    with one.read() as db:
        assert db.scalar(select(PRODUCTS.c.reserved).where(PRODUCTS.c.sku == 1)) == 0
        assert db.scalar(select(RESERVATIONS.c.status)) is ReservationStatus.CANCELLED


def handle(
    database: ServiceDatabase, message: OrderReceived | OrderCancelled, has_loaded: threading.Event,
    may_save: threading.Event,
) -> None:  # fmt: skip
    with database.begin() as db:
        state = handled(db, message)
        has_loaded.set()
        assert may_save.wait(30)
        Stock().save(db, state)


def handled(db: Connection, message: OrderReceived | OrderCancelled) -> StockState:
    """The state after a message, not saved."""
    stock = Stock()
    state = stock.load(db, [message])
    if isinstance(message, OrderReceived):
        list(stock.reserve(state, message))
    else:
        stock.cancel(state, message)
    return state


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_two_replicas_that_claim_at_the_same_time_get_different_rows(open_database: OpenDatabase) -> None:
    one, other = open_database(), open_database()
    with one.begin() as db:
        add(db, [outbox_row()], "stock-1")

    with one.begin() as first, other.begin() as second:
        claimed = [len(claim_rows(db, name, NOW, 10)) for db, name in ((first, "stock-2"), (second, "stock-3"))]

    assert claimed == [1, 0]


def test_a_lease_outlasts_two_renewals_that_fail() -> None:
    assert timedelta(seconds=3 * INTERVAL) <= LEASE
