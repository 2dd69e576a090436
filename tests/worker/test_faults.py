"""Faults: failing handlers and unreadable records."""

import json

import pytest
from sample import FIRST, SECOND, order_approved, order_id
from sqlalchemy import func, select
from worker.faulty_service import FaultyServiceHarness
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.domain import DomainError
from checkout.framework.message import encode
from checkout.journal import journal
from checkout.messages import PaymentProcessed
from checkout.worker.outbox import OUTBOX
from checkout.worker.worker import ATTEMPTS, MOST_PAUSES, PAUSE_BETWEEN_ATTEMPTS

RECEIVED = "order.new-order-received"
PAID, APPROVED = "payment.order-payment-processed", "order.new-order-approved"


def test_a_failing_handler_is_tried_three_times_and_then_dead_lettered(harness: FaultyServiceHarness) -> None:
    harness.service.errors[FIRST] = ZeroDivisionError("the handler fails")
    headers = [("kafka_correlationId", b"c-1"), ("foreign", b"\xff\x00")]
    harness.publish(encode(PaymentProcessed(FIRST)), key=b"foreign key", headers=headers)

    run_once(harness.worker)

    (dead_letter,) = harness.dead_letters()
    added = dict(dead_letter.headers[2:])
    assert harness.service.handled == [FIRST] * ATTEMPTS == [FIRST] * 3
    assert harness.pauses == [PAUSE_BETWEEN_ATTEMPTS] * 2 and sum(harness.pauses) < 2
    assert (dead_letter.key, dead_letter.value) == (b"foreign key", encode(PaymentProcessed(FIRST)))
    assert dead_letter.headers[:2] == headers
    assert added.pop("dlt_at").decode().endswith("Z")
    assert added == {
        "dlt_topic": PAID.encode(), "dlt_partition": b"0", "dlt_offset": b"0", "dlt_error": b"the handler fails",
    }
    assert harness.outcomes() == ["failed", "failed", "dead-lettered"]


def test_a_repeat_within_a_batch_is_dropped_without_calling_the_handler(harness: FaultyServiceHarness) -> None:
    harness.publish(*[encode(PaymentProcessed(FIRST))] * 3)

    run_once(harness.worker)

    assert (harness.service.handled, harness.pauses, harness.counts()) == ([FIRST], [], {FIRST: 1})
    assert harness.outcomes() == ["applied", "duplicate", "duplicate"]


def test_a_repeat_with_other_content_is_dropped_and_journaled_as_such(harness: FaultyServiceHarness) -> None:
    first, other = encode(PaymentProcessed(FIRST)), encode(PaymentProcessed(FIRST)).replace(b"}", b',"total":1}')
    harness.publish(first, other)
    run_once(harness.worker)
    harness.publish(first, other)
    run_once(harness.worker)

    hops = [hop for hop in journal.read_file(harness.folder / "faulty-1.jsonl") if hop.to == "faulty"]
    changed = "other content than the first"
    assert [(hop.outcome, hop.status) for hop in hops] == [
        ("applied", None), ("duplicate", changed), ("duplicate", None), ("duplicate", changed),
    ]  # fmt: skip
    assert harness.service.handled == [FIRST] and harness.dead_letters() == []


def test_a_dead_lettered_message_is_not_in_the_inbox_so_that_it_can_be_replayed(harness: FaultyServiceHarness) -> None:
    harness.service.errors[FIRST] = ZeroDivisionError()
    harness.publish(encode(PaymentProcessed(FIRST)))
    run_once(harness.worker)
    published = list(harness.broker.read(["payment.order-payment-failed"]))
    before = (harness.counts(), harness.inbox_size(), harness.lag(), len(published))

    harness.service.errors.clear()
    harness.publish(harness.dead_letters()[0].value)
    run_once(harness.worker)

    assert before == ({}, 0, 0, 0)
    assert (harness.counts(), harness.inbox_size()) == ({FIRST: 1}, 1)


def test_a_domain_error_is_dead_lettered_without_a_retry(harness: FaultyServiceHarness) -> None:
    harness.service.errors[FIRST] = DomainError("order 1 has no products")
    harness.publish(encode(PaymentProcessed(FIRST)))

    run_once(harness.worker)

    assert (harness.service.handled, harness.pauses) == ([FIRST], [])
    assert dict(harness.dead_letters()[0].headers)["dlt_error"] == b"order 1 has no products"


def test_a_temporary_error_is_retried_and_the_message_applied(harness: FaultyServiceHarness) -> None:
    harness.service.errors[FIRST] = ZeroDivisionError()
    harness.errors_are_temporary = True
    harness.publish(encode(PaymentProcessed(FIRST)))

    run_once(harness.worker)

    assert (harness.counts(), harness.outcomes()) == ({FIRST: 1}, ["failed", "applied"])


@pytest.mark.parametrize("position", [0, 1, 49, 98, 99])
def test_one_failing_message_in_a_batch_does_not_affect_the_others(
    harness: FaultyServiceHarness, position: int
) -> None:
    harness.service.errors[order_id(position)] = ZeroDivisionError()
    harness.publish(*[encode(PaymentProcessed(order_id(number))) for number in range(100)])

    run_once(harness.worker)

    assert harness.counts() == {order_id(number): 1 for number in range(100) if number != position}
    assert [json.loads(dead_letter.value)["id"] for dead_letter in harness.dead_letters()] == [order_id(position)]
    assert harness.lag() == 0
    assert sorted(harness.outcomes()) == ["applied"] * 99 + ["dead-lettered"] + ["failed"] * 2
    assert len(list(harness.broker.read(["payment.order-payment-failed"]))) == 99


UNREADABLE = {
    "not JSON": b"hello",
    "incomplete JSON": b'{"id":',
    "empty": b"",
    "null": None,
    "null in JSON": b"null",
    "a list": b"[]",
    "no id": b"{}",
    "an invalid id": b'{"id":"order-1"}',
    "a line feed after the id": b'{"id":"%s\\n"}' % FIRST.encode(),
    "missing fields": b'{"id":"%s"}' % FIRST.encode(),
    "not UTF-8": encode(order_approved()).replace(b"Ada", b"\xff\xfe"),
    "a lone surrogate": encode(order_approved()).replace(b"Ada", b"\\ud800"),
    "a huge total": encode(order_approved()).replace(b"10.00", b"1e999999999"),
    "a total beyond decimals": encode(order_approved()).replace(b"10.00", b'"1e999999999999999999999"'),
    "a signalling NaN": encode(order_approved()).replace(b"10.00", b'"sNaN"'),
    "a name that breaks a header": encode(order_approved()).replace(b"Ada", b"Ada\\nBcc: eve@example.org"),
    "an encoded word": encode(order_approved()).replace(b"Ada", b"=?utf-8?q?eve?="),
    "nested deeply": b"[" * 200_000,
    "nested deeply in a field": b'{"id":' + b'{"a":' * 100_000,
    "1 MB": b"x" * 1024 * 1024,
    "zero bytes": b"\x00" * 100,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_record_is_dead_lettered_and_the_next_records_are_handled(
    harness: FaultyServiceHarness, name: str
) -> None:
    unreadable = UNREADABLE[name]
    values = (encode(order_approved()), unreadable, encode(order_approved(SECOND)))
    harness.publish(*values, topic=APPROVED, key=b"k", headers=[("foreign", b"1")])

    run_once(harness.worker)
    run_once(harness.worker)

    (dead_letter,) = harness.dead_letters(APPROVED)
    assert (dead_letter.key, dead_letter.value, dead_letter.headers[0]) == (b"k", unreadable, ("foreign", b"1"))
    assert dict(dead_letter.headers)["dlt_offset"] == b"1" and dict(dead_letter.headers)["dlt_error"]
    assert harness.service.handled == [FIRST, SECOND]
    assert (harness.inbox_size(), harness.lag(APPROVED), harness.pauses) == (2, 0, [])
    assert sorted(harness.outcomes()) == ["applied", "applied", "dead-lettered"]


def test_a_crash_does_not_create_a_second_dead_letter(shop: InMemoryShop) -> None:
    shop.publish(RECEIVED, b"hello")
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()

    shop.crash("stock")
    shop.run()

    with shop.databases["stock"].read() as db:
        assert db.execute(select(func.count()).select_from(OUTBOX)).scalar_one() == 1
    dead_letter = shop.records(f"{RECEIVED}.stock.dlt")
    assert {(record.value, dict(record.headers)["dlt_offset"]) for record in dead_letter} == {(b"hello", b"0")}


def test_a_batch_of_failing_messages_is_soon_done(harness: FaultyServiceHarness) -> None:
    ids = [order_id(number) for number in range(300)]
    harness.service.errors |= dict.fromkeys(ids, ZeroDivisionError("the handler fails"))
    harness.publish(*[encode(PaymentProcessed(id)) for id in ids])

    run_once(harness.worker)

    assert harness.pauses == [PAUSE_BETWEEN_ATTEMPTS] * MOST_PAUSES
    assert (len(harness.dead_letters()), harness.lag()) == (300, 0)


def test_a_timer_calls_its_handler_and_writes_no_hops(harness: FaultyServiceHarness) -> None:
    for seconds in (0.0, 0.04, 0.06, 0.1, 0.12, 0.2):
        harness.seconds = seconds
        run_once(harness.worker)

    assert len(harness.service.ticks) == 3
    assert len({tick.id for tick in harness.service.ticks}) == len(harness.service.ticks)
    assert (harness.outcomes(), harness.inbox_size()) == ([], 0)


def test_a_message_about_an_unknown_order_is_dead_lettered_and_causes_no_message(shop: InMemoryShop) -> None:
    shop.publish(PAID, encode(PaymentProcessed(FIRST)))

    shop.run()

    (dead_letter,) = shop.records(f"{PAID}.orders.dlt")
    assert dict(dead_letter.headers)["dlt_error"] == f"there is no order {FIRST}".encode()
    assert shop.records(APPROVED) == []
