"""What is said, in the author's words: topics, JSON, steps, and one identity per topic."""

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

# Contract section 2, field for field.
SAID = {
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
# What the author's own services send: nothing that is ours.
AUTHORS = {
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


def test_the_topics_are_the_authors_seven() -> None:
    assert sorted(TOPICS) == sorted(SAID)
    assert len(TOPICS) == 7


@pytest.mark.parametrize("topic", sorted(SAID))
def test_a_message_is_written_with_the_authors_field_names_and_amounts_as_numbers(topic: str) -> None:
    message, expected = SAID[topic]

    written = encode(message)

    assert written.decode() == expected
    assert type(message).technology == topic


@pytest.mark.parametrize("topic", sorted(SAID))
def test_a_message_is_read_as_it_was_written(topic: str) -> None:
    message, written = SAID[topic]

    assert msgspec.json.decode(written, type=TOPICS[topic]) == message


@pytest.mark.parametrize("topic", sorted(AUTHORS))
def test_what_the_authors_services_send_is_understood(topic: str) -> None:
    read = msgspec.json.decode(AUTHORS[topic] % FIRST, type=TOPICS[topic])

    assert read.id == FIRST


@pytest.mark.parametrize("topic", sorted(SAID))
def test_unknown_fields_are_ignored(topic: str) -> None:
    message, written = SAID[topic]
    more = json.dumps(json.loads(written) | {"__TypeId__": "com.example.Order", "colour": {"of": ["the", "spoon"]}})

    assert msgspec.json.decode(more, type=TOPICS[topic]) == message


@pytest.mark.parametrize("topic", sorted(SAID))
@pytest.mark.parametrize("id", [None, "", "order-1", 7])
def test_a_message_without_a_proper_id_is_refused(topic: str, id: object) -> None:
    wrong = json.dumps(json.loads(SAID[topic][1]) | {"id": id})

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(wrong, type=TOPICS[topic])


def test_a_quantity_that_is_absent_is_one() -> None:
    read = msgspec.json.decode(AUTHORS["order.new-order-received"] % FIRST, type=OrderReceived)

    assert [(line.quantity, line.name, line.price) for line in read.products] == [(1, None, None)]


def test_amounts_are_read_in_cents_wherever_they_stand() -> None:
    totals = [
        msgspec.json.decode(f'{{"id":"{FIRST}","total":0.30000000000000004}}', type=ProductsReserved).total,
        msgspec.json.decode(
            SAID["order.process-order-payment"][1].replace("10.00", "0.30000000000000004"), type=ProcessPayment
        ).payment.total,
        msgspec.json.decode(
            SAID["order.new-order-approved"][1].replace("10.00", "0.30000000000000004"), type=OrderApproved
        ).total,
    ]

    assert list(map(str, totals)) == ["0.30"] * 3


def test_every_message_has_the_steps_of_the_views() -> None:
    assert {name: dict(message.steps) for name, message in BY_NAME.items()} == STEPS
    assert [message.__name__ for message in MESSAGES][:4] == list(STEPS)[:3] + ["ProcessPayment"]


def test_no_two_messages_about_an_order_have_the_same_purpose() -> None:
    letters = [SendEmail(FIRST, kind, ADA, EMAIL, "", "") for kind in ("approved", "unavailable", "denied")]
    calls = [ChargeCard(FIRST, Decimal(10), PaymentMethod.CREDIT), BookParcel(FIRST, ADA, [])]
    messages: list[Message] = [message for message, _ in SAID.values()]

    purposes = [message.purpose for message in [*messages, *calls, *letters]]

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
SAYINGS = st.one_of(
    st.builds(OrderReceived, IDS, NAMES, st.lists(LINES, max_size=3), PAYMENTS, EMAILS),
    st.builds(ProductsReserved, IDS, st.none() | NAMES, EMAILS, st.none() | st.lists(LINES, max_size=3),
              st.none() | PAYMENTS, st.none() | AMOUNTS),
    st.builds(ProcessPayment, IDS, NAMES, PAYMENTS, EMAILS),
    st.builds(PaymentFailed, IDS, TEXTS, st.none() | NAMES, EMAILS),
    st.builds(OrderApproved, IDS, NAMES, st.lists(LINES, max_size=3), PAYMENTS, st.none() | AMOUNTS, EMAILS),
)


@given(SAYINGS)
@settings(derandomize=True, max_examples=100)
def test_a_message_survives_being_written_and_read(message: Message) -> None:
    written = encode(message)

    assert msgspec.json.decode(written, type=type(message)) == message
    assert json.loads(written)["id"] == message.id
    assert b"\n" not in written


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["id", "products", "payment", "total", "sku", "price", "message"]), inner),
                    max_leaves=8))
@settings(derandomize=True, max_examples=100)
def test_any_json_at_all_is_read_or_refused_and_nothing_else(content: object) -> None:
    written = json.dumps(content)  # with NaN and Infinity, which are no JSON
    for kind in (*TOPICS.values(), OrderRequest):
        try:
            msgspec.json.decode(written, type=kind)
        except msgspec.DecodeError:
            continue
