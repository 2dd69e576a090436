"""What messages are made of: ids, names, addresses and lines, and what each of them refuses."""

import json
from decimal import Decimal
from email.headerregistry import Address

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import BODY, FIRST

from checkout.fields import Email, Name, OrderId, OrderLine, OrderRequest, Payment, RequestedLine

SAFE = ["Ada", "Ada Lovelace-O'Brien", "Ада Лавлейс", "爱达", "a" * 200, "a=b?", "😀", '"Ada" <x@y>']
UNSAFE = [
    "", "a" * 201, "Ada\n", "\nAda", "Ada\r\nBcc: eve@example.org", "Ada\x00", "Ada\x7f", "Ada\x85", "Ada\u2028",
    "=?utf-8?q?eve?=", "Ada =? Eve",
]
ADDRESSES = ["ada@example.org", "a@b", "ada.lovelace+shop@mail.example.org", "o'brien@x.org", "a=b@1.2"]
NO_ADDRESSES = [
    "", "ada", "ada@", "@x.org", "a@b@c", "ada@example.org\n", "a da@x.org", "ada@x org", "a..b@x.org", ".a@x.org",
    "a.@x.org", "a@.", "a@x..y", "a@x.", "é@x.org", '"ada"@x.org', "<a@x.org>", "a@x.org,eve@x.org", "=?x?=@y.org",
    "a@x.org>\r\nBcc: eve@x.org", "a" * 250 + "@x.org",
]


@pytest.mark.parametrize("name", SAFE)
def test_a_name_may_be_of_any_script(name: str) -> None:
    assert msgspec.convert(name, Name) == name


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_could_break_a_header_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_ordinary_address_is_taken(address: str) -> None:
    assert msgspec.convert(address, Email) == address


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(address, Email)


@given(st.from_regex(r"[!-~é]{1,12}@[!-~é]{1,12}"))
@settings(derandomize=True, max_examples=100)
def test_whatever_address_is_taken_can_be_written_to(address: str) -> None:
    try:
        msgspec.convert(address, Email)
    except msgspec.ValidationError:
        return

    assert Address("Ada", addr_spec=address).addr_spec == address


@pytest.mark.parametrize(
    "id", ["", "1", FIRST + "\n", " " + FIRST, FIRST[:-1], FIRST.replace("-", ""), "{" + FIRST + "}"]
)
def test_an_order_id_is_a_uuid_and_nothing_more(id: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(id, OrderId)


def test_an_order_id_may_be_in_capitals() -> None:
    assert msgspec.convert(FIRST.upper().replace("0", "A"), OrderId)


def test_a_line_from_the_author_has_no_quantity_and_means_one() -> None:
    read = msgspec.json.decode(b'{"sku": 1, "name": null, "price": null}', type=OrderLine)

    assert read == OrderLine(sku=1, quantity=1)


@pytest.mark.parametrize(
    ("written", "price"),
    [("0.30000000000000004", "0.30"), ("1.0E7", "10000000.00"), ("-5", "-5.00"), ('"5.005"', "5.01"), ("0e99", "0.00")],
)
def test_a_price_on_a_topic_is_read_in_cents(written: str, price: str) -> None:
    read = msgspec.json.decode(b'{"sku":1,"price":%s}' % written.encode(), type=OrderLine)

    assert str(read.price) == price


@pytest.mark.parametrize("written", ['"NaN"', '"Infinity"', '"-Infinity"'])
def test_a_price_that_is_not_finite_is_read_so_that_stock_can_refuse_it(written: str) -> None:
    read = msgspec.json.decode(b'{"sku":1,"price":%s}' % written.encode(), type=OrderLine)

    assert read.price is not None and not read.price.is_finite()


@pytest.mark.parametrize("written", ["1e999999999", '"1e999999999"', '"sNaN"', '"abc"', "true", "[]", "1" * 5_000])
def test_a_price_that_cannot_be_one_makes_the_message_unreadable(written: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"sku":1,"price":%s}' % written.encode(), type=OrderLine)


def test_a_total_is_read_in_cents_and_left_out_when_there_is_none() -> None:
    payment = msgspec.json.decode(b'{"paymentMethod":"DEBIT","total":9.999}', type=Payment)

    assert payment.total == Decimal("10.00")
    assert msgspec.json.encode(Payment(payment_method=payment.payment_method)) == b'{"paymentMethod":"DEBIT"}'


@pytest.mark.parametrize("sku", [-(2**31) - 1, 2**31, "1", 1.5, None])
def test_a_sku_is_a_whole_number_that_a_database_can_hold(sku: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps({"sku": sku}).encode(), type=OrderLine)


@pytest.mark.parametrize("quantity", [1, 1_000])
def test_a_customer_may_want_one_to_a_thousand(quantity: int) -> None:
    assert msgspec.convert({"sku": 1, "quantity": quantity}, RequestedLine).quantity == quantity


@pytest.mark.parametrize("quantity", [0, -1, 1_001, 10**9, None, 1.5])
def test_a_customer_may_not_want_none_nor_more_than_a_thousand(quantity: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sku": 1, "quantity": quantity}, RequestedLine)


@pytest.mark.parametrize("price", [-1, "NaN", "Infinity", "1e999999999", "1000000.01", "1.0E7"])
def test_a_price_that_no_customer_can_have_seen_is_refused(price: object) -> None:
    with pytest.raises(msgspec.ValidationError, match="a price is between|an amount of money"):
        msgspec.json.decode(json.dumps({"sku": 1, "quantity": 1, "price": price}).encode(), type=RequestedLine)


@pytest.mark.parametrize(("count", "taken"), [(0, False), (1, True), (100, True), (101, False)])
def test_an_order_has_one_to_a_hundred_lines(count: int, taken: bool) -> None:
    body = BODY | {"products": [{"sku": 1, "quantity": 1}] * count}

    try:
        read = msgspec.convert(body, OrderRequest)
    except msgspec.ValidationError:
        assert not taken
    else:
        assert taken and len(read.products) == count
