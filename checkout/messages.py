"""Messages: everything that is said, in step order: what it carries, who sends it, where it goes, its steps.

The JSON and the topics are those of the article's author (contract.md section 2); fields that are ours are optional.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, TypeVar

import msgspec

from checkout.domain import PaymentMethod
from checkout.fields import Email, Name, OrderId, OrderLine, Payment, RequestedLine, in_cents

PLACE_ORDER = "/api/v1/order-management/orders"
PAYMENT_METHODS = "/api/v1/payment-management/payment-methods"
PRODUCTS = "/api/v1/stock-management/products"
KAFKA = "kafka"


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """What every message has: the order it is about and, on its class, its arrows in the diagrams."""

    sender: ClassVar[str] = ""
    via: ClassVar[str] = ""  # where it goes first: kafka, the gateway, or somebody outside, who keeps it
    technology: ClassVar[str] = ""
    steps: ClassVar[Mapping[str | None, tuple[int, ...]]] = {}  # by cause (None: a timer): sent, and passed on

    id: OrderId

    @property
    def purpose(self) -> str:
        """What the message is for: with the order's id, its identity in inbox, outbox and outside systems."""
        return self.technology


M = TypeVar("M", bound=type[Message])
After = Mapping[type[Message] | None, Sequence[int]]


def arrows(sender: str, via: str, technology: str, after: After) -> Callable[[M], M]:
    """Says who sends a message, where it goes first, how, and in which steps after which cause."""

    def mark(message: M) -> M:
        message.sender, message.via, message.technology = sender, via, technology
        message.steps = {cause.__name__ if cause else None: tuple(steps) for cause, steps in after.items()}
        return message

    return mark


def on_topic(topic: str, sender: str, after: After) -> Callable[[M], M]:
    """Goes to Kafka in the first step, and from Kafka to each of its listeners in the second."""
    return arrows(sender, KAFKA, topic, after)


@arrows("web", "gateway", f"HTTP, POST {PLACE_ORDER}", after={None: (1, 2)})
class PlaceOrder(Message, frozen=True):
    """Somebody wants to buy: over HTTP from the web app to the gateway, and on to Orders."""

    customer_name: str
    customer_email: str
    products: list[RequestedLine]
    payment: Payment
    placed_at: str = ""  # ISO 8601, UTC
    fingerprint: str = ""  # of the body, so that a repeated Idempotency-Key can be told from a misused one


@on_topic("order.new-order-received", sender="orders", after={PlaceOrder: (3, 4)})
class OrderReceived(Message, frozen=True):
    """Here is a new order: are its products available?"""

    customer_name: Name
    products: list[OrderLine]
    payment: Payment
    customer_email: Email | None = None


@on_topic("stock.order-products-reserved", sender="stock", after={OrderReceived: (5, 6)})
class ProductsReserved(Message, frozen=True):
    """They are available, and set aside for this order."""

    customer_name: Name | None = None
    customer_email: Email | None = None
    products: list[OrderLine] | None = None
    payment: Payment | None = None
    total: Decimal | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


@on_topic("stock.order-products-reservation-failed", sender="stock", after={OrderReceived: (5, 6)})
class ProductsReservationFailed(Message, frozen=True):
    """They cannot be set aside; the message says why."""

    message: str
    customer_name: Name | None = None
    customer_email: Email | None = None


@on_topic("order.process-order-payment", sender="orders", after={ProductsReserved: (7, 8)})
class ProcessPayment(Message, frozen=True):
    """Have the customer charged."""

    customer_name: Name
    payment: Payment
    customer_email: Email | None = None


@arrows("payments", "payment_broker", "HTTP, POST /charges", after={ProcessPayment: (9,), None: (9,)})
class ChargeCard(Message, frozen=True):
    """Take this amount, in EUR, from the customer."""

    amount: Decimal
    method: PaymentMethod

    @property
    def purpose(self) -> str:
        return "charge"


@on_topic("payment.order-payment-processed", sender="payments", after={ChargeCard: (10, 11)})
class PaymentProcessed(Message, frozen=True):
    """The customer has paid."""


@on_topic("payment.order-payment-failed", sender="payments", after={ChargeCard: (10, 11), ProcessPayment: (10, 11)})
class PaymentFailed(Message, frozen=True):
    """The customer has not paid; the message says why."""

    message: str
    customer_name: Name | None = None
    customer_email: Email | None = None


@on_topic("order.new-order-approved", sender="orders", after={PaymentProcessed: (12, 13)})
class OrderApproved(Message, frozen=True):
    """The order is approved: to whoever has something to do about it."""

    customer_name: Name
    products: list[OrderLine]
    payment: Payment
    total: Decimal | None = None
    customer_email: Email | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


@arrows("shipments", "shipment_company", "HTTP, POST /parcels", after={OrderApproved: (14,)})
class BookParcel(Message, frozen=True):
    """Bring these products to the customer."""

    customer_name: str
    products: list[OrderLine]

    @property
    def purpose(self) -> str:
        return "parcel"


LETTERS: After = {OrderApproved: (14,), ProductsReservationFailed: (7,), PaymentFailed: (12,)}


@arrows("notifications", "customer", "SMTP", after=LETTERS)
class SendEmail(Message, frozen=True):
    """Write to the customer; `kind` says what about, and there is one mail of a kind per order."""

    kind: str
    customer_name: str
    customer_email: str
    subject: str
    text: str

    @property
    def purpose(self) -> str:
        return f"mail-{self.kind}"


class CardCharged(msgspec.Struct, frozen=True):
    """The payment broker's yes."""

    id: str


class CardDenied(msgspec.Struct, frozen=True):
    """The payment broker's no, and why."""

    id: str
    reason: str


class ParcelBooked(msgspec.Struct, frozen=True):
    """The shipment company will come; `parcel` is its number for the parcel."""

    id: str
    parcel: str


class ParcelRefused(msgspec.Struct, frozen=True):
    """The shipment company will not come, and why."""

    id: str
    reason: str


class EmailSent(msgspec.Struct, frozen=True):
    """The mail server took the letter."""

    id: str
    kind: str


class EmailRefused(msgspec.Struct, frozen=True):
    """The mail server refused the letter for good."""

    id: str
    kind: str
    reason: str


Reply = CardCharged | CardDenied | ParcelBooked | ParcelRefused | EmailSent | EmailRefused

HAPPY = (PlaceOrder, OrderReceived, ProductsReserved, ProcessPayment, ChargeCard, PaymentProcessed, OrderApproved)
STORIES: Mapping[str, tuple[type[Message], ...]] = {
    "ordering": (*HAPPY, BookParcel, SendEmail),
    "ordering-sold-out": (PlaceOrder, OrderReceived, ProductsReservationFailed, SendEmail),
    "ordering-payment-denied": (*HAPPY[:5], PaymentFailed, SendEmail),
}
MESSAGES: tuple[type[Message], ...] = tuple(dict.fromkeys(message for story in STORIES.values() for message in story))
TOPICS: Mapping[str, type[Message]] = {message.technology: message for message in MESSAGES if message.via == KAFKA}
BY_NAME: Mapping[str, type[Message]] = {message.__name__: message for message in MESSAGES}

ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(message: msgspec.Struct) -> bytes:
    """The message as JSON, amounts as numbers."""
    return ENCODER.encode(message)
