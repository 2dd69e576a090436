"""Messages: every message of the store in step order: its fields, its sender, its topic or endpoint, its steps.

docs/contract.md describes topics and JSON; fields that the article's author does not have are optional.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from checkout.domain import PaymentMethod
from checkout.fields import Email, Name, OrderId, OrderLine, Payment, RequestedLine, in_cents
from checkout.framework.message import EVERY, After, MessageTypes, StepsByStory, on_endpoint, on_topic
from checkout.framework.message import Message as AnyMessage

PLACE_ORDER = "/api/v1/order-management/orders"
CANCEL_ORDER = PLACE_ORDER + "/{id}/cancellation"
PAYMENT_METHODS = "/api/v1/payment-management/payment-methods"
PRODUCTS = "/api/v1/stock-management/products"


LATE_PAYMENT, REFUND_REFUSED = "ordering-late-payment", "ordering-refund-refused"
PARCEL_REFUSED = "ordering-parcel-refused"
UNDRAWN: StepsByStory = {}  # the steps of what no diagram draws


def _of_refund(*steps: int) -> StepsByStory:
    """The steps of a refund: after a late payment, and five later after a refused parcel."""
    later = tuple(step + 5 for step in steps)
    return {LATE_PAYMENT: steps, REFUND_REFUSED: steps, PARCEL_REFUSED: later}


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


@on_endpoint("gateway", f"HTTP, POST {CANCEL_ORDER}", sender="web", after={None: (8, 9)})
class CancelOrder(Message, frozen=True):
    """The customer cancels this order: over HTTP from the web app to the gateway, and on to Orders."""


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


@on_endpoint("payment_broker", "HTTP, POST /charges", sender="payments", after={ProcessPayment: (9,), None: (9,)},
             purpose="charge")  # fmt: skip
class ChargeCard(Message, frozen=True):
    """Charge this amount in EUR."""

    amount: Decimal
    method: PaymentMethod


@on_topic("payment.order-payment-processed", sender="payments", after={ChargeCard: (10, 11)})
class PaymentProcessed(Message, frozen=True):
    """The order is paid."""


@on_topic("payment.order-payment-failed", sender="payments", after={ChargeCard: (10, 11), ProcessPayment: (10, 11)})
class PaymentFailed(Message, frozen=True):
    """The payment failed; `message` is the reason."""

    message: str
    customer_name: Name | None = None
    customer_email: Email | None = None


@on_topic("stock.order-products-reservation-expired", sender="stock", after={None: (8, 9)})
class ReservationExpired(Message, frozen=True):
    """The products have been reserved for too long; they stay reserved until Orders has decided."""

    message: str


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


@on_endpoint("shipment_company", "HTTP, POST /parcels", sender="shipments", after={OrderApproved: (14,)},
             purpose="parcel")  # fmt: skip
class BookParcel(Message, frozen=True):
    """Book a parcel with these products."""

    customer_name: str
    products: list[OrderLine]


@on_topic("shipment.order-shipment-refused", sender="shipments", after={BookParcel: (15, 16)})
class ShipmentRefused(Message, frozen=True):
    """The shipment company refused the parcel; `message` is the reason."""

    message: str


@on_topic("order.order-cancelled", sender="orders", after={
    CancelOrder: (10, 11), ReservationExpired: (10, 11), ShipmentRefused: (17, 18), ProductsReserved: UNDRAWN,
})  # fmt: skip
class OrderCancelled(Message, frozen=True):
    """The order is over: its products are free again, a payment is returned; `message` is the reason."""

    message: str
    customer_name: Name | None = None
    customer_email: Email | None = None


@on_topic("order.refund-order-payment", sender="orders", after={
    PaymentProcessed: {LATE_PAYMENT: (12, 13), REFUND_REFUSED: (12, 13)}, ShipmentRefused: (17, 18),
})  # fmt: skip
class RefundPayment(Message, frozen=True):
    """Refund what the customer has paid."""

    customer_name: Name
    payment: Payment
    customer_email: Email | None = None


@on_endpoint("payment_broker", "HTTP, POST /refunds", sender="payments", after={RefundPayment: _of_refund(14)},
             purpose="refund")  # fmt: skip
class RefundCard(Message, frozen=True):
    """Refund this amount in EUR."""

    amount: Decimal


@on_topic("payment.order-payment-refunded", sender="payments", after={RefundCard: _of_refund(15, 16)})
class PaymentRefunded(Message, frozen=True):
    """The payment was refunded."""

    total: Decimal | None = None
    customer_name: Name | None = None
    customer_email: Email | None = None

    def __post_init__(self) -> None:
        in_cents(self, "total")


@on_topic("payment.order-payment-needs-operator", sender="payments", after={
    RefundCard: _of_refund(15, 16), ChargeCard: UNDRAWN, RefundPayment: UNDRAWN,
})  # fmt: skip
class PaymentNeedsOperator(Message, frozen=True):
    """A charge is unclear or a refund was refused, for the reason `message`: an operator has to act."""

    message: str


EMAIL_STEPS: After = {
    OrderApproved: (14,), ProductsReservationFailed: (7,), PaymentFailed: (12,), PaymentRefunded: _of_refund(17),
    OrderCancelled: {PARCEL_REFUSED: (19,), EVERY: (12,)},
}  # fmt: skip


@on_endpoint("customer", "SMTP", sender="notifications", after=EMAIL_STEPS)
class SendEmail(Message, frozen=True):
    """Send this e-mail; an order has at most one of each `kind`, such as `approved` or `cancelled`."""

    kind: str
    customer_name: str
    customer_email: str
    subject: str
    text: str

    @property
    def purpose(self) -> str:
        return f"mail-{self.kind}"


_UNTIL_REQUESTED = (PlaceOrder, OrderReceived, ProductsReserved, ProcessPayment)
_UNTIL_CHARGED = (*_UNTIL_REQUESTED, ChargeCard)
_LATE = (*_UNTIL_CHARGED, CancelOrder, PaymentProcessed, OrderCancelled, SendEmail, RefundPayment, RefundCard)
STORIES: Mapping[str, tuple[type[Message], ...]] = {  # by the name of the diagram
    "ordering": (*_UNTIL_CHARGED, PaymentProcessed, OrderApproved, BookParcel, SendEmail),
    "ordering-sold-out": (PlaceOrder, OrderReceived, ProductsReservationFailed, SendEmail),
    "ordering-payment-denied": (*_UNTIL_CHARGED, PaymentFailed, SendEmail),
    "ordering-cancelled": (*_UNTIL_REQUESTED, CancelOrder, OrderCancelled, SendEmail),
    "ordering-expired": (*_UNTIL_REQUESTED, ReservationExpired, OrderCancelled, SendEmail),
    LATE_PAYMENT: (*_LATE, PaymentRefunded),
    REFUND_REFUSED: (*_LATE, PaymentNeedsOperator),
    PARCEL_REFUSED: (
        *_UNTIL_CHARGED, PaymentProcessed, OrderApproved, BookParcel, ShipmentRefused, OrderCancelled, SendEmail,
        RefundPayment, RefundCard, PaymentRefunded,
    ),
}  # fmt: skip
MESSAGES: tuple[type[Message], ...] = tuple(dict.fromkeys(message for story in STORIES.values() for message in story))
MESSAGE_TYPES = MessageTypes(MESSAGES)
TOPICS, BY_NAME = MESSAGE_TYPES.by_topic, MESSAGE_TYPES.by_name
