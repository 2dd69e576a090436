"""Hops: lines in the contract's shape, with the steps that the views draw, whatever stands in a record."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import AT, FIRST, order_id, order_received, payment_failed, reservation_failed

from checkout.domain import PaymentMethod
from checkout.framework.message import encode
from checkout.framework.sql import utc_text
from checkout.journal.hop import Hop, Outcome, compact, from_milliseconds, utc_now
from checkout.messages import (
    ChargeCard,
    Message,
    OrderApproved,
    OrderReceived,
    PaymentFailed,
    PlaceOrder,
    ProductsReservationFailed,
    SendEmail,
)
from checkout.messaging.log import Record, RecordMetadata
from checkout.worker import hops
from checkout.worker.external_calls import CallResult
from checkout.worker.outbox import OutboxKind, OutboxRow

AT_TEXT = "2026-01-01T10:00:00.000001Z"
FIELDS = [  # contract section 5, and what an HTTP hop and an observed one have more
    "order", "step", "from", "to", "message", "technology", "topic", "partition", "offset", "key", "group", "replica",
    "cause", "correlation", "at", "outcome", "url", "status", "client", "observed", "payload",
]


def row(message: Message, cause: str | None) -> OutboxRow:
    return OutboxRow(
        kind=OutboxKind.TOPIC if message.topic else OutboxKind.EXTERNAL_CALL,
        order_id=message.id,
        destination=message.purpose,
        message=type(message).__name__,
        payload=encode(message),
        correlation="c-1",
        cause=cause,
        key=message.id.encode(),
    )


def line(hop: Hop) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(hop))


def test_a_delivery_is_told_as_the_contract_shows_it() -> None:
    record = Record("order.new-order-received", 0, 12, FIRST.encode(), encode(order_received()))

    about = {"order": FIRST, "correlation": "c-1", "replica": "stock-1", "cause": "PlaceOrder", "at": AT}
    told = line(hops.delivery(OrderReceived, record, "stock", Outcome.APPLIED, **about))

    assert list(told) == FIELDS
    assert told == dict.fromkeys(FIELDS) | {
        "order": FIRST,
        "step": 4,
        "from": "kafka",
        "to": "stock",
        "message": "OrderReceived",
        "technology": "order.new-order-received",
        "topic": "order.new-order-received",
        "partition": 0,
        "offset": 12,
        "key": FIRST,
        "group": "stock",
        "replica": "stock-1",
        "cause": "PlaceOrder",
        "correlation": "c-1",
        "at": AT_TEXT,
        "outcome": "applied",
        "observed": False,
        "payload": json.loads(encode(order_received())),
    }


def test_a_publication_is_told_with_its_place() -> None:
    outbox_row = row(order_received(), "PlaceOrder")
    told = line(hops.publication(OrderReceived, outbox_row, RecordMetadata(2, 7), "orders-1", AT))

    assert told == dict.fromkeys(FIELDS) | {
        "order": FIRST, "step": 3, "from": "orders", "to": "kafka", "message": "OrderReceived",
        "technology": "order.new-order-received", "topic": "order.new-order-received", "partition": 2, "offset": 7,
        "key": FIRST, "replica": "orders-1", "cause": "PlaceOrder", "correlation": "c-1", "at": AT_TEXT,
        "outcome": "applied", "observed": False, "payload": json.loads(encode(order_received())),
    }


def test_a_call_is_told_with_its_url_and_status() -> None:
    call = ChargeCard(FIRST, Decimal("10.00"), PaymentMethod.CREDIT)
    answer = CallResult(row(call, "ProcessPayment"), "http://bank/charges", "402", None)

    told = line(hops.external_call(ChargeCard, answer, Outcome.APPLIED, "payments-1", AT))

    assert told == dict.fromkeys(FIELDS) | {
        "order": FIRST, "step": 9, "from": "payments", "to": "payment_broker", "message": "ChargeCard",
        "technology": "HTTP, POST /charges", "replica": "payments-1", "cause": "ProcessPayment", "correlation": "c-1",
        "at": AT_TEXT, "outcome": "applied", "url": "http://bank/charges", "status": "402", "observed": False,
        "payload": {"id": FIRST, "amount": 10.0, "method": "CREDIT"},
    }


@pytest.mark.parametrize(("passed_on", "step"), [(False, 1), (True, 2)])
def test_a_request_is_told_by_its_receiver(passed_on: bool, step: int) -> None:
    told = line(hops.http_request(PlaceOrder, "web", "gateway", passed_on, order=FIRST, at=AT, status="201"))

    assert (told["step"], told["technology"], told["cause"], told["topic"], told["status"]) == (
        step, "HTTP, POST /api/v1/order-management/orders", None, None, "201",
    )


@pytest.mark.parametrize(
    ("message", "cause", "passed_on", "step"),
    [
        (SendEmail, "OrderApproved", False, 14), (SendEmail, "ProductsReservationFailed", False, 7),
        (SendEmail, "PaymentFailed", False, 12), (PaymentFailed, "ProcessPayment", False, 10),
        (PaymentFailed, "ChargeCard", True, 11), (OrderApproved, "PaymentProcessed", True, 13),
        (SendEmail, "OrderReceived", False, None), (SendEmail, "OrderApproved", True, None),
        (SendEmail, None, False, None),
    ],
)
def test_a_step_belongs_to_a_message_and_its_cause(
    message: type[Message], cause: str | None, passed_on: bool, step: int | None
) -> None:
    assert message.step(cause, passed_on) == step


def test_the_cause_of_a_record_is_its_header_or_the_only_possibility() -> None:
    sent = Record("t", 0, 0, None, None, [("cause", b"ProcessPayment")])
    without = Record("t", 0, 0, None, None)

    assert hops.cause_of(sent, PaymentFailed) == "ProcessPayment"
    assert hops.cause_of(without, PaymentFailed) is None
    assert hops.cause_of(without, OrderReceived) == "PlaceOrder"


# -- payloads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, b"null"), (b'{\n  "id": 7,\r\n\t"name": "spoon"\n}\n', b'{"id":7,"name":"spoon"}'),
        (b"hello", b'"hello"'),
        (b"", b'""'), (b'"\xff"', '"\\"\ufffd\\""'.encode()), (b'{"price":1e999999999}', b'{"price":1e999999999}'),
        (b"NaN", b'"NaN"'), ('{"name":"Ада"}'.encode(), '{"name":"Ада"}'.encode()), (b"two\nlines", b'"two\\nlines"'),
        (b'"\x00"', b'"\\"\\u0000\\""'),
    ],
)
def test_a_payload_is_json_on_one_line(value: bytes | None, told: bytes) -> None:
    assert bytes(compact(value)) == told


@pytest.mark.parametrize(
    "value", [b"[" * 200_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000, b"\xff" * 2_000_000]
)
def test_a_payload_that_is_no_json_is_cut_after_a_thousand_characters(value: bytes) -> None:
    told = compact(value)

    assert len(json.loads(bytes(told))) == 1_000


JSON = st.sampled_from([b'{"a":1}', b"[1,\n2]", b'"\\ud800"'])


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode) | JSON)
@settings(derandomize=True, max_examples=100)
def test_a_hop_is_one_line_of_json_whatever_stands_in_its_record(value: bytes) -> None:
    record = Record("order.new-order-received", 0, 0, value, value)

    for outcome in (Outcome.DEAD_LETTERED, Outcome.DUPLICATE):
        told = hops.delivery(OrderReceived, record, "stock", outcome, order=None, cause=None, at=AT)
        written = msgspec.json.encode(told)
        assert b"\n" not in written
        assert json.loads(written)["outcome"] == outcome


@pytest.mark.parametrize(
    "more", [b'"x":"\xff"', b'"x":\n  1', b'"x":1e999999999', b'"x":"\\n"', '"x":"é"'.encode(), b'"x":\r1']
)
def test_a_message_with_odd_fields_of_others_is_told_in_one_line_of_json_too(more: bytes) -> None:
    value = encode(reservation_failed()).replace(b"}", b"," + more + b"}")
    record = Record("stock.order-products-reservation-failed", 0, 0, None, value)

    fields = {"order": FIRST, "cause": "OrderReceived", "at": AT}
    written = msgspec.json.encode(
        hops.delivery(ProductsReservationFailed, record, "orders", Outcome.APPLIED, **fields)
    )

    assert not set(b"\r\n") & set(written)
    assert FIRST in str(json.loads(written)["payload"])


# -- time and identity ------------------------------------------------------------------------------------------------


def test_a_time_is_written_in_utc() -> None:
    hop = hops.http_request(PlaceOrder, "web", "gateway", False, order=FIRST, at=from_milliseconds(1_767_261_600_001))

    assert line(hop)["at"] == "2026-01-01T10:00:00.001000Z"
    assert from_milliseconds(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert utc_now().utcoffset() == timedelta()


def test_later_times_sort_later_as_text() -> None:
    times = [from_milliseconds(ms) for ms in (0, 1, 999, 1_000, 1_000_001, 1_767_261_600_001)]

    assert list(map(utc_text, times)) == sorted(map(utc_text, times))


def test_the_same_hop_told_twice_has_the_same_place_and_another_attempt_has_not() -> None:
    told = hops.publication(PaymentFailed, row(payment_failed(), "ChargeCard"), RecordMetadata(0, 1), "payments-1", AT)
    later = msgspec.structs.replace(told, at=AT + timedelta(days=1))
    duplicate = [msgspec.structs.replace(hop, outcome=Outcome.DUPLICATE) for hop in (told, later)]

    assert told.identity == later.identity
    assert duplicate[0].identity != duplicate[1].identity
    assert told.identity != msgspec.structs.replace(told, offset=2).identity
    assert told.identity != msgspec.structs.replace(told, order=order_id(2)).identity


def test_a_hop_is_read_as_it_was_written() -> None:
    told = hops.publication(OrderReceived, row(order_received(), "PlaceOrder"), RecordMetadata(2, 7), "orders-1", AT)

    again = msgspec.json.decode(msgspec.json.encode(told), type=Hop)

    assert msgspec.json.encode(again) == msgspec.json.encode(told)
    assert OrderReceived.sender == again.sender == "orders"
