"""Any message: what Hypothesis makes is decoded as it was encoded, and any JSON is decoded or refused."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import EMAIL

from checkout.domain import PaymentMethod
from checkout.fields import OrderLine, OrderRequest, Payment
from checkout.framework.message import encode
from checkout.messages import (
    TOPICS,
    Message,
    OrderApproved,
    OrderReceived,
    PaymentFailed,
    ProcessPayment,
    ProductsReserved,
)

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
