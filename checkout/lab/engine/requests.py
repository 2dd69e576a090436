"""Front: web and gateway in the lab: an order on its way in, checked as the gateway checks it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar.exceptions import ValidationException

from checkout.fields import OrderRequest
from checkout.framework import http_app, http_errors
from checkout.framework.intake import PendingRequest
from checkout.journal.hop import Hop, compact
from checkout.lab.errors import LabError
from checkout.messages import PLACE_ORDER, PlaceOrder
from checkout.services.orders import to_message
from checkout.services.stock import CATALOGUE
from checkout.worker import hops

Products = str | int | Mapping[str | int, int]
SKUS = {product.name.lower(): product.sku for product in CATALOGUE}
NAMES = {product.sku: product.name for product in CATALOGUE}


class Request(PendingRequest):
    """An order between the web app and Orders; nobody waits for its answer."""

    def __init__(self, message: PlaceOrder, body: bytes, turn: int) -> None:
        nobody: Any = None
        super().__init__(message, message.id, "web", PLACE_ORDER, nobody, nobody)
        self.body, self.turn, self.error = body, turn, ""

    def settle(self, outcome: str) -> None:
        """Orders has answered 201."""

    def fail(self, error: Exception) -> None:
        """Orders has refused it."""
        self.error = str(error)

    def arrival(self, at: datetime) -> Hop:
        """Step 1: the gateway has it; the customer is answered after step 2."""
        return hops.http_request(
            PlaceOrder, PlaceOrder.sender, "gateway", False, at=at, order=self.message.id, correlation=self.correlation,
            replica="gateway-1", url=self.url, client=self.client, payload=compact(self.body),
        )  # fmt: skip


def body_of(products: Products, quantity: int, customer: str, email: str | None, pay: str) -> bytes:
    """The body of the HTTP request. Raises LabError for a product nobody has heard of."""
    wanted = products if isinstance(products, Mapping) else {products: quantity}
    lines = [{"sku": sku_of(product), "quantity": count} for product, count in wanted.items()]
    address = email if email is not None else f"{re.sub('[^a-z]', '', customer.lower()) or 'customer'}@example.org"
    body = {"customerName": customer, "customerEmail": address, "products": lines,
            "payment": {"paymentMethod": pay.upper()}}  # fmt: skip
    return msgspec.json.encode(body)


def sku_of(product: str | int) -> int:
    """The SKU of a product by its name. Raises LabError; a number is taken as it is, known or not."""
    sku = product if isinstance(product, int) else SKUS.get(product.lower())
    if sku is None:
        raise LabError(f"there is no product {product!r}: there are {', '.join(SKUS)}")
    return sku


def read(id: str, body: bytes, at: datetime) -> PlaceOrder:
    """The message that Orders makes of the body. Raises LabError where the gateway would answer 422."""
    try:
        return to_message(id, http_app.decode_json(body, OrderRequest), at)
    except ValidationException as error:
        raise LabError(f"the gateway refuses this order: {http_errors.validation_message(error)}") from None
