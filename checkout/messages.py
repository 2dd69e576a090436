"""Messages: every message of the store in step order: its fields, its sender, its topic or endpoint, its steps.

docs/contract.md describes topics and JSON; fields that the article's author does not have are optional.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from checkout.domain import PaymentMethod
from checkout.fields import Email, Name, OrderId, OrderLine, Payment, RequestedLine, in_cents
from checkout.framework.message import After, MessageTypes, on_endpoint, on_topic
from checkout.framework.message import Message as AnyMessage

PLACE_ORDER = "/api/v1/order-management/orders"
PAYMENT_METHODS = "/api/v1/payment-management/payment-methods"
PRODUCTS = "/api/v1/stock-management/products"


class Message(AnyMessage, frozen=True):
    """A message of the store: `id` is the order's, a UUID."""

    id: OrderId


@on_endpoint("gateway", f"HTTP, POST {PLACE_ORDER}", sender="web", after={None: (1, 2)})
class PlaceOrder(Message, frozen=True):
    """Place this order: over HTTP from the web app to the gateway, and on to Orders."""

    customer_name: str
    customer_email: str
    products: list[RequestedLine]
    payment: Payment
    placed_at: datetime
    fingerprint: str = ""  # SHA-256 of the body: a repeat with another body is refused


@on_topic("order.new-order-received", sender="orders", after={PlaceOrder: (3, 4)})
class OrderReceived(Message, frozen=True):
    """A new order was received: are its products available?"""

    customer_name: Name
    products: list[OrderLine]
    payment: Payment
    customer_email: Email | None = None


@on_topic("stock.order-products-reserved", sender="stock", after={OrderReceived: (5, 6)})
class ProductsReserved(Message, frozen=True):
    """The products are available and reserved for this order, at the catalogue's prices."""

    customer_name: Name | None = None
    customer_email: Email | None = None
    products: list[OrderLine] | None = None
    payment: Payment | None = None
    total: Decimal | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


@on_topic("stock.order-products-reservation-failed", sender="stock", after={OrderReceived: (5, 6)})
class ProductsReservationFailed(Message, frozen=True):
    """The products cannot be reserved; `message` is the reason."""

    message: str
    customer_name: Name | None = None
    customer_email: Email | None = None


@on_topic("order.process-order-payment", sender="orders", after={ProductsReserved: (7, 8)})
class ProcessPayment(Message, frozen=True):
    """Charge the customer."""

    customer_name: Name
    payment: Payment
    customer_email: Email | None = None


@on_endpoint("payment_broker", "HTTP, POST /charges", sender="payments", after={ProcessPayment: (9,), None: (9,)})
class ChargeCard(Message, frozen=True):
    """Charge this amount in EUR."""

    amount: Decimal
    method: PaymentMethod

    @property
    def purpose(self) -> str:
        return "charge"


@on_topic("payment.order-payment-processed", sender="payments", after={ChargeCard: (10, 11)})
class PaymentProcessed(Message, frozen=True):
    """The order is paid."""


@on_topic("payment.order-payment-failed", sender="payments", after={ChargeCard: (10, 11), ProcessPayment: (10, 11)})
class PaymentFailed(Message, frozen=True):
    """The payment failed; `message` is the reason."""

    message: str
    customer_name: Name | None = None
    customer_email: Email | None = None


@on_topic("order.new-order-approved", sender="orders", after={PaymentProcessed: (12, 13)})
class OrderApproved(Message, frozen=True):
    """The order is approved."""

    customer_name: Name
    products: list[OrderLine]
    payment: Payment
    total: Decimal | None = None
    customer_email: Email | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


@on_endpoint("shipment_company", "HTTP, POST /parcels", sender="shipments", after={OrderApproved: (14,)})
class BookParcel(Message, frozen=True):
    """Book a parcel with these products."""

    customer_name: str
    products: list[OrderLine]

    @property
    def purpose(self) -> str:
        return "parcel"


EMAIL_STEPS: After = {OrderApproved: (14,), ProductsReservationFailed: (7,), PaymentFailed: (12,)}


@on_endpoint("customer", "SMTP", sender="notifications", after=EMAIL_STEPS)
class SendEmail(Message, frozen=True):
    """Send this e-mail; an order has at most one of each `kind` (approved, unavailable, denied)."""

    kind: str
    customer_name: str
    customer_email: str
    subject: str
    text: str

    @property
    def purpose(self) -> str:
        return f"mail-{self.kind}"


class CardCharged(msgspec.Struct, frozen=True):
    """The payment provider charged the card."""

    id: str


class CardDenied(msgspec.Struct, frozen=True):
    """The payment provider denied the charge."""

    id: str
    reason: str


class ParcelBooked(msgspec.Struct, frozen=True):
    """The shipment company booked the parcel; `parcel` is its number."""

    id: str
    parcel: str


class ParcelRefused(msgspec.Struct, frozen=True):
    """The shipment company refused the parcel."""

    id: str
    reason: str


class EmailSent(msgspec.Struct, frozen=True):
    """The mail server accepted the e-mail."""

    id: str
    kind: str


class EmailRefused(msgspec.Struct, frozen=True):
    """The mail server rejected the e-mail permanently."""

    id: str
    kind: str
    reason: str


Reply = CardCharged | CardDenied | ParcelBooked | ParcelRefused | EmailSent | EmailRefused

_UNTIL_CHARGED = (PlaceOrder, OrderReceived, ProductsReserved, ProcessPayment, ChargeCard)
STORIES: Mapping[str, tuple[type[Message], ...]] = {  # by the name of the diagram
    "ordering": (*_UNTIL_CHARGED, PaymentProcessed, OrderApproved, BookParcel, SendEmail),
    "ordering-sold-out": (PlaceOrder, OrderReceived, ProductsReservationFailed, SendEmail),
    "ordering-payment-denied": (*_UNTIL_CHARGED, PaymentFailed, SendEmail),
}
MESSAGES: tuple[type[Message], ...] = tuple(dict.fromkeys(message for story in STORIES.values() for message in story))
MESSAGE_TYPES = MessageTypes(MESSAGES)
TOPICS, BY_NAME = MESSAGE_TYPES.by_topic, MESSAGE_TYPES.by_name
