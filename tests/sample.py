"""Sample data: Ada's order of two wooden spoons, and a function for each message about it."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx

from checkout.domain import PaymentMethod
from checkout.fields import OrderLine, Payment, RequestedLine
from checkout.messages import (
    CancelOrder,
    OrderApproved,
    OrderCancelled,
    OrderReceived,
    PaymentFailed,
    PaymentNeedsOperator,
    PaymentRefunded,
    PlaceOrder,
    ProcessPayment,
    ProductsReservationFailed,
    ProductsReserved,
    RefundPayment,
    ReservationExpired,
    ShipmentRefused,
)

ADA, EMAIL = "Ada", "ada@example.org"
AT = datetime(2026, 1, 1, 10, 0, 0, 1, tzinfo=UTC)
CREDIT = Payment(payment_method=PaymentMethod.CREDIT)
SPOONS = OrderLine(sku=1, name="Wooden spoon", price=Decimal("5.00"), quantity=2)
BODY = {
    "customerName": ADA, "customerEmail": EMAIL, "products": [{"sku": 1, "quantity": 2}],
    "payment": {"paymentMethod": "CREDIT"},
}


def order_id(number: int) -> str:
    """A fixed order id for each number."""
    return f"00000000-0000-4000-8000-{number:012}"


FIRST, SECOND = order_id(1), order_id(2)


def line(sku: int, quantity: int = 1, **fields: object) -> OrderLine:
    return OrderLine(sku=sku, quantity=quantity, **fields)


def payment(total: str | None) -> Payment:
    return Payment(payment_method=PaymentMethod.CREDIT, total=None if total is None else Decimal(total))


def place_order(id: str = FIRST, sku: int = 1, quantity: int = 2, **fields: object) -> PlaceOrder:
    lines = [RequestedLine(sku=sku, quantity=quantity, **fields)]
    return PlaceOrder(id, ADA, EMAIL, lines, CREDIT, AT, "print")


def order_received(*lines: OrderLine, id: str = FIRST) -> OrderReceived:
    return OrderReceived(id, ADA, list(lines or [line(1, 2)]), CREDIT, EMAIL)


def products_reserved(id: str = FIRST, total: str | None = "10.00") -> ProductsReserved:
    return ProductsReserved(id, ADA, EMAIL, [SPOONS], CREDIT, None if total is None else Decimal(total))


def reservation_failed(id: str = FIRST, reason: str = "Garden gnome is sold out") -> ProductsReservationFailed:
    return ProductsReservationFailed(id, reason, ADA, EMAIL)


def process_payment(id: str = FIRST, total: str | None = "10.00") -> ProcessPayment:
    return ProcessPayment(id, ADA, payment(total), EMAIL)


def payment_failed(id: str = FIRST, reason: str = "above the limit") -> PaymentFailed:
    return PaymentFailed(id, reason, ADA, EMAIL)


def order_approved(id: str = FIRST, email: str | None = EMAIL) -> OrderApproved:
    return OrderApproved(id, ADA, [SPOONS], payment("10.00"), Decimal("10.00"), email)


def cancel_order(id: str = FIRST) -> CancelOrder:
    return CancelOrder(id)


def order_cancelled(id: str = FIRST, reason: str = "you have cancelled it") -> OrderCancelled:
    return OrderCancelled(id, reason, ADA, EMAIL)


def reservation_expired(id: str = FIRST) -> ReservationExpired:
    return ReservationExpired(id, "it was not paid within 120 min")


def refund_payment(id: str = FIRST, total: str | None = "10.00") -> RefundPayment:
    return RefundPayment(id, ADA, payment(total), EMAIL)


def payment_refunded(id: str = FIRST) -> PaymentRefunded:
    return PaymentRefunded(id, Decimal("10.00"), ADA, EMAIL)


def shipment_refused(id: str = FIRST) -> ShipmentRefused:
    return ShipmentRefused(id, "too heavy")


def payment_needs_operator(id: str = FIRST) -> PaymentNeedsOperator:
    return PaymentNeedsOperator(id, "the refund was refused: too late")


def created_id(response: httpx.Response) -> str:
    """The id of the order that this response has created."""
    assert response.status_code == 201, response.text
    return str(response.json()["id"])
