"""Hostile clients: what they send to a running store is kept nowhere, and a client that asks too often has to wait."""

import json
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stories.shopper import Shopper, open_shopper

from checkout.checker.check import check
from checkout.checker.collect.shop import of_shop
from checkout.framework.rate_limit import BURST_SECONDS
from checkout.messages import PLACE_ORDER, PRODUCTS
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
RATE = 3  # requests per second
CARD = "5555 5555 5555 4444"
SPOON = {"sku": 1, "quantity": 1}
ORDER: dict[str, Any] = {
    "customerName": "Ada", "customerEmail": "ada@example.org", "products": [SPOON],
    "payment": {"paymentMethod": "CREDIT"},
}


@pytest.fixture(scope="module")
def limited_store(new_store: Callable[..., Supervisor]) -> Supervisor:
    """A store whose front has a rate limit."""
    return new_store(rate_limit=float(RATE))


@pytest.fixture
def customer(
    limited_store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest
) -> Iterator[Shopper]:
    """A customer of that store."""
    yield from open_shopper(limited_store, wait_until, request)


def send_patiently(customer: Shopper, method: str, url: str, **options: Any) -> Any:
    """Sends a request again as long as the store says that there are too many."""
    found: list[Any] = []

    def has_answer() -> bool:
        found[:] = [customer.http.request(method, url, **options)]
        return bool(found[0].status_code != 429)

    customer.wait_until(has_answer, f"{method} {url} is not 429")
    return found[0]


def test_planted_secrets_and_card_numbers_are_kept_nowhere(customer: Shopper, limited_store: Supervisor) -> None:
    orders, web = limited_store.settings.url("gateway") + PLACE_ORDER, limited_store.settings.url("web")
    planted = ("token", "cookie", "header", "field", "query", "refused")
    canaries = {name: f"canary-{uuid.uuid4().hex}" for name in planted}
    headers = {
        "Authorization": f"Bearer {canaries['token']}", "Cookie": f"session={canaries['cookie']}",
        "X-Api-Key": canaries["header"],
    }
    page = send_patiently(customer, "GET", web)
    form = {"token": re.findall("name=token value=([0-9a-f]+)", page.text)[0], "key": str(uuid.uuid4())}
    form |= {"name": "Ada", "email": "ada@example.org", "quantity-1": "1", "price-1": "5.00", "pay": "CREDIT"}

    accepted = send_patiently(customer, "POST", orders, json=ORDER | {"password": canaries["field"]}, headers=headers)
    listed = send_patiently(customer, "GET", f"{orders}?{canaries['query']}", headers=headers)
    refused = [
        send_patiently(customer, "POST", orders, json=ORDER | changes)
        for changes in ({"customerName": CARD}, {"card": CARD}, {"customerName": f"{canaries['refused']}\n"})
    ]
    shop_refused = send_patiently(customer, "POST", f"{web}/orders", data=form | {"name": CARD})
    forged = send_patiently(customer, "POST", f"{web}/orders", data=form | {"token": canaries["token"]})
    id = accepted.json()["id"]
    customer.wait_until(lambda: not customer.missing(id), f"order {id} is at its end")

    statuses = [accepted.status_code, listed.status_code, shop_refused.status_code, forged.status_code]
    assert statuses == [201, 401, 422, 403] and [response.status_code for response in refused] == [422] * 3
    shop = find_shop(limited_store.settings.home)
    found = check(of_shop(shop, secrets=[*canaries.values(), form["token"]]), only={"I23"})
    [result] = found.results
    assert result.violations == [], result
    # the operator token is planted by the checker; every witness has something
    assert result.counts["secrets"] == len(canaries) + 2
    assert all(result.counts[what] for what in ("records", "rows", "mails", "charges", "parcels", "texts")), result


def test_a_secret_that_is_kept_is_found(customer: Shopper, limited_store: Supervisor) -> None:
    name = f"canary {uuid.uuid4().hex}"
    answer = send_patiently(
        customer, "POST", limited_store.settings.url("gateway") + PLACE_ORDER, json=ORDER | {"customerName": name}
    )
    id = answer.json()["id"]
    customer.wait_until(lambda: not customer.missing(id), f"order {id} is at its end")

    found = check(of_shop(find_shop(limited_store.settings.home), secrets=[name]), only={"I23"})

    places = " ".join(violation.evidence for violation in found.violations)
    assert all(place in places for place in ("order.new-order-received", "table orders", "mails", "journal")), places


def test_a_client_that_asks_too_often_is_429_and_is_told_when_to_come_again(
    customer: Shopper, limited_store: Supervisor
) -> None:
    url = limited_store.settings.url("gateway") + PRODUCTS
    limit = int(RATE * BURST_SECONDS)

    answers = [customer.http.get(url, headers={"X-Forwarded-For": f"10.0.0.{n % 250}"}) for n in range(5 * limit)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert refused[0].json()["message"].startswith("too many requests from your address: try again in")
    assert customer.http.get(limited_store.settings.url("gateway") + "/health-check").status_code == 200
    # The web app counts its own visitors, and the gateway does not count the web app.
    assert send_patiently(customer, "GET", limited_store.settings.url("web")).status_code == 200


def test_slow_clients_do_not_keep_others_from_the_gateway(customer: Shopper, limited_store: Supervisor) -> None:
    port = limited_store.settings.port("gateway")
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    for connection in slow:
        connection.sendall(b"POST " + PLACE_ORDER.encode() + b" HTTP/1.1\r\nx: ")

    answer = send_patiently(customer, "GET", limited_store.settings.url("gateway") + PRODUCTS)
    first = json.loads(slow[0].recv(10_000).partition(b"\r\n\r\n")[2])  # at the end of its time

    for connection in slow:
        connection.close()
    assert answer.status_code == 200 and "took too long" in first["message"]
