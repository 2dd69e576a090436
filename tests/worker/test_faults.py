"""Faults: handlers that break, records that nobody can read, databases that are away."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample import FIRST, SECOND, order_approved, order_id, wait_until
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from worker.faulty_service import Stand, Till
from worker.in_memory_shop import Shop, turn

from checkout.domain import DomainError
from checkout.framework.message import encode
from checkout.messages import PaymentProcessed
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import OUTBOX
from checkout.worker.worker import ATTEMPTS, PAUSE_BETWEEN_ATTEMPTS

RECEIVED = "order.new-order-received"
PAID, APPROVED = "payment.order-payment-processed", "order.new-order-approved"


@pytest.fixture(scope="module")
def till_database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", Till())
    yield database
    database.close()


@pytest.fixture
def stand(tmp_path: Path, till_database: ServiceDatabase) -> Iterator[Stand]:
    stand = Stand(tmp_path, till_database)
    yield stand
    stand.worker.journal.close()


def test_a_broken_handler_is_tried_three_times_then_dead_lettered(stand: Stand) -> None:
    stand.till.broken[FIRST] = ZeroDivisionError("the till jams")
    headers = [("kafka_correlationId", b"c-1"), ("theirs", b"\xff\x00")]
    stand.put(encode(PaymentProcessed(FIRST)), key=b"their key", headers=headers)

    turn(stand.worker)

    (dead,) = stand.dead()
    added = dict(dead.headers[2:])
    assert stand.till.calls == [FIRST] * ATTEMPTS == [FIRST] * 3
    assert stand.pauses == [PAUSE_BETWEEN_ATTEMPTS] * 2 and sum(stand.pauses) < 2
    assert (dead.key, dead.value, dead.headers[:2]) == (b"their key", encode(PaymentProcessed(FIRST)), headers)
    assert added.pop("dlt_at").decode().endswith("Z")
    assert added == {
        "dlt_topic": PAID.encode(), "dlt_partition": b"0", "dlt_offset": b"0", "dlt_error": b"the till jams",
    }
    assert stand.outcomes() == ["failed", "failed", "dead-lettered"]


def test_a_repeat_inside_a_batch_is_known_without_trying(stand: Stand) -> None:
    stand.put(*[encode(PaymentProcessed(FIRST))] * 3)

    turn(stand.worker)

    assert (stand.till.calls, stand.pauses, stand.paid()) == ([FIRST], [], {FIRST: 1})
    assert stand.outcomes() == ["applied", "duplicate", "duplicate"]


def test_a_dead_letter_leaves_no_trace_but_its_record_so_that_a_replay_counts(stand: Stand) -> None:
    stand.till.broken[FIRST] = ZeroDivisionError()
    stand.put(encode(PaymentProcessed(FIRST)))
    turn(stand.worker)
    before = (stand.paid(), stand.inbox(), stand.lag(), len(list(stand.broker.read(["payment.order-payment-failed"]))))

    stand.till.broken.clear()
    stand.put(stand.dead()[0].value)
    turn(stand.worker)

    assert before == ({}, 0, 0, 0)
    assert (stand.paid(), stand.inbox()) == ({FIRST: 1}, 1)


def test_a_broken_rule_is_dead_lettered_at_once(stand: Stand) -> None:
    stand.till.broken[FIRST] = DomainError("order 1 has no products")
    stand.put(encode(PaymentProcessed(FIRST)))

    turn(stand.worker)

    assert (stand.till.calls, stand.pauses) == ([FIRST], [])
    assert dict(stand.dead()[0].headers)["dlt_error"] == b"order 1 has no products"


def test_a_fault_that_passes_is_tried_again_and_applied(stand: Stand) -> None:
    stand.till.broken[FIRST] = ZeroDivisionError()
    stand.heals = True
    stand.put(encode(PaymentProcessed(FIRST)))

    turn(stand.worker)

    assert (stand.paid(), stand.outcomes()) == ({FIRST: 1}, ["failed", "applied"])


@pytest.mark.parametrize("where", [0, 1, 49, 98, 99])
def test_one_bad_message_among_many_does_not_stop_the_others(stand: Stand, where: int) -> None:
    stand.till.broken[order_id(where)] = ZeroDivisionError()
    stand.put(*[encode(PaymentProcessed(order_id(number))) for number in range(100)])

    turn(stand.worker)

    assert stand.paid() == {order_id(number): 1 for number in range(100) if number != where}
    assert [json.loads(dead.value)["id"] for dead in stand.dead()] == [order_id(where)]
    assert stand.lag() == 0
    assert sorted(stand.outcomes()) == ["applied"] * 99 + ["dead-lettered"] + ["failed"] * 2
    assert len(list(stand.broker.read(["payment.order-payment-failed"]))) == 99


UNREADABLE = {
    "no JSON": b"hello",
    "half a JSON": b'{"id":',
    "nothing": b"",
    "null": None,
    "null in JSON": b"null",
    "a list": b"[]",
    "no id": b"{}",
    "an id that is none": b'{"id":"order-1"}',
    "a line feed after the id": b'{"id":"%s\\n"}' % FIRST.encode(),
    "missing fields": b'{"id":"%s"}' % FIRST.encode(),
    "not UTF-8": encode(order_approved()).replace(b"Ada", b"\xff\xfe"),
    "half a surrogate": encode(order_approved()).replace(b"Ada", b"\\ud800"),
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
def test_an_unreadable_record_is_dead_lettered_and_the_partition_moves_on(stand: Stand, name: str) -> None:
    poison = UNREADABLE[name]
    values = (encode(order_approved()), poison, encode(order_approved(SECOND)))
    stand.put(*values, topic=APPROVED, key=b"k", headers=[("theirs", b"1")])

    turn(stand.worker)
    turn(stand.worker)

    (dead,) = stand.dead(APPROVED)
    assert (dead.key, dead.value, dead.headers[0]) == (b"k", poison, ("theirs", b"1"))
    assert dict(dead.headers)["dlt_offset"] == b"1" and dict(dead.headers)["dlt_error"]
    assert stand.till.calls == [FIRST, SECOND]
    assert (stand.inbox(), stand.lag(APPROVED), stand.pauses) == (2, 0, [])
    assert sorted(stand.outcomes()) == ["applied", "applied", "dead-lettered"]


def test_a_dead_letter_after_a_crash_is_the_same_dead_letter(shop: Shop) -> None:
    shop.put(RECEIVED, b"hello")
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()

    shop.crash("stock")
    shop.run()

    with shop.databases["stock"].read() as db:
        assert db.execute(select(func.count()).select_from(OUTBOX)).scalar_one() == 1
    dead = shop.records(f"{RECEIVED}.stock.dlt")
    assert {(record.value, dict(record.headers)["dlt_offset"]) for record in dead} == {(b"hello", b"0")}


@pytest.mark.parametrize("count", [1, 5])
def test_a_database_that_is_away_keeps_the_batch_and_dead_letters_nothing(stand: Stand, count: int) -> None:
    stand.till.away = OperationalError("select", {}, Exception("the database is away"))
    stand.put(*[encode(PaymentProcessed(order_id(number))) for number in range(count)])
    stand.worker.poll()

    for _ in range(ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            stand.worker.handle()

    assert (stand.pauses, stand.outcomes(), "payment.order-payment-processed.till.dlt" in stand.broker.topics()) == (
        [], [], False,
    )
    stand.till.away = None
    turn(stand.worker)
    assert (len(stand.paid()), stand.lag()) == (count, 0)


@pytest.mark.parametrize("loads", range(7))
def test_what_was_committed_before_the_database_went_away_is_told_once(stand: Stand, loads: int) -> None:
    stand.till.broken[order_id(5)] = DomainError("no")
    stand.till.away, stand.till.away_in = OperationalError("select", {}, Exception("away")), loads
    stand.put(*[encode(PaymentProcessed(order_id(number))) for number in range(8)])
    stand.worker.poll()
    with pytest.raises(OperationalError):
        stand.worker.handle()

    stand.till.away = None
    turn(stand.worker)

    assert sorted(stand.outcomes()) == ["applied"] * 7 + ["dead-lettered"]
    assert (len(stand.paid()), len(stand.dead()), stand.lag()) == (7, 1, 0)


def test_a_timer_delivers_its_ticks_and_they_are_no_hops(stand: Stand) -> None:
    began = time.monotonic()

    wait_until(lambda: turn(stand.worker) and len(stand.till.ticks) >= 3, "three ticks", seconds=5)

    assert time.monotonic() - began > 0.1
    assert len({tick.id for tick in stand.till.ticks}) == len(stand.till.ticks)
    assert stand.outcomes() == []


def test_a_message_that_a_refused_order_leaves_behind_reaches_nobody_twice(shop: Shop) -> None:
    shop.put(PAID, encode(PaymentProcessed(FIRST)))

    shop.run()

    (dead,) = shop.records(f"{PAID}.orders.dlt")
    assert dict(dead.headers)["dlt_error"] == f"there is no order {FIRST}".encode()
    assert shop.records(APPROVED) == []
