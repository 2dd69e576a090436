"""Messages: topics, JSON, steps, and purposes."""

import json
from decimal import Decimal

import msgspec
import pytest
import sample
from sample import ADA, CREDIT, EMAIL, FIRST

from checkout.domain import PaymentMethod
from checkout.fields import OrderLine
from checkout.framework.message import encode
from checkout.messages import (
    BY_NAME,
    MESSAGES,
    TOPICS,
    BookParcel,
    ChargeCard,
    Message,
    OrderApproved,
    OrderReceived,
    PaymentProcessed,
    ProcessPayment,
    ProductsReserved,
    RefundCard,
    SendEmail,
)

# As in section 2 of the contract, field by field.
EXAMPLES = {
    "order.new-order-received": (
        OrderReceived(
            FIRST, ADA, [OrderLine(sku=1, name="Wooden spoon", price=Decimal("5.00"), quantity=2)], CREDIT, EMAIL
        ),
        f'{{"id":"{FIRST}","customerName":"Ada",'
        '"products":[{"sku":1,"name":"Wooden spoon","price":5.00,"quantity":2}],'
        '"payment":{"paymentMethod":"CREDIT"},"customerEmail":"ada@example.org"}',
    ),
    "stock.order-products-reserved": (
        sample.products_reserved(),
        f'{{"id":"{FIRST}","customerName":"Ada","customerEmail":"ada@example.org",'
        '"products":[{"sku":1,"name":"Wooden spoon","price":5.00,"quantity":2}],'
        '"payment":{"paymentMethod":"CREDIT"},"total":10.00}',
    ),
    "stock.order-products-reservation-failed": (
        sample.reservation_failed(),
        f'{{"id":"{FIRST}","message":"Garden gnome is sold out","customerName":"Ada",'
        '"customerEmail":"ada@example.org"}',
    ),
    "order.process-order-payment": (
        sample.process_payment(),
        f'{{"id":"{FIRST}","customerName":"Ada","payment":{{"paymentMethod":"CREDIT","total":10.00}},'
        '"customerEmail":"ada@example.org"}',
    ),
    "payment.order-payment-processed": (PaymentProcessed(FIRST), f'{{"id":"{FIRST}"}}'),
    "payment.order-payment-failed": (
        sample.payment_failed(),
        f'{{"id":"{FIRST}","message":"above the limit","customerName":"Ada","customerEmail":"ada@example.org"}}',
    ),
    "order.new-order-approved": (
        sample.order_approved(),
        f'{{"id":"{FIRST}","customerName":"Ada",'
        '"products":[{"sku":1,"name":"Wooden spoon","price":5.00,"quantity":2}],'
        '"payment":{"paymentMethod":"CREDIT","total":10.00},"total":10.00,"customerEmail":"ada@example.org"}',
    ),
    "order.order-cancelled": (
        sample.order_cancelled(),
        f'{{"id":"{FIRST}","message":"you have cancelled it","customerName":"Ada","customerEmail":"ada@example.org"}}',
    ),
    "stock.order-products-reservation-expired": (
        sample.reservation_expired(), f'{{"id":"{FIRST}","message":"it was not paid within 120 min"}}',
    ),
    "shipment.order-shipment-refused": (
        sample.shipment_refused(), f'{{"id":"{FIRST}","message":"too heavy"}}',
    ),
    "order.refund-order-payment": (
        sample.refund_payment(),
        f'{{"id":"{FIRST}","customerName":"Ada","payment":{{"paymentMethod":"CREDIT","total":10.00}},'
        '"customerEmail":"ada@example.org"}',
    ),
    "payment.order-payment-refunded": (
        sample.payment_refunded(),
        f'{{"id":"{FIRST}","total":10.00,"customerName":"Ada","customerEmail":"ada@example.org"}}',
    ),
    "payment.order-payment-needs-operator": (
        sample.payment_needs_operator(), f'{{"id":"{FIRST}","message":"the refund was refused: too late"}}',
    ),
}
# Without optional fields, as the services of the article's author send them.
MINIMAL_EXAMPLES = {
    "order.new-order-received": '{"id":"%s","customerName":"Ada","products":[{"sku":1,"name":null,"price":null}],'
    '"payment":{"paymentMethod":"CREDIT"}}',
    "stock.order-products-reserved": '{"id":"%s"}',
    "stock.order-products-reservation-failed": '{"id":"%s","message":"sold out"}',
    "order.process-order-payment": '{"id":"%s","customerName":"Ada","payment":{"paymentMethod":"DEBIT","total":null}}',
    "payment.order-payment-processed": '{"id":"%s"}',
    "payment.order-payment-failed": '{"id":"%s","message":"no money"}',
    "order.new-order-approved": '{"id":"%s","customerName":"Ada","products":[{"sku":1,"name":"Wooden spoon",'
    '"price":5.0}],"payment":{"paymentMethod":"CREDIT"}}',
    "order.order-cancelled": '{"id":"%s","message":"cancelled"}',
    "payment.order-payment-refunded": '{"id":"%s"}',
}
SAME = ""  # in every story
LATE = ("ordering-late-payment", "ordering-refund-refused")


def refund_steps(*late: int) -> dict[str, tuple[int, ...]]:
    return dict.fromkeys(LATE, late) | {"ordering-parcel-refused": tuple(step + 5 for step in late)}


STEPS = {
    "PlaceOrder": {None: {SAME: (1, 2)}},
    "OrderReceived": {"PlaceOrder": {SAME: (3, 4)}},
    "ProductsReserved": {"OrderReceived": {SAME: (5, 6)}},
    "ProductsReservationFailed": {"OrderReceived": {SAME: (5, 6)}},
    "ProcessPayment": {"ProductsReserved": {SAME: (7, 8)}},
    "CancelOrder": {None: {SAME: (8, 9)}},
    "ReservationExpired": {None: {SAME: (8, 9)}},
    "ChargeCard": {"ProcessPayment": {SAME: (9,)}, None: {SAME: (9,)}},
    "PaymentProcessed": {"ChargeCard": {SAME: (10, 11)}},
    "PaymentFailed": {"ChargeCard": {SAME: (10, 11)}, "ProcessPayment": {SAME: (10, 11)}},
    "OrderApproved": {"PaymentProcessed": {SAME: (12, 13)}},
    "BookParcel": {"OrderApproved": {SAME: (14,)}},
    "ShipmentRefused": {"BookParcel": {SAME: (15, 16)}},
    "OrderCancelled": {
        "CancelOrder": {SAME: (10, 11)}, "ReservationExpired": {SAME: (10, 11)}, "ShipmentRefused": {SAME: (17, 18)},
        "ProductsReserved": {},
    },
    "RefundPayment": {"PaymentProcessed": dict.fromkeys(LATE, (12, 13)), "ShipmentRefused": {SAME: (17, 18)}},
    "RefundCard": {"RefundPayment": refund_steps(14)},
    "PaymentRefunded": {"RefundCard": refund_steps(15, 16)},
    "PaymentNeedsOperator": {"RefundCard": refund_steps(15, 16), "ChargeCard": {}, "RefundPayment": {}},
    "SendEmail": {
        "OrderApproved": {SAME: (14,)}, "ProductsReservationFailed": {SAME: (7,)}, "PaymentFailed": {SAME: (12,)},
        "OrderCancelled": {SAME: (12,), "ordering-parcel-refused": (19,)}, "PaymentRefunded": refund_steps(17),
    },
}


def test_there_are_thirteen_topics() -> None:
    assert sorted(TOPICS) == sorted(EXAMPLES)
    assert len(TOPICS) == 13


@pytest.mark.parametrize("topic", sorted(EXAMPLES))
def test_a_message_is_encoded_as_the_contract_describes(topic: str) -> None:
    message, expected = EXAMPLES[topic]

    encoded = encode(message)

    assert encoded.decode() == expected
    assert type(message).technology == topic


@pytest.mark.parametrize("topic", sorted(EXAMPLES))
def test_a_message_is_decoded_as_it_was_encoded(topic: str) -> None:
    message, encoded = EXAMPLES[topic]

    assert msgspec.json.decode(encoded, type=TOPICS[topic]) == message


@pytest.mark.parametrize("topic", sorted(MINIMAL_EXAMPLES))
def test_a_message_without_the_optional_fields_is_decoded(topic: str) -> None:
    decoded = msgspec.json.decode(MINIMAL_EXAMPLES[topic] % FIRST, type=TOPICS[topic])

    assert decoded.id == FIRST


@pytest.mark.parametrize("topic", sorted(EXAMPLES))
def test_unknown_fields_are_ignored(topic: str) -> None:
    message, encoded = EXAMPLES[topic]
    unknown_fields = {"__TypeId__": "com.example.Order", "colour": {"of": ["the", "spoon"]}}
    with_unknown_fields = json.dumps(json.loads(encoded) | unknown_fields)

    assert msgspec.json.decode(with_unknown_fields, type=TOPICS[topic]) == message


@pytest.mark.parametrize("topic", sorted(EXAMPLES))
@pytest.mark.parametrize("id", [None, "", "order-1", 7])
def test_a_message_with_an_invalid_id_is_refused(topic: str, id: object) -> None:
    invalid = json.dumps(json.loads(EXAMPLES[topic][1]) | {"id": id})

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(invalid, type=TOPICS[topic])


def test_a_missing_quantity_is_one() -> None:
    decoded = msgspec.json.decode(MINIMAL_EXAMPLES["order.new-order-received"] % FIRST, type=OrderReceived)

    assert [(line.quantity, line.name, line.price) for line in decoded.products] == [(1, None, None)]


def test_every_amount_is_rounded_to_cents() -> None:
    totals = [
        msgspec.json.decode(f'{{"id":"{FIRST}","total":0.30000000000000004}}', type=ProductsReserved).total,
        msgspec.json.decode(
            EXAMPLES["order.process-order-payment"][1].replace("10.00", "0.30000000000000004"), type=ProcessPayment
        ).payment.total,
        msgspec.json.decode(
            EXAMPLES["order.new-order-approved"][1].replace("10.00", "0.30000000000000004"), type=OrderApproved
        ).total,
    ]

    assert list(map(str, totals)) == ["0.30"] * 3


def test_every_message_has_the_steps_of_the_diagrams() -> None:
    assert {name: dict(message.steps) for name, message in BY_NAME.items()} == STEPS
    assert [message.__name__ for message in MESSAGES][:4] == list(STEPS)[:3] + ["ProcessPayment"]


@pytest.mark.parametrize(
    ("name", "cause", "is_delivery", "story", "step"),
    [
        ("SendEmail", "OrderCancelled", False, "", None), ("RefundCard", "RefundPayment", False, "", None),
        ("SendEmail", "OrderCancelled", False, "ordering-expired", 12),
        ("SendEmail", "OrderCancelled", False, "ordering-parcel-refused", 19),
        ("RefundPayment", "PaymentProcessed", True, "", 13),
        ("RefundPayment", "PaymentProcessed", True, "ordering", None),
        ("OrderCancelled", "ProductsReserved", False, "", None), ("CancelOrder", None, True, "", 9),
        ("OrderCancelled", None, False, "ordering-cancelled", None), ("PaymentFailed", None, False, "", 10),
    ],
)  # fmt: skip
def test_a_step_that_depends_on_the_story_is_unknown_without_it(
    name: str, cause: str | None, is_delivery: bool, story: str, step: int | None
) -> None:
    assert BY_NAME[name].step(cause, is_delivery, story) == step


def test_all_messages_about_an_order_have_different_purposes() -> None:
    kinds = ("approved", "unavailable", "denied", "cancelled", "refunded")
    emails = [SendEmail(FIRST, kind, ADA, EMAIL, "", "") for kind in kinds]
    card = ChargeCard(FIRST, Decimal(10), PaymentMethod.CREDIT), RefundCard(FIRST, Decimal(10))
    calls = [*card, BookParcel(FIRST, ADA, []), sample.place_order(), sample.cancel_order()]
    messages: list[Message] = [message for message, _ in EXAMPLES.values()]

    purposes = [message.purpose for message in [*messages, *calls, *emails]]

    assert len(set(purposes)) == len(purposes) == 23
    assert purposes[13:16] == ["charge", "refund", "parcel"]
    assert purposes[18:] == ["mail-approved", "mail-unavailable", "mail-denied", "mail-cancelled", "mail-refunded"]


# -- round trips ------------------------------------------------------------------------------------------------------
