"""Order commands: `checkout order` and `orders`, and the HTTP requests to the gateway they share."""

import itertools
from collections.abc import Sequence
from typing import Any

import httpx

from checkout.cli import output
from checkout.ids import new_id
from checkout.messages import PLACE_ORDER
from checkout.processes.shop_file import ShopError, ShopFile, ShopNotRunning, find_shop
from checkout.settings import read_settings

REQUEST_TIMEOUT = 15.0  # seconds: longer than the gateway's own, so that its message arrives


def place_order(products: Sequence[int], quantities: Sequence[int], name: str, email: str, pay: str) -> str:
    """Places an order at the gateway and returns its id; products without a quantity are ordered once."""
    pairs = itertools.zip_longest(products, quantities[: len(products)], fillvalue=1)
    body = {
        "customerName": name, "customerEmail": email, "payment": {"paymentMethod": pay.upper()},
        "products": [{"sku": sku, "quantity": quantity} for sku, quantity in pairs],
    }  # fmt: skip
    key = {"Idempotency-Key": new_id()}
    return str(call_gateway(find_shop(read_settings().home), "POST", PLACE_ORDER, json=body, headers=key)["id"])


def list_orders(id: str | None, as_json: bool) -> None:
    """Prints the newest orders, or one."""
    shop = find_shop(read_settings().home)
    operator = {"authorization": f"Bearer {shop.operator_token}"}
    found = call_gateway(shop, "GET", f"{PLACE_ORDER}/{id}" if id else PLACE_ORDER, headers=operator)
    if as_json:
        output.print_json(found)
    else:
        output.out.print(output.orders([found] if id else found))


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
