"""Hops: the journal entry of each kind of hop, with its step, for any content of a record."""

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
from checkout.worker.calls.external_calls import CallResult
from checkout.worker.outbox import OutboxKind, OutboxRow

AT_TEXT = "2026-01-01T10:00:00.000001Z"
FIELDS = [  # of the contract
    "id", "cause_id", "order", "step", "from", "to", "message", "technology", "topic", "partition", "offset", "key",
    "group", "replica", "cause", "correlation", "at", "outcome", "url", "status", "client", "observed", "payload",
]


def outbox_row(message: Message, cause: str | None) -> OutboxRow:
    return OutboxRow(
        kind=OutboxKind.TOPIC if message.topic else OutboxKind.EXTERNAL_CALL,
        order_id=message.id,
        destination=message.purpose,
        message=type(message).__name__,
        payload=encode(message),
        correlation="c-1",
        cause=cause,
        cause_id=f"hop of {cause}",
        key=message.id.encode(),
    )


def as_json(hop: Hop) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(hop))


def test_a_delivery_is_written_as_the_contract_describes() -> None:
    record = Record("order.new-order-received", 0, 12, FIRST.encode(), encode(order_received()))

    about = {"order": FIRST, "correlation": "c-1", "replica": "stock-1", "cause": "PlaceOrder", "at": AT}
    fields = as_json(hops.delivery(OrderReceived, record, "stock", Outcome.APPLIED, **about))

    assert list(fields) == FIELDS
    assert fields == dict.fromkeys(FIELDS) | {
        "id": "order.new-order-received[0]@12/stock",
        "cause_id": "order.new-order-received[0]@12",
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


def test_a_publication_has_its_partition_and_offset() -> None:
    row = outbox_row(order_received(), "PlaceOrder")
    fields = as_json(hops.publication(OrderReceived, row, RecordMetadata(2, 7), "orders-1", AT))

    assert fields == dict.fromkeys(FIELDS) | {
        "id": "order.new-order-received[2]@7", "cause_id": "hop of PlaceOrder", "order": FIRST, "step": 3,
        "from": "orders", "to": "kafka", "message": "OrderReceived",
        "technology": "order.new-order-received", "topic": "order.new-order-received", "partition": 2, "offset": 7,
        "key": FIRST, "replica": "orders-1", "cause": "PlaceOrder", "correlation": "c-1", "at": AT_TEXT,
        "outcome": "applied", "observed": False, "payload": json.loads(encode(order_received())),
    }


def test_an_external_call_has_its_url_and_status() -> None:
    call = ChargeCard(FIRST, Decimal("10.00"), PaymentMethod.CREDIT)
    result = CallResult(outbox_row(call, "ProcessPayment"), "http://payments.example/charges", "402", None)

    fields = as_json(hops.external_call(ChargeCard, result, Outcome.APPLIED, "payments-1", AT))

    assert fields == dict.fromkeys(FIELDS) | {
        "id": f"{FIRST}/charge", "cause_id": "hop of ProcessPayment", "order": FIRST, "step": 9,
        "from": "payments", "to": "payment_broker", "message": "ChargeCard",
        "technology": "HTTP, POST /charges", "replica": "payments-1", "cause": "ProcessPayment", "correlation": "c-1",
        "at": AT_TEXT, "outcome": "applied", "url": "http://payments.example/charges", "status": "402",
        "observed": False, "payload": {"id": FIRST, "amount": 10.0, "method": "CREDIT"},
    }


@pytest.mark.parametrize(("is_delivery", "step"), [(False, 1), (True, 2)])
def test_an_http_request_has_the_step_of_its_receiver(is_delivery: bool, step: int) -> None:
    fields = as_json(hops.http_request(PlaceOrder, "web", "gateway", is_delivery, order=FIRST, at=AT, status="201"))

    assert (fields["step"], fields["technology"], fields["cause"], fields["topic"], fields["status"]) == (
        step, "HTTP, POST /api/v1/order-management/orders", None, None, "201",
    )


@pytest.mark.parametrize(
    ("message", "cause", "is_delivery", "step"),
    [
        (SendEmail, "OrderApproved", False, 14),
        (SendEmail, "ProductsReservationFailed", False, 7),
        (SendEmail, "PaymentFailed", False, 12),
        (PaymentFailed, "ProcessPayment", False, 10),
        (PaymentFailed, "ChargeCard", True, 11),
        (PaymentFailed, None, True, 11),
        (OrderApproved, "PaymentProcessed", True, 13),
        (SendEmail, "OrderReceived", False, None),
        (SendEmail, "OrderApproved", True, None),
        (SendEmail, None, False, None),
    ],
)
def test_a_step_depends_on_the_message_and_its_cause(
    message: type[Message], cause: str | None, is_delivery: bool, step: int | None
) -> None:
    assert message.step(cause, is_delivery) == step


def test_the_cause_of_a_record_is_its_header_or_the_only_possible_cause() -> None:
    with_header = Record("t", 0, 0, None, None, [("cause", b"ProcessPayment")])
    without_header = Record("t", 0, 0, None, None)

    assert hops.cause_of(with_header, PaymentFailed) == "ProcessPayment"
    assert hops.cause_of(without_header, PaymentFailed) is None
    assert hops.cause_of(without_header, OrderReceived) == "PlaceOrder"


# -- payloads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "payload"),
    [
        (None, b"null"), (b'{\n  "id": 7,\r\n\t"name": "spoon"\n}\n', b'{"id":7,"name":"spoon"}'),
        (b"hello", b'"hello"'),
        (b"", b'""'), (b'"\xff"', '"\\"\ufffd\\""'.encode()), (b'{"price":1e999999999}', b'{"price":1e999999999}'),
        (b"NaN", b'"NaN"'), ('{"name":"Ада"}'.encode(), '{"name":"Ада"}'.encode()), (b"two\nlines", b'"two\\nlines"'),
        (b'"\x00"', b'"\\"\\u0000\\""'),
    ],
)
def test_a_payload_is_json_on_one_line(value: bytes | None, payload: bytes) -> None:
    assert bytes(compact(value)) == payload


@pytest.mark.parametrize(
    "value", [b"[" * 200_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000, b"\xff" * 2_000_000]
)
def test_a_payload_that_is_not_json_is_truncated_after_a_thousand_characters(value: bytes) -> None:
    payload = compact(value)

    assert len(json.loads(bytes(payload))) == 1_000


JSON = st.sampled_from([b'{"a":1}', b"[1,\n2]", b'"\\ud800"'])


@given(st.binary(max_size=60) | st.text(max_size=30).map(str.encode) | JSON)
@settings(derandomize=True, max_examples=100)
def test_a_hop_of_any_record_is_one_line_of_json(value: bytes) -> None:
    record = Record("order.new-order-received", 0, 0, value, value)

    for outcome in (Outcome.DEAD_LETTERED, Outcome.DUPLICATE):
        hop = hops.delivery(OrderReceived, record, "stock", outcome, order=None, cause=None, at=AT)
        encoded = msgspec.json.encode(hop)
        assert b"\n" not in encoded
        assert json.loads(encoded)["outcome"] == outcome


@pytest.mark.parametrize(
    "extra_fields", [b'"x":"\xff"', b'"x":\n  1', b'"x":1e999999999', b'"x":"\\n"', '"x":"é"'.encode(), b'"x":\r1']
)
def test_a_hop_of_a_message_with_unknown_fields_is_one_line_of_json(extra_fields: bytes) -> None:
    value = encode(reservation_failed()).replace(b"}", b"," + extra_fields + b"}")
    record = Record("stock.order-products-reservation-failed", 0, 0, None, value)

    fields = {"order": FIRST, "cause": "OrderReceived", "at": AT}
    encoded = msgspec.json.encode(
        hops.delivery(ProductsReservationFailed, record, "orders", Outcome.APPLIED, **fields)
    )

    assert not set(b"\r\n") & set(encoded)
    assert FIRST in str(json.loads(encoded)["payload"])


# -- time and identity ------------------------------------------------------------------------------------------------


def test_a_time_is_written_in_utc() -> None:
    hop = hops.http_request(PlaceOrder, "web", "gateway", False, order=FIRST, at=from_milliseconds(1_767_261_600_001))

    assert as_json(hop)["at"] == "2026-01-01T10:00:00.001000Z"
    assert from_milliseconds(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert utc_now().utcoffset() == timedelta()


def test_times_as_text_sort_by_time() -> None:
    times = [from_milliseconds(ms) for ms in (0, 1, 999, 1_000, 1_000_001, 1_767_261_600_001)]

    assert list(map(utc_text, times)) == sorted(map(utc_text, times))


def test_two_reports_of_a_hop_have_the_same_identity_and_two_attempts_have_not() -> None:
    row = outbox_row(payment_failed(), "ChargeCard")
    hop = hops.publication(PaymentFailed, row, RecordMetadata(0, 1), "payments-1", AT)
    later = msgspec.structs.replace(hop, at=AT + timedelta(days=1))
    duplicate = [msgspec.structs.replace(hop, outcome=Outcome.DUPLICATE) for hop in (hop, later)]

    assert hop.identity == later.identity
    assert duplicate[0].identity != duplicate[1].identity
    assert hop.identity != msgspec.structs.replace(hop, offset=2).identity
    assert hop.identity != msgspec.structs.replace(hop, order=order_id(2)).identity


def test_a_hop_is_decoded_as_it_was_encoded() -> None:
    row = outbox_row(order_received(), "PlaceOrder")
    hop = hops.publication(OrderReceived, row, RecordMetadata(2, 7), "orders-1", AT)

    decoded = msgspec.json.decode(msgspec.json.encode(hop), type=Hop)

    assert msgspec.json.encode(decoded) == msgspec.json.encode(hop)
    assert OrderReceived.sender == decoded.sender == "orders"
