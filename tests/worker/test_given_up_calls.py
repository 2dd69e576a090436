"""Calls that are given up: after half a day without a usable reply they are left to an operator."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lab.conftest import memory_lab  # noqa: F401 - a fixture
from sample import FIRST, process_payment
from worker.in_memory_shop import InMemoryShop, run_once
from worker.outbox_rows import CHARGE, external_call, is_open

from checkout.framework.message import encode
from checkout.journal.hop import Outcome
from checkout.journal.journal import read
from checkout.lab import Lab
from checkout.messages import MESSAGE_TYPES, PaymentNeedsOperator
from checkout.replies import CardCharged
from checkout.settings import CALL_SECONDS
from checkout.worker.calls.external_calls import (
    FIRST_PAUSE,
    GIVEN_UP,
    LONGEST_PAUSE,
    CallResult,
    ExternalCalls,
    Unanswered,
)
from checkout.worker.deliveries import Sources
from checkout.worker.outbox import REPLICA_BITS, OutboxRow
from checkout.worker.recovery import missing_hops
from checkout.worker.worker import Worker

UNREACHABLE = "http://payments.example"
Adapter = Callable[[OutboxRow], CallResult]


class Clock:
    """A clock in seconds that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def fail(row: OutboxRow) -> CallResult:
    """An adapter without an answer."""
    raise Unanswered(UNREACHABLE, "HTTP 503")


def open_calls(adapter: Adapter, clock: Clock, may_give_up: bool = True) -> ExternalCalls:
    calls = ExternalCalls({"ChargeCard": adapter}, 0, clock)
    calls.may_give_up = ["ChargeCard"] if may_give_up else []
    return calls


def attempts_until(calls: ExternalCalls, clock: Clock, end: float) -> list[CallResult]:
    """The results of all attempts until `end`, in seconds of the clock."""
    results = calls.take(10)
    while calls.due_at is not None and calls.due_at <= end:
        clock.seconds = calls.due_at
        results += calls.take(10)
    return results


def test_a_call_without_a_reply_is_given_up_after_half_a_day_and_not_before() -> None:
    clock = Clock()
    calls = open_calls(fail, clock)
    calls.put([external_call(CHARGE)])

    early = attempts_until(calls, clock, CALL_SECONDS - LONGEST_PAUSE)
    late = attempts_until(calls, clock, 2 * CALL_SECONDS)

    assert [result.given_up for result in early] == [""] * len(early)
    assert [result.given_up for result in late if result.given_up] == ["no usable reply within 12 h: HTTP 503"]
    assert (late[-1].reply, late[-1].status, calls.due_at) == (None, f"{GIVEN_UP}: HTTP 503", None)


def test_pauses_grow_to_five_seconds_and_then_to_a_tenth_of_the_time_at_most_a_minute() -> None:
    clock = Clock()
    calls = open_calls(fail, clock)
    calls.put([external_call(CHARGE)])

    times = [0.0]
    calls.take(10)
    while clock.seconds < 3_600:
        clock.seconds = calls.due_at or 0.0
        times.append(clock.seconds)
        calls.take(10)

    pauses = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert pauses[:8] == pytest.approx([FIRST_PAUSE, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])
    assert max(pauses) == pytest.approx(LONGEST_PAUSE)
    assert all(pause <= max(5.0, at / 10) + 0.001 for at, pause in zip(times, pauses, strict=False))
    assert len(times) < 120


def test_a_call_that_no_handler_gives_up_is_repeated_for_ever() -> None:
    clock = Clock()
    calls = open_calls(fail, clock, may_give_up=False)
    calls.put([external_call(CHARGE)])

    results = attempts_until(calls, clock, 2 * CALL_SECONDS)

    assert {result.given_up for result in results} == {""}
    assert calls.due_at is not None


def test_the_time_counts_from_the_row_of_the_call_also_after_a_restart() -> None:
    clock, row = Clock(), external_call(CHARGE)
    row.number = row_time(hours_ago=13) << REPLICA_BITS | 1
    calls = open_calls(fail, clock)
    calls.put([row])

    assert [result.given_up for result in calls.take(10)] == ["no usable reply within 12 h: HTTP 503"]


def test_the_age_of_a_row_may_follow_another_clock() -> None:
    calls = ExternalCalls({"ChargeCard": fail}, 0, Clock(), age=lambda row: CALL_SECONDS)
    calls.may_give_up = ["ChargeCard"]
    calls.put([external_call(CHARGE)])

    assert [result.given_up for result in calls.take(10)] == ["no usable reply within 12 h: HTTP 503"]


def row_time(hours_ago: float) -> int:
    """Microseconds since 1970, as in the number of an outbox row."""
    return int((time.time() - hours_ago * 3600) * 1e6)


def charge(shop: InMemoryShop, adapter: Adapter, clock: Clock) -> Worker:
    """Payments with this adapter, which has made the first attempt of one charge."""
    worker = shop.workers["payments"]
    calls = worker.external_calls = open_calls(adapter, clock)
    worker.sources = Sources(worker.service, MESSAGE_TYPES, worker.log, calls, None, 500, clock)
    shop.publish("order.process-order-payment", encode(process_payment()))
    run_once(worker)
    run_once(worker)
    return worker


def run_until(worker: Worker, clock: Clock, end: float) -> None:
    """Moves the clock from one repetition to the next, and handles what comes then."""
    while (due := worker.external_calls.due_at) is not None and due <= end:
        clock.seconds = due
        for _ in range(3):  # the result, the result of giving up, and what their handler sends
            run_once(worker)


def sent(shop: InMemoryShop, topic: str) -> list[bytes | None]:
    return [record.value for record in shop.broker.read([topic])]


def test_an_unanswered_charge_needs_an_operator_and_its_hop_has_failed(shop: InMemoryShop) -> None:
    clock = Clock()
    worker = charge(shop, fail, clock)

    run_until(worker, clock, 2 * CALL_SECONDS)

    reason = "it is unknown whether the card was charged: no usable reply within 12 h: HTTP 503"
    assert sent(shop, "payment.order-payment-needs-operator") == [encode(PaymentNeedsOperator(FIRST, reason))]
    hops = [hop for hop in read(shop.folder) if hop.message == "ChargeCard"]
    assert {hop.outcome for hop in hops} == {Outcome.FAILED}
    assert {hop.status for hop in hops} == {"HTTP 503", "given up: HTTP 503"}
    assert not is_open(worker.database)


def test_a_reply_that_cannot_be_handled_needs_an_operator(shop: InMemoryShop) -> None:
    clock = Clock()
    worker = charge(shop, lambda row: CallResult(row, UNREACHABLE, "402", object()), clock)

    run_until(worker, clock, 2 * CALL_SECONDS)

    (value,) = sent(shop, "payment.order-payment-needs-operator")
    assert b"no usable reply within 12 h: the reply cannot be handled: " in (value or b"")


def test_a_journal_that_lacks_the_hop_of_a_call_given_up_gets_it_as_failed(shop: InMemoryShop, tmp_path: Path) -> None:
    clock = Clock()
    worker = charge(shop, fail, clock)
    run_until(worker, clock, 2 * CALL_SECONDS)

    found = missing_hops(tmp_path / "none.jsonl", worker.database, worker.service, MESSAGE_TYPES, "payments-1")

    assert [(hop.message, hop.outcome) for hop in found if hop.message == "ChargeCard"] == [("ChargeCard", "failed")]


def test_a_reply_before_the_end_is_handled_as_ever(shop: InMemoryShop) -> None:
    clock, is_back = Clock(), list[bool]()
    charged = CallResult(external_call(CHARGE), UNREACHABLE, "201", CardCharged(FIRST))
    worker = charge(shop, lambda row: replace(charged, row=row) if is_back else fail(row), clock)
    run_until(worker, clock, CALL_SECONDS / 2)

    is_back.append(True)
    run_until(worker, clock, CALL_SECONDS)

    assert len(sent(shop, "payment.order-payment-processed")) == 1
    assert sent(shop, "payment.order-payment-needs-operator") == []


def test_a_shop_without_payment_provider_leaves_every_order_to_an_operator(
    memory_lab: Callable[..., Lab],  # noqa: F811
) -> None:
    lab = memory_lab()
    lab.outside.payment_broker.switches.fail = 1_000_000
    lab.place_order("wooden spoon")

    lab.run()

    assert lab.orders["status"].tolist() == ["NEEDS_OPERATOR"]
    assert lab.view == "ordering-expired"
    assert "it is unknown whether the card was charged" in lab.explain()


@pytest.mark.parametrize(
    ("system", "service", "table", "status"),
    [
        ("shipment_company", "shipments", "shipments", "NEEDS_OPERATOR"),
        ("mailbox", "notifications", "mails", "GIVEN UP"),
    ],
)
def test_parcels_and_emails_without_an_answer_are_marked(
    memory_lab: Callable[..., Lab], system: str, service: str, table: str, status: str,  # noqa: F811
) -> None:  # fmt: skip
    lab = memory_lab()
    getattr(lab.outside, system).switches.fail = 1_000_000
    lab.place_order("wooden spoon")

    lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED"]
    assert lab.table(service, table)["status"].tolist() == [status]
    assert lab.table(service, table)["reason"][0].startswith("no usable reply within 12 h: ")
