"""Commit interval: a worker commits and marks sent messages as done by time, and waits no longer than until then."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from sample import order_id, order_received, place_order
from worker.in_memory_shop import InMemoryShop, run_once
from worker.outbox_rows import CHARGE, external_call

from checkout.framework.message import encode
from checkout.messages import MESSAGE_TYPES
from checkout.services.stock import Stock
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.deliveries import Sources
from checkout.worker.outbox import has_open_rows
from checkout.worker.worker import Worker

RECEIVED = "order.new-order-received"
SECONDS = 20.0  # deadline


class ManualClock:
    """A clock in seconds that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def stock(shop: InMemoryShop, clock: ManualClock) -> Worker:
    """Stock's worker, which commits every 10 seconds."""
    return shop.crash("stock", commit_interval=10.0, clock=clock)


def receive(shop: InMemoryShop, number: int) -> None:
    shop.publish(RECEIVED, encode(order_received(id=order_id(number))))


def uncommitted(worker: Worker) -> int:
    return sum(lag.records for lag in worker.log.lag().values())


def has_unmarked_rows(worker: Worker) -> bool:
    with worker.database.read() as db:
        return has_open_rows(db)


def test_offsets_are_committed_when_the_interval_has_passed(
    shop: InMemoryShop, stock: Worker, clock: ManualClock
) -> None:
    for number in (1, 2):
        receive(shop, number)
        run_once(stock)
    before = uncommitted(stock)

    clock.now += 10
    run_once(stock)

    assert (before, uncommitted(stock)) == (2, 0)


def test_sent_messages_are_marked_as_done_when_the_interval_has_passed(
    shop: InMemoryShop, stock: Worker, clock: ManualClock
) -> None:
    receive(shop, 1)
    run_once(stock)
    run_once(stock)
    before = has_unmarked_rows(stock)

    clock.now += 10
    run_once(stock)

    assert before
    assert not has_unmarked_rows(stock)


def test_a_closing_worker_commits_and_marks(shop: InMemoryShop, clock: ManualClock, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'stock.db'}"
    shop.databases = {**shop.databases, "stock": ServiceDatabase(url, Stock())}
    stock = shop.crash("stock", commit_interval=10.0, clock=clock)
    receive(shop, 1)
    run_once(stock)

    stock.close()

    reopened = ServiceDatabase(url, Stock())
    with reopened.read() as db:
        assert not has_open_rows(db)
    reopened.close()
    assert uncommitted(stock) == 0


def test_what_was_not_committed_is_repeated_after_a_crash_and_dropped(shop: InMemoryShop, stock: Worker) -> None:
    receive(shop, 1)
    run_once(stock)
    before = shop.product()

    shop.crash("stock")
    run_once(shop.workers["stock"])

    assert [hop.outcome for hop in shop.hops() if hop.group == "stock"] == ["applied", "duplicate"]
    assert shop.product() == before


def test_poll_waits_no_longer_than_until_the_next_commit(shop: InMemoryShop) -> None:
    stock = shop.crash("stock", commit_interval=0.05)
    receive(shop, 1)
    run_once(stock)
    started = time.monotonic()

    stock.poll(SECONDS)

    assert time.monotonic() - started < SECONDS / 4


def test_a_request_ends_the_wait_of_poll(shop: InMemoryShop) -> None:
    orders = shop.workers["orders"]
    orders.poll()
    started = time.monotonic()
    client = threading.Timer(0.1, lambda: asyncio.run(shop.intake.submit(place_order(), "c-1")))
    client.start()

    orders.poll(SECONDS)

    assert time.monotonic() - started < SECONDS / 4
    assert orders.poll()
    orders.handle()
    client.join()


def test_a_batch_ends_without_kafka_and_is_committed_later(shop: InMemoryShop) -> None:
    stock = shop.workers["stock"]
    shop.publish("order.new-order-received", encode(order_received()))
    stock.poll()
    stock.handle()

    stock.commit(is_reachable=False)
    lag_before, batch = stock.log.lag()["order.new-order-received", 0].records, stock.batch
    stock.commit()

    assert (lag_before, batch) == (1, [])
    assert stock.log.lag()["order.new-order-received", 0].records == 0


def test_a_reply_ends_the_wait_of_poll(shop: InMemoryShop) -> None:
    payments, answer = shop.workers["payments"], threading.Event()
    adapters = shop.simulators.adapters()
    calls = ExternalCalls({"ChargeCard": lambda row: answer.wait(SECONDS) and adapters["ChargeCard"](row)})
    payments.external_calls = calls
    payments.sources = Sources(payments.service, MESSAGE_TYPES, payments.log, calls, None, 500)
    calls.put([external_call(CHARGE)])
    payments.poll()
    started = time.monotonic()
    threading.Timer(0.1, answer.set).start()

    payments.poll(SECONDS)

    assert time.monotonic() - started < SECONDS / 4
    assert [delivery.result.status for delivery in payments.poll() if delivery.result] == ["201"]
