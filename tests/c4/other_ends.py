"""Other ends: the arrows of the views in which an order is cancelled or refunded, as docs/contract.md has them."""

from c4.runs import APPROVED, BEGINNING, CHARGING, PAID, Arrow

CANCEL = "HTTP, POST /api/v1/order-management/orders/{id}/cancellation"
EXPIRED, CANCELLED = "stock.order-products-reservation-expired", "order.order-cancelled"
REFUND, REFUNDED = "order.refund-order-payment", "payment.order-payment-refunded"
OPERATOR, UNSHIPPED = "payment.order-payment-needs-operator", "shipment.order-shipment-refused"

REQUEST = (
    (8, "web", "gateway", "CancelOrder", CANCEL, None),
    (9, "gateway", "orders", "CancelOrder", CANCEL, None),
)


def cancelled(step: int, cause: str) -> tuple[Arrow, ...]:
    """The cancellation, published in this step, its deliveries and its e-mail."""
    return (
        (step, "orders", "kafka", "OrderCancelled", CANCELLED, cause),
        (step + 1, "kafka", "stock", "OrderCancelled", CANCELLED, cause),
        (step + 1, "kafka", "notifications", "OrderCancelled", CANCELLED, cause),
        (step + 2, "notifications", "customer", "SendEmail", "SMTP", "OrderCancelled"),
    )


def refund(step: int, cause: str) -> tuple[Arrow, ...]:
    """The request for a refund, published in this step, and the call to the payment provider."""
    return (
        (step, "orders", "kafka", "RefundPayment", REFUND, cause),
        (step + 1, "kafka", "payments", "RefundPayment", REFUND, cause),
        (step + 2, "payments", "payment_broker", "RefundCard", "HTTP, POST /refunds", "RefundPayment"),
    )


def refunded(step: int) -> tuple[Arrow, ...]:
    """The refund, published in this step, its deliveries and its e-mail."""
    return (
        (step, "payments", "kafka", "PaymentRefunded", REFUNDED, "RefundCard"),
        (step + 1, "kafka", "orders", "PaymentRefunded", REFUNDED, "RefundCard"),
        (step + 1, "kafka", "notifications", "PaymentRefunded", REFUNDED, "RefundCard"),
        (step + 2, "notifications", "customer", "SendEmail", "SMTP", "PaymentRefunded"),
    )


PAYMENT = (
    (10, "payments", "kafka", "PaymentProcessed", PAID, "ChargeCard"),
    (11, "kafka", "orders", "PaymentProcessed", PAID, "ChargeCard"),
)
CROSSING = (*BEGINNING, *CHARGING, *REQUEST, *PAYMENT, *cancelled(10, "CancelOrder"), *refund(12, "PaymentProcessed"))
OTHER_ENDS: dict[str, tuple[Arrow, ...]] = {
    "ordering-cancelled": (*BEGINNING, *CHARGING[:4], *REQUEST, *cancelled(10, "CancelOrder")),
    "ordering-expired": (
        *BEGINNING,
        *CHARGING[:4],
        (8, "stock", "kafka", "ReservationExpired", EXPIRED, None),
        (9, "kafka", "orders", "ReservationExpired", EXPIRED, None),
        *cancelled(10, "ReservationExpired"),
    ),
    "ordering-late-payment": (*CROSSING, *refunded(15)),
    "ordering-refund-refused": (
        *CROSSING,
        (15, "payments", "kafka", "PaymentNeedsOperator", OPERATOR, "RefundCard"),
        (16, "kafka", "orders", "PaymentNeedsOperator", OPERATOR, "RefundCard"),
    ),
    "ordering-parcel-refused": (
        *BEGINNING,
        *CHARGING,
        *PAYMENT,
        (12, "orders", "kafka", "OrderApproved", APPROVED, "PaymentProcessed"),
        (13, "kafka", "stock", "OrderApproved", APPROVED, "PaymentProcessed"),
        (13, "kafka", "shipments", "OrderApproved", APPROVED, "PaymentProcessed"),
        (13, "kafka", "notifications", "OrderApproved", APPROVED, "PaymentProcessed"),
        (14, "shipments", "shipment_company", "BookParcel", "HTTP, POST /parcels", "OrderApproved"),
        (14, "notifications", "customer", "SendEmail", "SMTP", "OrderApproved"),
        (15, "shipments", "kafka", "ShipmentRefused", UNSHIPPED, "BookParcel"),
        (16, "kafka", "orders", "ShipmentRefused", UNSHIPPED, "BookParcel"),
        *cancelled(17, "ShipmentRefused"),
        *refund(17, "ShipmentRefused"),
        *refunded(20),
    ),
}
