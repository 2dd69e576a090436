"""Groups: the consumer group of each service, which has its name, and the topics that it reads (docs/contract.md)."""

GROUPS = {
    "orders": (
        "stock.order-products-reserved", "stock.order-products-reservation-failed",
        "stock.order-products-reservation-expired", "payment.order-payment-processed", "payment.order-payment-failed",
        "payment.order-payment-refunded", "payment.order-payment-needs-operator", "shipment.order-shipment-refused",
    ),
    "stock": (
        "order.new-order-received", "order.new-order-approved", "order.order-cancelled", "payment.order-payment-failed",
    ),
    "payments": ("order.process-order-payment", "order.refund-order-payment"),
    "shipments": ("order.new-order-approved",),
    "notifications": (
        "order.new-order-approved", "order.order-cancelled", "stock.order-products-reservation-failed",
        "payment.order-payment-failed", "payment.order-payment-refunded",
    ),
}  # fmt: skip
