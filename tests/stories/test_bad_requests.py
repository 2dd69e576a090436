"""Bad requests: the gateway of a running store refuses them with a message, and nothing is published."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from stories.external_client import ExternalClient

from checkout.journal import journal
from checkout.messages import PLACE_ORDER, PRODUCTS, TOPICS
from checkout.processes.supervisor import Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SPOON = {"sku": 1, "quantity": 1}
ORDER: dict[str, Any] = {
    "customerName": "Ada", "customerEmail": "ada@example.org", "products": [SPOON],
    "payment": {"paymentMethod": "CREDIT"},
}
JSON = {"content-type": "application/json"}


def line(**changes: Any) -> dict[str, Any]:
    return ORDER | {"products": [SPOON | changes]}


def nested(depth: int) -> bytes:
    return b'{"products":' + b"[" * depth + b"]" * depth + b"}"


NOT_JSON = {
    "cut off": json.dumps(ORDER)[:-1].encode(),
    "a sentence": b"two wooden spoons, please",
    "a literal NaN": json.dumps(line(price=float("nan"))).encode(),
    "nested too deeply": nested(20_000),
    "not UTF-8": json.dumps(ORDER).replace("Ada", "?").encode().replace(b"?", b"\xff"),
    "UTF-16": json.dumps(ORDER).encode("utf-16"),
}
INVALID = {
    "a list": [ORDER],
    "no fields": {},
    "no products": ORDER | {"products": []},
    "101 lines": ORDER | {"products": [SPOON] * 101},
    "quantity 0": line(quantity=0),
    "quantity -1": line(quantity=-1),
    "quantity 10^9": line(quantity=10**9),
    "quantity 10^30": line(quantity=10**30),
    "quantity 1.5": line(quantity=1.5),
    "sku -1": line(sku=-1),
    "sku 2^31": line(sku=2**31),
    "a negative price": line(price=-5.00),
    "price NaN": line(price="NaN"),
    "price sNaN": line(price="sNaN"),
    "price Infinity": line(price="Infinity"),
    "a price that is a word": line(price="five"),
    "a line feed in the name": ORDER | {"customerName": "Ada\nBcc: eve@example.org"},
    "a NUL in the name": ORDER | {"customerName": "A\0da"},
    "an encoded word in the name": ORDER | {"customerName": "=?utf-8?q?Ada?="},
    "an empty name": ORDER | {"customerName": ""},
    "a name of 201 characters": ORDER | {"customerName": "A" * 201},
    "no name": {name: value for name, value in ORDER.items() if name != "customerName"},
    "an encoded word in the address": ORDER | {"customerEmail": "=?utf-8?q?ada?=@example.org"},
    "two addresses": ORDER | {"customerEmail": "ada@example.org, eve@example.org"},
    "an unknown payment method": ORDER | {"payment": {"paymentMethod": "CASH"}},
}


@pytest.fixture
def nothing_is_published(shopper: Any, store: Supervisor, external_client: ExternalClient) -> Iterator[None]:
    """Asserts that only the valid order, which it places after the test, was published and journaled."""
    before = external_client.broker.ends(list(TOPICS))
    yield
    id = shopper.order((3, 1))  # sold out: the shortest story
    shopper.wait_for_end(id)
    after = external_client.broker.ends(list(TOPICS))
    published = {"order.new-order-received", "stock.order-products-reservation-failed"}
    assert after == {place: end + (place[0] in published) for place, end in before.items()}
    hops = journal.read(store.settings.home / "journal")
    newest = [hop for hop in hops if hop.step == 1][-1:] + [hop for hop in hops if hop.step == 2][-1:]
    assert [hop.order for hop in newest] == [id, id]


def has_message(response: Any) -> bool:
    body = response.json()
    return list(body) == ["message"] and " " in body["message"] and "Traceback" not in body["message"]


@pytest.mark.usefixtures("nothing_is_published")
def test_a_body_that_is_not_json_is_400_with_a_message(shopper: Any) -> None:
    responses = {name: shopper.post(content=body, headers=JSON) for name, body in NOT_JSON.items()}

    assert {name: response.status_code for name, response in responses.items()} == dict.fromkeys(NOT_JSON, 400)
    assert all(has_message(response) for response in responses.values())


@pytest.mark.usefixtures("nothing_is_published")
def test_an_invalid_order_is_422_with_a_message(shopper: Any) -> None:
    responses = {name: shopper.post(content=json.dumps(body), headers=JSON) for name, body in INVALID.items()}

    assert {name: response.status_code for name, response in responses.items()} == dict.fromkeys(INVALID, 422)
    assert all(has_message(response) for response in responses.values())


@pytest.mark.usefixtures("nothing_is_published")
def test_a_body_that_is_empty_too_large_or_of_another_media_type_is_refused(shopper: Any) -> None:
    order = json.dumps(ORDER)
    large = json.dumps(ORDER | {"customerName": "A" * 1_000_000})

    empty = shopper.post(content=b"", headers=JSON)
    too_large = shopper.post(content=large, headers=JSON)
    chunked = shopper.post(content=(large[at : at + 9_000].encode() for at in range(0, 10**6, 9_000)), headers=JSON)
    forms = [shopper.post(content=order, headers={"content-type": kind}) for kind in ("text/plain", "text/json")]

    assert [response.status_code for response in (empty, too_large, chunked, *forms)] == [422, 413, 413, 415, 415]
    assert all(has_message(response) for response in (empty, too_large, chunked, *forms))


@pytest.mark.usefixtures("nothing_is_published")
def test_headers_that_are_too_long_are_refused(shopper: Any) -> None:
    responses = [shopper.post(ORDER, headers={name: "x" * 300}) for name in ("CID", "Idempotency-Key")]

    assert [response.status_code for response in responses] == [422, 422]
    assert "CID" in responses[0].json()["message"]
    assert "Idempotency-Key" in responses[1].json()["message"]


def test_without_the_token_orders_cannot_be_listed_and_unknown_ids_are_not_found(
    shopper: Any, store: Supervisor
) -> None:
    gateway = store.settings.url("gateway")

    listed = [shopper.http.get(gateway + PLACE_ORDER, headers={"authorization": token}) for token in ("", "Bearer x")]
    guessed = [shopper.http.get(f"{gateway}{PLACE_ORDER}/{id}") for id in ("1", "%00", "..%2f", "ä" * 40, "x" * 9_000)]
    deleted = shopper.http.delete(gateway + PLACE_ORDER)

    assert [response.status_code for response in listed] == [401, 401]
    assert {response.status_code for response in guessed} == {404}
    assert deleted.status_code == 405
    assert all(has_message(response) for response in (*listed, *guessed, deleted))


def test_the_gateway_answers_503_while_orders_is_down_and_accepts_orders_afterwards(
    shopper: Any, store: Supervisor
) -> None:
    store.kill("orders-1")

    refused = shopper.post(ORDER)
    products = shopper.http.get(store.settings.url("gateway") + PRODUCTS)
    store.launch("orders-1")
    store.wait_until_ready(["orders-1"])
    [order] = shopper.wait_for_end(shopper.order((1, 1)))

    assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
    assert refused.json() == {"message": "orders does not answer: try again in a moment"}
    assert (products.status_code, order["status"]) == (200, "APPROVED")
