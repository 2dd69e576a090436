"""Crashes: a process that dies between any two verbs, a database kept, the same effects once."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sample import FIRST, order_id, order_received, place_order, process_payment
from sqlalchemy import select
from worker.expected_steps import ENDS, ORDERS, STEPS, applied_steps, end_of
from worker.in_memory_shop import Shop, turn

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES
from checkout.messaging.log import LogUnavailable
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.outbox import OUTBOX
from checkout.worker.worker import LEASE, Worker

RECEIVED, RESERVED, TO_PAY = "order.new-order-received", "stock.order-products-reserved", "order.process-order-payment"
PAID = "payment.order-payment-processed"


def run_with_crashes(shop: Shop, name: str, verb: str) -> int:
    """Runs the shop; one service's process dies before a verb, once for each batch that it ever has in hand."""
    died: set[Any] = set()
    deadline, moved = time.monotonic() + 10, True
    while moved:
        assert time.monotonic() < deadline, "the shop still moves after 10 s"
        moved = False
        for service in list(shop.workers):
            worker = shop.workers[service]
            moved |= bool(worker.poll())
            for step in ("handle", "publish", "commit"):
                hand = (*(d.identity for d in worker.batch), *(row.identity for row in worker.outgoing))
                if service == name and step == verb and hand and hand not in died:
                    died.add(hand)
                    shop.crash(name)
                    moved = True
                    break
                moved |= bool(worker.outgoing or worker.external_calls.open)
                getattr(worker, step)()
    return len(died)


@pytest.mark.parametrize("verb", ["handle", "publish", "commit"])
@pytest.mark.parametrize("name", ["orders", "stock", "payments", "shipments", "notifications"])
@pytest.mark.parametrize("story", ["happy", "denied"])
def test_a_crash_between_any_two_verbs_has_the_same_effects_once(shop: Shop, story: str, name: str, verb: str) -> None:
    shop.place(ORDERS[story])

    crashes = run_with_crashes(shop, name, verb)

    assert crashes >= 1 or (name, story) == ("shipments", "denied")
    assert end_of(shop, story) == ENDS[story]
    assert applied_steps(shop.hops()) == STEPS[story]
    assert all(entry["conflicts"] == 0 for entry in shop.outside.payment_broker.ledger.entries())


@pytest.mark.parametrize("verb", ["handle", "publish", "commit"])
def test_a_crash_with_many_orders_in_flight_charges_and_ships_each_once(shop: Shop, verb: str) -> None:
    shop.place(*[place_order(order_id(n), quantity=1) for n in range(1, 11)])

    for name in list(shop.workers):
        run_with_crashes(shop, name, verb)

    assert len(journal.applied(shop.hops())) == 10 * 16
    assert len(shop.outside.payment_broker.ledger.entries()) == 10
    assert (shop.product().on_hand, shop.product().reserved) == (90, 0)


def test_a_money_answer_lost_in_a_crash_is_asked_again_with_the_same_key(shop: Shop) -> None:
    shop.put(TO_PAY, encode(process_payment()))
    payments = shop.workers["payments"]
    turn(payments)
    before = shop.outside.payment_broker.ledger.entries()

    shop.crash("payments")
    shop.run()

    (before_crash,), (after,) = before, shop.outside.payment_broker.ledger.entries()
    assert (before_crash["attempts"], after["attempts"], after["key"]) == (1, 2, before_crash["key"])
    assert len(shop.records(PAID)) == 1


def test_a_batch_is_kept_until_it_is_committed(shop: Shop) -> None:
    shop.put(RECEIVED, encode(order_received()))
    stock = shop.workers["stock"]
    batch = stock.poll()

    again = stock.poll()
    stock.handle()
    stock.handle()
    stock.publish()
    stock.publish()
    stock.commit()

    assert again is batch
    assert len(shop.records(RESERVED)) == 1
    assert stock.poll() == []


def test_nothing_is_committed_before_it_is_handled(shop: Shop) -> None:
    shop.put(RECEIVED, encode(order_received()))
    stock = shop.workers["stock"]
    stock.poll()

    stock.commit()

    assert len(stock.batch) == 1
    assert stock.log.lag()[RECEIVED, 0].records == 1


def test_a_commit_refused_by_a_rebalance_is_no_error_and_changes_nothing(shop: Shop) -> None:
    shop.put(RECEIVED, encode(order_received()))
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()
    shop.broker.remove_member("stock", "stock-1")

    stock.publish()
    stock.commit()
    shop.run()

    assert len(shop.records(RESERVED)) == 1
    assert [hop.outcome for hop in shop.hops() if hop.message == "OrderReceived"] == ["applied", "duplicate"]


def test_the_rows_of_a_dead_owner_are_claimed_after_the_lease_and_not_before(shop: Shop, tmp_path: Path) -> None:
    shop.put(RECEIVED, encode(order_received()))
    stock, service = shop.workers["stock"], shop.services["stock"]
    stock.poll()
    stock.handle()
    with shop.databases["stock"].begin() as db:
        claimed = db.execute(select(OUTBOX.c.claimed_at)).scalar_one()

    found = {}
    for early, name in ((timedelta(seconds=1), "too early"), (-timedelta(seconds=1), "in time")):
        at = claimed - early + LEASE
        log = shop.broker.join("stock", list(service.topics()), "stock-2")
        parts = (service, MESSAGE_TYPES, log, shop.databases["stock"], Journal(None), ExternalCalls({}, 0))
        other = Worker(*parts, replica="stock-2", now=lambda at=at: at)
        other.poll()
        found[name] = [row.identity for row in other.outgoing]
        shop.broker.remove_member("stock", "stock-2")

    assert found == {"too early": [], "in time": [(FIRST, RESERVED)]}


def test_tickets_and_answers_are_kept_while_the_log_is_away(shop: Shop) -> None:
    async def placing() -> str:
        orders = shop.workers["orders"]
        task = asyncio.create_task(shop.intake.submit(place_order(), "c-1"))
        await asyncio.sleep(0)
        shop.broker.join("orders", list(orders.service.topics()), "orders-1")
        with pytest.raises(LogUnavailable, match="another process is orders-1"):
            orders.poll()
        shop.broker.remove_member("orders", "orders-1")
        turn(orders)
        return await asyncio.wait_for(task, 2)

    assert asyncio.run(placing()) == "applied"
