"""Order commands: `checkout order`, `orders` and `journey`, and the HTTP requests to the gateway they share."""

import itertools
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from checkout.cli import journeys, output
from checkout.cli.kafka_commands import connect_to_kafka
from checkout.journal.hop import Hop
from checkout.messages import PLACE_ORDER
from checkout.processes.supervisor import ShopError, ShopFile, ShopNotRunning, find_shop
from checkout.settings import read_settings
from checkout.system.deadline import wait_until

JOURNEY_WITHIN = 60.0  # seconds
REQUEST_TIMEOUT = 15.0  # seconds: longer than the gateway's own, so that its message arrives


def place_order(products: Sequence[int], quantities: Sequence[int], name: str, email: str, pay: str) -> str:
    """Places an order at the gateway and returns its id; products without a quantity are ordered once."""
    pairs = itertools.zip_longest(products, quantities[: len(products)], fillvalue=1)
    body = {
        "customerName": name, "customerEmail": email, "payment": {"paymentMethod": pay.upper()},
        "products": [{"sku": sku, "quantity": quantity} for sku, quantity in pairs],
    }  # fmt: skip
    key = {"Idempotency-Key": str(uuid.uuid4())}
    return str(call_gateway(find_shop(read_settings().home), "POST", PLACE_ORDER, json=body, headers=key)["id"])


def follow_order(id: str) -> None:
    """Waits for the end of an order's journey and prints the journey and the order."""
    shop = find_shop(read_settings().home)
    output.out.print(output.journey(f"Order {id}", wait_for_journey(shop, id)))
    list_orders(id, as_json=False)


def list_orders(id: str | None, as_json: bool) -> None:
    """Prints the newest orders, or one."""
    shop = find_shop(read_settings().home)
    operator = {"authorization": f"Bearer {shop.operator_token}"}
    found = call_gateway(shop, "GET", f"{PLACE_ORDER}/{id}" if id else PLACE_ORDER, headers=operator)
    if as_json:
        output.print_json(found)
    else:
        output.out.print(output.orders([found] if id else found))


def show_journey(id: str, as_json: bool) -> None:
    """Prints every hop of an order. Raises ShopError when there are none, ShopNotRunning when there is no store."""
    home = read_settings().home
    broker = connect_to_kafka(home)
    hops = journeys.journey(id, home / "journal", broker)
    if not hops and broker is None:
        find_shop(home)
    if not hops:
        raise ShopError(f"there is no journey of an order {id}: see `checkout orders` for the ids")
    if as_json:
        output.print_json(hops)
    else:
        output.out.print(output.journey(f"Order {id}", hops))


def call_gateway(shop: ShopFile, method: str, path: str, **options: Any) -> Any:
    """The JSON that the gateway answers. Raises ShopError with the gateway's message, or ShopNotRunning."""
    address = shop.address("gateway")
    try:
        response = httpx.request(method, address + path, timeout=REQUEST_TIMEOUT, **options)
    except httpx.HTTPError as error:
        raise ShopNotRunning(f"the gateway at {address} does not answer: is `checkout up` running?") from error
    if response.status_code >= 400:
        raise ShopError(response.json().get("message", f"the gateway answered HTTP {response.status_code}"))
    return response.json()


def wait_for_journey(shop: ShopFile, id: str, seconds: float = JOURNEY_WITHIN) -> list[Hop]:
    """The journey of an order as soon as every arrow of its story has a hop. Raises ShopError after `seconds`."""
    hops: list[Hop] = []

    def is_complete() -> bool:
        hops[:] = journeys.journey(id, Path(shop.home) / "journal")
        return not journeys.missing(hops)

    try:
        wait_until(is_complete, seconds, pause=0.05)
    except TimeoutError:
        step, sender, to = journeys.missing(hops)[0]
        late = f"order {id} has not reached step {step}, {sender} to {to}, after {seconds:.0f} s"
        raise ShopError(f"{late}: see the logs in {shop.home}/logs") from None
    return hops
