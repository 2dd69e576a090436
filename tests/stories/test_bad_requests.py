"""Wrong orders at the gateway of a running store: refused with a sentence, and nothing comes of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from stories.external_client import Peer

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
    "words": b"two wooden spoons, please",
    "NaN, bare": json.dumps(line(price=float("nan"))).encode(),
    "nested too deeply": nested(20_000),
    "not UTF-8": json.dumps(ORDER).replace("Ada", "?").encode().replace(b"?", b"\xff"),
    "UTF-16": json.dumps(ORDER).encode("utf-16"),
}
WRONG = {
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
    "a price in words": line(price="five"),
    "a line feed in the name": ORDER | {"customerName": "Ada\nBcc: eve@example.org"},
    "a NUL in the name": ORDER | {"customerName": "A\0da"},
    "an encoded word in the name": ORDER | {"customerName": "=?utf-8?q?Ada?="},
    "an empty name": ORDER | {"customerName": ""},
    "a name of 201 characters": ORDER | {"customerName": "A" * 201},
    "no name": {name: value for name, value in ORDER.items() if name != "customerName"},
    "an encoded word in the address": ORDER | {"customerEmail": "=?utf-8?q?ada?=@example.org"},
    "two addresses": ORDER | {"customerEmail": "ada@example.org, eve@example.org"},
    "a way to pay that is none": ORDER | {"payment": {"paymentMethod": "CASH"}},
}


@pytest.fixture
def nothing_comes_of_it(shopper: Any, store: Supervisor, peer: Peer) -> Iterator[None]:
    """Around a wrong request: all that is published and journaled is the good order placed after it."""
    before = peer.broker.ends(list(TOPICS))
    yield
    id = shopper.order((3, 1))  # sold out: the shortest story
    shopper.wait_for_end(id)
    after = peer.broker.ends(list(TOPICS))
    published = {"order.new-order-received", "stock.order-products-reservation-failed"}
    assert after == {place: end + (place[0] in published) for place, end in before.items()}
    told = journal.read(store.settings.home / "journal")
    newest = [hop for hop in told if hop.step == 1][-1:] + [hop for hop in told if hop.step == 2][-1:]
    assert [hop.order for hop in newest] == [id, id]


def is_sentence(answer: Any) -> bool:
    said = answer.json()
    return list(said) == ["message"] and " " in said["message"] and "Traceback" not in said["message"]


@pytest.mark.usefixtures("nothing_comes_of_it")
def test_what_is_not_json_is_400_with_a_sentence(shopper: Any) -> None:
    answers = {name: shopper.post(content=body, headers=JSON) for name, body in NOT_JSON.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(NOT_JSON, 400)
    assert all(is_sentence(answer) for answer in answers.values())


@pytest.mark.usefixtures("nothing_comes_of_it")
def test_an_order_that_breaks_a_rule_is_422_with_a_sentence(shopper: Any) -> None:
    answers = {name: shopper.post(content=json.dumps(body), headers=JSON) for name, body in WRONG.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(WRONG, 422)
    assert all(is_sentence(answer) for answer in answers.values())


@pytest.mark.usefixtures("nothing_comes_of_it")
def test_a_body_that_is_empty_too_large_or_of_another_type_is_refused(shopper: Any) -> None:
    order = json.dumps(ORDER)
    large = json.dumps(ORDER | {"customerName": "A" * 1_000_000})

    empty = shopper.post(content=b"", headers=JSON)
    too_large = shopper.post(content=large, headers=JSON)
    in_parts = shopper.post(content=(large[at : at + 9_000].encode() for at in range(0, 10**6, 9_000)), headers=JSON)
    forms = [shopper.post(content=order, headers={"content-type": kind}) for kind in ("text/plain", "text/json")]

    assert [answer.status_code for answer in (empty, too_large, in_parts, *forms)] == [422, 413, 413, 415, 415]
    assert all(is_sentence(answer) for answer in (empty, too_large, in_parts, *forms))


@pytest.mark.usefixtures("nothing_comes_of_it")
def test_headers_that_cannot_be_used_are_refused(shopper: Any) -> None:
    answers = [shopper.post(ORDER, headers={name: "x" * 300}) for name in ("CID", "Idempotency-Key")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert ["CID" in answers[0].json()["message"], "Idempotency-Key" in answers[1].json()["message"]] == [True, True]


def test_a_stranger_may_not_list_all_orders_and_finds_no_order_by_guessing(shopper: Any, store: Supervisor) -> None:
    gateway = store.settings.url("gateway")

    listed = [shopper.http.get(gateway + PLACE_ORDER, headers={"authorization": token}) for token in ("", "Bearer x")]
    guessed = [shopper.http.get(f"{gateway}{PLACE_ORDER}/{id}") for id in ("1", "%00", "..%2f", "ä" * 40, "x" * 9_000)]
    removed = shopper.http.delete(gateway + PLACE_ORDER)

    assert [answer.status_code for answer in listed] == [401, 401]
    assert {answer.status_code for answer in guessed} == {404}
    assert removed.status_code == 405
    assert all(is_sentence(answer) for answer in (*listed, *guessed, removed))


def test_while_orders_is_down_the_gateway_says_so_and_afterwards_orders_are_taken(
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
