"""Requests: orders and cancellations on their way from the web app through the gateway to Orders."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from checkout.fields import OrderRequest
from checkout.framework.body_problems import problem_of, sentence
from checkout.framework.intake import Intake, PendingRequest
from checkout.journal.hop import Hop, compact
from checkout.lab.errors import LabError
from checkout.messages import CANCEL_ORDER, PLACE_ORDER, CancelOrder, PlaceOrder
from checkout.services.orders_table import to_message
from checkout.services.stock import CATALOGUE
from checkout.worker import hops

Products = str | int | Mapping[str | int, int]
SKUS = {product.name.lower(): product.sku for product in CATALOGUE}
PRODUCT_NAMES = {product.sku: product.name for product in CATALOGUE}


Request = PlaceOrder | CancelOrder


class PlacedOrder(NamedTuple):
    """An order that `Lab.place_order` has queued: its name, its id in the journal and on topics, its contents."""

    name: str
    id: str
    what: str

    def __repr__(self) -> str:
        return f"{self.name}: {self.what}, waiting at the web app"


class PlacedRequest(PendingRequest):
    """An order or a cancellation between the web app and Orders. No HTTP client waits for the response.

    `on_refusal` is called with the error when Orders refuses the request.
    """

    def __init__(self, message: Request, body: bytes, sequence: int, on_refusal: Callable[[Exception], None]) -> None:
        no_client: Any = None
        url = PLACE_ORDER if isinstance(message, PlaceOrder) else CANCEL_ORDER.format(id=message.id)
        super().__init__(message, message.id, "web", url, no_client, no_client)
        self.body, self.sequence, self._on_refusal = body, sequence, on_refusal

    @property
    def what(self) -> str:
        """The request in words, before the name of its order."""
        return "" if isinstance(self.message, PlaceOrder) else "the cancellation of "

    def settle(self, outcome: str) -> None:
        """Orders has answered 201."""

    def fail(self, error: Exception) -> None:
        """Orders has refused the request."""
        self._on_refusal(error)

    def arrival(self, at: datetime) -> Hop:
        """The hop in which the gateway has received the request."""
        return hops.http_request(
            type(self.message), "web", "gateway", False, at=at, order=self.message.id, correlation=self.correlation,
            replica="gateway-1", url=self.url, client=self.client, payload=compact(self.body),
        )  # fmt: skip


class RequestQueue(Intake):
    """The intake of Orders in a lab: hands out one request, and only while it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[PlacedRequest] = []
        self.is_open = False

    def take(self, limit: int) -> list[PendingRequest]:
        """The first request if the queue is open, else none."""
        return [self.requests.pop(0)] if self.is_open and self.requests else []


def body_of(products: Products, quantity: int, customer: str, email: str | None, pay: str) -> bytes:
    """The JSON body of the HTTP request. Raises LabError for an unknown product name."""
    wanted = products if isinstance(products, Mapping) else {products: quantity}
    lines = [{"sku": sku_of(product), "quantity": count} for product, count in wanted.items()]
    address = email if email is not None else f"{re.sub('[^a-z]', '', customer.lower()) or 'customer'}@example.org"
    body = {"customerName": customer, "customerEmail": address, "products": lines,
            "payment": {"paymentMethod": pay.upper()}}  # fmt: skip
    return msgspec.json.encode(body)


def sku_of(product: str | int) -> int:
    """The SKU of a product by its name; a number is returned unchecked. Raises LabError for an unknown name."""
    sku = product if isinstance(product, int) else SKUS.get(product.lower())
    if sku is None:
        raise LabError(f"there is no product {product!r}: there are {', '.join(SKUS)}")
    return sku


def message_of(id: str, body: bytes, at: datetime) -> PlaceOrder:
    """The message that Orders makes of the body. Raises LabError where the gateway would answer 422."""
    try:
        return to_message(id, msgspec.json.decode(body, type=OrderRequest), at)
    except msgspec.ValidationError as error:
        raise LabError(f"the gateway refuses this order: {sentence(problem_of(error))}") from None


def contents_of(message: PlaceOrder) -> str:
    """The order lines as text: `2 x Wooden spoon, 1 x Enamel mug`."""
    return ", ".join(f"{line.quantity} x {PRODUCT_NAMES.get(line.sku, line.sku)}" for line in message.products)
