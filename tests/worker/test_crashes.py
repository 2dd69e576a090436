"""Crashes: a worker is killed between any two verbs and started again; every effect happens once."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sample import FIRST, order_id, order_received, place_order, process_payment
from sqlalchemy import select
from worker.expected_steps import ORDERS, RESULTS, STEPS, applied_steps, result_of
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES
from checkout.messaging.log import LogUnavailable
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.claims import LEASE
from checkout.worker.outbox import LEASES
from checkout.worker.worker import Worker

RECEIVED, RESERVED, TO_PAY = "order.new-order-received", "stock.order-products-reserved", "order.process-order-payment"
PAID = "payment.order-payment-processed"


def run_with_crashes(shop: InMemoryShop, name: str, verb: str) -> int:
    """Runs the shop and crashes one worker before a verb, once per batch. Returns the number of crashes."""
    crashed: set[Any] = set()
    deadline, has_work = time.monotonic() + 10, True
    while has_work:
        assert time.monotonic() < deadline, "the workers still have work after 10 s"
        has_work = False
        for service in list(shop.workers):
            worker = shop.workers[service]
            has_work |= bool(worker.poll())
            for step in ("handle", "publish", "commit"):
                in_progress = (*(d.identity for d in worker.batch), *(row.identity for row in worker.outgoing))
                if service == name and step == verb and in_progress and in_progress not in crashed:
                    crashed.add(in_progress)
                    shop.crash(name)
                    has_work = True
                    break
                has_work |= bool(worker.outgoing or worker.external_calls.open)
                getattr(worker, step)()
    return len(crashed)


@pytest.mark.parametrize("verb", ["handle", "publish", "commit"])
@pytest.mark.parametrize("name", ["orders", "stock", "payments", "shipments", "notifications"])
@pytest.mark.parametrize("story", ["happy", "denied"])
def test_a_crash_between_two_verbs_leaves_every_effect_exactly_once(
    shop: InMemoryShop, story: str, name: str, verb: str
) -> None:
    shop.place(ORDERS[story])

    crashes = run_with_crashes(shop, name, verb)

    assert crashes >= 1 or (name, story) == ("shipments", "denied")
    assert result_of(shop, story) == RESULTS[story]
    assert applied_steps(shop.hops()) == STEPS[story]
    assert all(entry["conflicts"] == 0 for entry in shop.simulators.payment_broker.ledger.entries())


@pytest.mark.parametrize("verb", ["handle", "publish", "commit"])
def test_a_crash_with_many_orders_in_progress_charges_and_ships_each_once(shop: InMemoryShop, verb: str) -> None:
    shop.place(*[place_order(order_id(n), quantity=1) for n in range(1, 11)])

    for name in list(shop.workers):
        run_with_crashes(shop, name, verb)

    assert len(journal.applied(shop.hops())) == 10 * 16
    assert len(shop.simulators.payment_broker.ledger.entries()) == 10
    assert (shop.product().on_hand, shop.product().reserved) == (90, 0)


def test_a_charge_whose_reply_is_lost_in_a_crash_is_repeated_with_the_same_key(shop: InMemoryShop) -> None:
    shop.publish(TO_PAY, encode(process_payment()))
    payments = shop.workers["payments"]
    run_once(payments)
    entries_before = shop.simulators.payment_broker.ledger.entries()

    shop.crash("payments")
    shop.run()

    (before_crash,), (after,) = entries_before, shop.simulators.payment_broker.ledger.entries()
    assert (before_crash["attempts"], after["attempts"], after["key"]) == (1, 2, before_crash["key"])
    assert len(shop.records(PAID)) == 1


def test_a_batch_is_kept_until_it_is_committed(shop: InMemoryShop) -> None:
    shop.publish(RECEIVED, encode(order_received()))
    stock = shop.workers["stock"]
    batch = stock.poll()

    second_poll = stock.poll()
    stock.handle()
    stock.handle()
    stock.publish()
    stock.publish()
    stock.commit()

    assert second_poll is batch
    assert len(shop.records(RESERVED)) == 1
    assert stock.poll() == []


def test_a_batch_is_not_committed_before_it_is_handled(shop: InMemoryShop) -> None:
    shop.publish(RECEIVED, encode(order_received()))
    stock = shop.workers["stock"]
    stock.poll()

    stock.commit()

    assert len(stock.batch) == 1
    assert stock.log.lag()[RECEIVED, 0].records == 1


def test_a_commit_that_a_rebalance_refuses_is_not_an_error(shop: InMemoryShop) -> None:
    shop.publish(RECEIVED, encode(order_received()))
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()
    shop.broker.remove_member("stock", "stock-1")

    stock.publish()
    stock.commit()
    shop.run()

    assert len(shop.records(RESERVED)) == 1
    assert [hop.outcome for hop in shop.hops() if hop.message == "OrderReceived"] == ["applied", "duplicate"]


def test_the_outbox_rows_of_a_crashed_replica_are_claimed_after_the_lease_expires(
    shop: InMemoryShop, tmp_path: Path
) -> None:
    shop.publish(RECEIVED, encode(order_received()))
    stock, service = shop.workers["stock"], shop.services["stock"]
    stock.poll()
    stock.handle()
    with shop.databases["stock"].begin() as db:
        renewed = db.execute(select(LEASES.c.renewed_at)).scalar_one()

    claimed_rows = {}
    for offset, name in ((-timedelta(seconds=1), "before"), (timedelta(seconds=1), "after")):
        at = renewed + LEASE + offset
        log = shop.broker.join("stock", list(service.topics()), "stock-2")
        parts = (service, MESSAGE_TYPES, log, shop.databases["stock"], Journal(None), ExternalCalls({}, 0))
        other_worker = Worker(*parts, replica="stock-2", now=lambda at=at: at)
        other_worker.poll()
        claimed_rows[name] = [row.identity for row in other_worker.outgoing]
        shop.broker.remove_member("stock", "stock-2")

    assert claimed_rows == {"before": [], "after": [(FIRST, RESERVED)]}


def test_pending_requests_and_results_are_kept_while_the_log_is_unavailable(shop: InMemoryShop) -> None:
    async def place_while_unavailable() -> str:
        orders = shop.workers["orders"]
        task = asyncio.create_task(shop.intake.submit(place_order(), "c-1"))
        await asyncio.sleep(0)
        shop.broker.join("orders", list(orders.service.topics()), "orders-1")
        with pytest.raises(LogUnavailable, match="another process is orders-1"):
            orders.poll()
        shop.broker.remove_member("orders", "orders-1")
        run_once(orders)
        return await asyncio.wait_for(task, 2)

    assert asyncio.run(place_while_unavailable()) == "applied"
