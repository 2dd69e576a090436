"""Card numbers in requests: the gateway and Orders refuse them wherever they stand, and keep nothing of them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sample import BODY

from checkout.framework import http_server
from checkout.services.gateway import Gateway
from checkout.services.orders import Orders

ORDERS = "/api/v1/order-management/orders"
CARD = "4111111111111111"
SPOON = {"sku": 1, "quantity": 1}
BODIES: dict[str, Any] = {
    "the name": BODY | {"customerName": f"Ada {CARD}"},
    "the address": BODY | {"customerEmail": f"{CARD}@example.org"},
    "a product": BODY | {"products": [SPOON, SPOON | {"name": "4111 1111 1111 1111"}]},
    "an unknown field": BODY | {"cardNumber": "4111-1111-1111-1111"},
    "an unknown number": BODY | {"payment": {"paymentMethod": "CREDIT", "card": int(CARD)}},
    "the name of a field": BODY | {CARD: True},
}
ESCAPED = "".join(f"\\u{ord(digit):04x}" for digit in CARD)
CONTENTS = {name: json.dumps(body).encode() for name, body in BODIES.items()} | {
    name: json.dumps(BODY | {"card": "HERE"}).replace('"HERE"', written).encode()
    for name, written in {
        "escaped digits": f'"{ESCAPED}"',
        "escaped tabs": r'"4111\t1111\t1111\t1111"',
        "escaped slashes": r'"4111\/1111\/1111\/1111"',
        "a name that stands twice": f'"{CARD}", "card": ""',
        "a name that stands twice, escaped": rf'"{ESCAPED}", "card": ""',
    }.items()
}
Sent = list[Any]


@pytest.fixture(scope="module", params=["orders", "gateway"])
def server(request: pytest.FixtureRequest, start_server: Callable[..., Any]) -> Iterator[tuple[Any, Any, Sent]]:
    """The server of Orders, reached directly or through the gateway, and what the gateway has reported."""
    orders_server, client = start_server(Orders())
    reported: Sent = []
    if request.param == "orders":
        yield orders_server, client, reported
        return
    gateway = Gateway({"orders": str(client.base_url)}, lambda *about: reported.append(about))
    with (
        http_server.serve_in_thread(gateway.application(lambda: True)) as address,
        httpx.Client(base_url=address, timeout=5) as front,
    ):
        yield orders_server, front, reported


def stored(orders_server: Any, client: httpx.Client) -> tuple[str, int]:
    listed = client.get(ORDERS, headers={"Authorization": "Bearer let-me-in"}).text
    return listed, len(orders_server.published("order.new-order-received"))


@pytest.mark.parametrize("place", CONTENTS)
def test_a_card_number_in_a_body_is_refused_and_nothing_is_kept(server: Any, place: str) -> None:
    orders_server, client, reported = server
    before = stored(orders_server, client)

    response = client.post(ORDERS, content=CONTENTS[place], headers={"content-type": "application/json"})

    assert response.status_code == 422
    assert "send no card number" in response.json()["message"] and CARD not in response.text
    assert stored(orders_server, client) == before and reported == []


@pytest.mark.parametrize("name", ["CID", "User-Agent"])
@pytest.mark.parametrize("written", [CARD, "4111-1111-1111-1111", "3782 822463 10005"])
def test_a_card_number_in_a_header_that_is_kept_is_refused_and_the_header_named(
    server: Any, name: str, written: str
) -> None:
    orders_server, client, reported = server
    before = stored(orders_server, client)

    response = client.post(ORDERS, json=BODY, headers=[(name, "shop"), (name, f"card {written}")])

    assert (response.status_code, stored(orders_server, client), reported) == (422, before, [])
    assert f"send no card number in the header {name}: " in response.json()["message"]


@pytest.mark.parametrize("query", [f"?card={CARD}", "?card=4111+1111%201111-1111", "?card=%34111111111111111"])
def test_a_card_number_in_an_address_is_refused(server: Any, query: str) -> None:
    _, client, reported = server

    response = client.post(ORDERS + query, json=BODY)

    assert (response.status_code, reported) == (422, [])
    assert client.post(f"{ORDERS}/{CARD}/cancellation{query}").status_code == 422


@pytest.mark.parametrize(
    "headers", [{"Idempotency-Key": CARD}, {"CID": "4111-11-111111-1111"}, {"CID": "shop-4-1111-11111111111"}]
)
def test_an_id_that_only_passes_the_test_of_card_numbers_is_accepted(server: Any, headers: dict[str, str]) -> None:
    orders_server, client, _ = server

    response = client.post(ORDERS, json=BODY, headers=headers)

    assert response.status_code == 201
    assert CARD not in stored(orders_server, client)[0]


def test_an_order_without_a_card_number_is_accepted(server: Any) -> None:
    _, client, _ = server

    others = {"customerName": "Ada 1764432000000000", "weight": 5.1359389800912696e16, "more": [0.4111111111111111]}

    response = client.post(ORDERS, json=BODY | others, headers={"CID": "4111"})

    assert response.status_code == 201
