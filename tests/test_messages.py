"""Messages: topics, JSON, steps, and purposes."""

import json
from decimal import Decimal

import msgspec
import pytest
import sample
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import ADA, CREDIT, EMAIL, FIRST

from checkout.domain import PaymentMethod
from checkout.fields import OrderLine, OrderRequest, Payment
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
    PaymentFailed,
    PaymentProcessed,
    ProcessPayment,
    ProductsReserved,
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
}
STEPS = {
    "PlaceOrder": {None: (1, 2)},
    "OrderReceived": {"PlaceOrder": (3, 4)},
    "ProductsReserved": {"OrderReceived": (5, 6)},
    "ProductsReservationFailed": {"OrderReceived": (5, 6)},
    "ProcessPayment": {"ProductsReserved": (7, 8)},
    "ChargeCard": {"ProcessPayment": (9,), None: (9,)},
    "PaymentProcessed": {"ChargeCard": (10, 11)},
    "PaymentFailed": {"ChargeCard": (10, 11), "ProcessPayment": (10, 11)},
    "OrderApproved": {"PaymentProcessed": (12, 13)},
    "BookParcel": {"OrderApproved": (14,)},
    "SendEmail": {"OrderApproved": (14,), "ProductsReservationFailed": (7,), "PaymentFailed": (12,)},
}


def test_there_are_seven_topics() -> None:
    assert sorted(TOPICS) == sorted(EXAMPLES)
    assert len(TOPICS) == 7


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


def test_all_messages_about_an_order_have_different_purposes() -> None:
    emails = [SendEmail(FIRST, kind, ADA, EMAIL, "", "") for kind in ("approved", "unavailable", "denied")]
    calls = [ChargeCard(FIRST, Decimal(10), PaymentMethod.CREDIT), BookParcel(FIRST, ADA, [])]
    messages: list[Message] = [message for message, _ in EXAMPLES.values()]

    purposes = [message.purpose for message in [*messages, *calls, *emails]]

    assert len(set(purposes)) == len(purposes) == 12
    assert purposes[7:] == ["charge", "parcel", "mail-approved", "mail-unavailable", "mail-denied"]


# -- round trips ------------------------------------------------------------------------------------------------------

AMOUNTS = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.text(st.characters(categories=["L", "N", "Zs", "Sm", "So"]), min_size=1, max_size=20).filter(
    lambda name: "=?" not in name and "\x85" not in name
)
LINES = st.builds(
    OrderLine,
    sku=st.integers(-(2**31), 2**31 - 1),
    name=st.none() | TEXTS,
    price=st.none() | AMOUNTS,
    quantity=st.integers(-(2**40), 2**40),
)
IDS = st.uuids().map(str)
PAYMENTS = st.builds(Payment, payment_method=st.sampled_from(PaymentMethod), total=st.none() | AMOUNTS)
EMAILS = st.none() | st.just(EMAIL)
ANY_MESSAGE = st.one_of(
    st.builds(OrderReceived, IDS, NAMES, st.lists(LINES, max_size=3), PAYMENTS, EMAILS),
    st.builds(ProductsReserved, IDS, st.none() | NAMES, EMAILS, st.none() | st.lists(LINES, max_size=3),
              st.none() | PAYMENTS, st.none() | AMOUNTS),
    st.builds(ProcessPayment, IDS, NAMES, PAYMENTS, EMAILS),
    st.builds(PaymentFailed, IDS, TEXTS, st.none() | NAMES, EMAILS),
    st.builds(OrderApproved, IDS, NAMES, st.lists(LINES, max_size=3), PAYMENTS, st.none() | AMOUNTS, EMAILS),
)


@given(ANY_MESSAGE)
@settings(derandomize=True, max_examples=100)
def test_any_message_is_decoded_as_it_was_encoded(message: Message) -> None:
    encoded = encode(message)

    assert msgspec.json.decode(encoded, type=type(message)) == message
    assert json.loads(encoded)["id"] == message.id
    assert b"\n" not in encoded


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["id", "products", "payment", "total", "sku", "price", "message"]), inner),
                    max_leaves=8))
@settings(derandomize=True, max_examples=100)
def test_any_json_is_decoded_or_refused(content: object) -> None:
    encoded = json.dumps(content)  # may have NaN and Infinity, which are not JSON
    for kind in (*TOPICS.values(), OrderRequest):
        try:
            msgspec.json.decode(encoded, type=kind)
        except msgspec.DecodeError:
            continue
