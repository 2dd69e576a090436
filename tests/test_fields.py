"""Fields: the valid and invalid values of ids, names, addresses, lines and payments."""

import json
from decimal import Decimal
from email.headerregistry import Address

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import BODY, FIRST

from checkout.fields import Email, Name, OrderId, OrderLine, OrderRequest, Payment, RequestedLine

VALID_NAMES = ["Ada", "Ada Lovelace-O'Brien", "Ада Лавлейс", "爱达", "a" * 200, "a=b?", "😀", '"Ada" <x@y>']
INVALID_NAMES = [
    "", "a" * 201, "Ada\n", "\nAda", "Ada\r\nBcc: eve@example.org", "Ada\x00", "Ada\x7f", "Ada\x85", "Ada\u2028",
    "=?utf-8?q?eve?=", "Ada =? Eve",
]
VALID_ADDRESSES = ["ada@example.org", "a@b", "ada.lovelace+shop@mail.example.org", "o'brien@x.org", "a=b@1.2"]
INVALID_ADDRESSES = [
    "", "ada", "ada@", "@x.org", "a@b@c", "ada@example.org\n", "a da@x.org", "ada@x org", "a..b@x.org", ".a@x.org",
    "a.@x.org", "a@.", "a@x..y", "a@x.", "é@x.org", '"ada"@x.org', "<a@x.org>", "a@x.org,eve@x.org", "=?x?=@y.org",
    "a@x.org>\r\nBcc: eve@x.org", "a" * 250 + "@x.org",
]


@pytest.mark.parametrize("name", VALID_NAMES)
def test_a_name_may_be_of_any_script(name: str) -> None:
    assert msgspec.convert(name, Name) == name


@pytest.mark.parametrize("name", INVALID_NAMES)
def test_a_name_that_could_break_a_header_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)


@pytest.mark.parametrize("address", VALID_ADDRESSES)
def test_a_valid_address_is_accepted(address: str) -> None:
    assert msgspec.convert(address, Email) == address


@pytest.mark.parametrize("address", INVALID_ADDRESSES)
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(address, Email)


@given(st.from_regex(r"[!-~é]{1,12}@[!-~é]{1,12}"))
@settings(derandomize=True, max_examples=100)
def test_every_accepted_address_is_valid_in_an_email(address: str) -> None:
    try:
        msgspec.convert(address, Email)
    except msgspec.ValidationError:
        return

    assert Address("Ada", addr_spec=address).addr_spec == address


@pytest.mark.parametrize(
    "id", ["", "1", FIRST + "\n", " " + FIRST, FIRST[:-1], FIRST.replace("-", ""), "{" + FIRST + "}"]
)
def test_an_order_id_that_is_not_a_uuid_is_refused(id: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(id, OrderId)


def test_an_order_id_may_be_in_capitals() -> None:
    assert msgspec.convert(FIRST.upper().replace("0", "A"), OrderId)


def test_a_line_without_a_quantity_has_quantity_one() -> None:
    decoded = msgspec.json.decode(b'{"sku": 1, "name": null, "price": null}', type=OrderLine)

    assert decoded == OrderLine(sku=1, quantity=1)


@pytest.mark.parametrize(
    ("encoded", "price"),
    [("0.30000000000000004", "0.30"), ("1.0E7", "10000000.00"), ("-5", "-5.00"), ('"5.005"', "5.01"), ("0e99", "0.00")],
)
def test_a_price_in_a_message_is_rounded_to_cents(encoded: str, price: str) -> None:
    decoded = msgspec.json.decode(b'{"sku":1,"price":%s}' % encoded.encode(), type=OrderLine)

    assert str(decoded.price) == price


@pytest.mark.parametrize("encoded", ['"NaN"', '"Infinity"', '"-Infinity"'])
def test_a_price_that_is_not_finite_is_decoded_for_stock_to_refuse(encoded: str) -> None:
    decoded = msgspec.json.decode(b'{"sku":1,"price":%s}' % encoded.encode(), type=OrderLine)

    assert decoded.price is not None and not decoded.price.is_finite()


@pytest.mark.parametrize("encoded", ["1e999999999", '"1e999999999"', '"sNaN"', '"abc"', "true", "[]", "1" * 5_000])
def test_a_price_that_is_not_a_number_is_refused(encoded: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"sku":1,"price":%s}' % encoded.encode(), type=OrderLine)


def test_a_total_is_rounded_to_cents_and_omitted_when_there_is_none() -> None:
    payment = msgspec.json.decode(b'{"paymentMethod":"DEBIT","total":9.999}', type=Payment)

    assert payment.total == Decimal("10.00")
    assert msgspec.json.encode(Payment(payment_method=payment.payment_method)) == b'{"paymentMethod":"DEBIT"}'


@pytest.mark.parametrize("sku", [-(2**31) - 1, 2**31, "1", 1.5, None])
def test_a_sku_that_is_not_a_32_bit_integer_is_refused(sku: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps({"sku": sku}).encode(), type=OrderLine)


@pytest.mark.parametrize("quantity", [1, 1_000])
def test_a_requested_quantity_is_one_to_a_thousand(quantity: int) -> None:
    assert msgspec.convert({"sku": 1, "quantity": quantity}, RequestedLine).quantity == quantity


@pytest.mark.parametrize("quantity", [0, -1, 1_001, 10**9, None, 1.5])
def test_a_requested_quantity_outside_one_to_a_thousand_is_refused(quantity: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sku": 1, "quantity": quantity}, RequestedLine)


@pytest.mark.parametrize("price", [-1, "NaN", "Infinity", "1e999999999", "1000000.01", "1.0E7"])
def test_a_requested_price_out_of_range_is_refused(price: object) -> None:
    with pytest.raises(msgspec.ValidationError, match="a price is between|an amount of money"):
        msgspec.json.decode(json.dumps({"sku": 1, "quantity": 1, "price": price}).encode(), type=RequestedLine)


@pytest.mark.parametrize(("count", "is_valid"), [(0, False), (1, True), (100, True), (101, False)])
def test_an_order_has_one_to_a_hundred_lines(count: int, is_valid: bool) -> None:
    body = BODY | {"products": [{"sku": 1, "quantity": 1}] * count}

    try:
        decoded = msgspec.convert(body, OrderRequest)
    except msgspec.ValidationError:
        assert not is_valid
    else:
        assert is_valid and len(decoded.products) == count
