"""Invalid orders: each gets its status and an error message, never 500, and nothing is published."""

import json
import re
from typing import Any

import httpx
import pytest
from sample import BODY, EMAIL

ORDERS = "/api/v1/order-management/orders"


def body(**others: Any) -> bytes:
    return json.dumps(BODY | others).encode()


def line_body(**others: Any) -> bytes:
    return body(products=[{"sku": 1, "quantity": 1} | others])


BAD = {
    "malformed": (b'{"customerName":', 400, "the body is not JSON: "),
    "not JSON": (b"hello", 400, "the body is not JSON: "),
    "not UTF-8": (b'{"customerName":"\xff"}', 400, "the body is not JSON: it is not in UTF-8"),
    "half a surrogate": (b'{"customerName":"\\ud800"}', 400, "the body is not JSON: "),
    "nested deeply": (b"[" * 30_000 + b"]" * 30_000, 400, "the body is not JSON: it is nested too deeply"),
    "nested deeply in a field": (b'{"customerName":' + b'{"a":' * 9_000, 400, "the body is not JSON: it is nested"),
    "a huge number": (b'{"customerName":1e99999999999}', 400, "the body is not JSON: Number out of range"),
    "a literal NaN": (line_body(price=float("nan")), 400, "the body is not JSON: "),
    "empty": (b"", 422, "the body is empty: send a JSON object"),
    "null": (b"null", 422, "the body must be a JSON object, not null"),
    "a list": (b"[]", 422, "the body must be a JSON object, not a list"),
    "text": (b'"order"', 422, "the body must be a JSON object, not text"),
    "an empty object": (b"{}", 422, "the body lacks customerName"),
    "no quantity": (body(products=[{"sku": 1}]), 422, "products[0] lacks quantity"),
    "quantity as text": (line_body(quantity="1"), 422, "products[0].quantity must be a whole number, not text"),
    "quantity 0": (line_body(quantity=0), 422, "products[0].quantity must be at least 1"),
    "quantity -1": (line_body(quantity=-1), 422, "products[0].quantity must be at least 1"),
    "quantity 1001": (line_body(quantity=1_001), 422, "products[0].quantity must be at most 1000"),
    "quantity 10^9": (line_body(quantity=10**9), 422, "products[0].quantity must be at most 1000"),
    "quantity 1.5": (line_body(quantity=1.5), 422, "products[0].quantity must be a whole number, not a number"),
    "no lines": (body(products=[]), 422, "products must have at least one entry"),
    "101 lines": (body(products=[{"sku": 1, "quantity": 1}] * 101), 422, "products must have at most 100 entries"),
    "a sku too large": (line_body(sku=2**31), 422, "products[0].sku must be at most 2147483647"),
    "a negative sku": (line_body(sku=-1), 422, "products[0].sku must be at least 0"),
    "a negative price": (line_body(price=-1), 422, "products[0]: a price is between 0 and 1,000,000.00 EUR"),
    "a price of NaN": (line_body(price="NaN"), 422, "products[0]: a price is between 0 and 1,000,000.00 EUR"),
    "a price of sNaN": (line_body(price="sNaN"), 422, "products[0]: an amount of money has at most seven digits"),
    "an infinite price": (line_body(price="Infinity"), 422, "products[0]: a price is between"),
    "a huge price": (line_body(price="1e999999999"), 422, "products[0]: an amount of money has at most seven digits"),
    "a price that is a word": (line_body(price="five"), 422, "products[0].price must be an amount such as 5.00"),
    "a line feed in a name": (body(customerName="Ada\nBcc: eve@x.org"), 422, "customerName has a character"),
    "a line feed after a name": (body(customerName="Ada\n"), 422, "customerName has a character"),
    "a zero byte in a name": (body(customerName="Ada\0"), 422, "customerName has a character"),
    "an encoded word in a name": (body(customerName="=?utf-8?q?eve?="), 422, "customerName has a character"),
    "an encoded word in a product": (line_body(name="=?x?="), 422, "products[0].name has a character"),
    "a long name": (body(customerName="a" * 201), 422, "customerName must have at most 200 characters"),
    "no name": (body(customerName=""), 422, "customerName must not be empty"),
    "a name that is not text": (body(customerName=True), 422, "customerName must be text, not true or false"),
    "no address": (body(customerEmail="ada"), 422, "customerEmail is not an e-mail address"),
    "a line feed after an address": (body(customerEmail=EMAIL + "\n"), 422, "customerEmail is not an e-mail address"),
    "unknown payment method": (body(payment={"paymentMethod": "GOLD"}), 422, "payment.paymentMethod cannot be 'GOLD'"),
    "no payment method": (body(payment={}), 422, "payment lacks paymentMethod"),
    "1 MB": (body(customerName="a" * 1_000_000), 413, "the body is larger than 65536 bytes"),
    "just too large": (b" " * (64 * 1024 + 1), 413, "the body is larger than 65536 bytes"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_body_is_refused_with_a_message_and_nothing_is_published(
    orders_server: Any, client: httpx.Client, name: str
) -> None:
    content, status, message = BAD[name]
    before = client.get(ORDERS, headers={"Authorization": "Bearer let-me-in"}).text

    response = client.post(ORDERS, content=content, headers={"content-type": "application/json"})

    error = response.json()
    assert (response.status_code, list(error)) == (status, ["message"])
    assert error["message"].startswith(message)
    assert not re.search(r"regex|`|Expected|Traceback|\$", error["message"])
    assert client.get(ORDERS, headers={"Authorization": "Bearer let-me-in"}).text == before


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/msgpack", "json"])
def test_another_content_type_is_refused(client: httpx.Client, kind: str) -> None:
    response = client.post(ORDERS, content=body(), headers={"content-type": kind})

    assert (response.status_code, response.json()) == (415, {"message": "send the body as application/json"})


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_the_content_type_may_have_capitals_and_parameters(client: httpx.Client, kind: str) -> None:
    assert client.post(ORDERS, content=body(), headers={"content-type": kind}).status_code == 201


@pytest.mark.parametrize("header", ["CID", "Idempotency-Key"])
def test_a_header_that_is_too_long_is_refused_by_its_name(client: httpx.Client, header: str) -> None:
    response = client.post(ORDERS, json=BODY, headers={header: "x" * 256})

    assert (response.status_code, response.json()) == (422, {"message": f"{header} must have at most 255 characters"})


def test_a_header_that_is_not_ascii_is_accepted(client: httpx.Client) -> None:
    headers = {"CID": b"\xe9", "Idempotency-Key": b"\xff\xfe", "user-agent": b"\xe9"}

    assert client.post(ORDERS, json=BODY, headers=headers).status_code == 201
