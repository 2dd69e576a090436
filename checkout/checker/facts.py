"""Facts: what docs/contract.md says of the store - topics, groups, states - written down a second time.

The checker shares no definition with the services: it would repeat a mistake of theirs instead of finding it.
"""

from collections.abc import Mapping

ORDER_RECEIVED = "order.new-order-received"
PRODUCTS_RESERVED = "stock.order-products-reserved"
RESERVATION_FAILED = "stock.order-products-reservation-failed"
RESERVATION_EXPIRED = "stock.order-products-reservation-expired"
PAYMENT_REQUESTED = "order.process-order-payment"
PAYMENT_PROCESSED = "payment.order-payment-processed"
PAYMENT_FAILED = "payment.order-payment-failed"
ORDER_APPROVED = "order.new-order-approved"
ORDER_CANCELLED = "order.order-cancelled"
REFUND_REQUESTED = "order.refund-order-payment"
PAYMENT_REFUNDED = "payment.order-payment-refunded"
OPERATOR_NEEDED = "payment.order-payment-needs-operator"
SHIPMENT_REFUSED = "shipment.order-shipment-refused"
PLACE, CANCEL = "PlaceOrder", "CancelOrder"  # requests over HTTP, as the inbox names them

GROUPS: Mapping[str, tuple[str, ...]] = {  # the topics that each service reads; its consumer group has its name
    "orders": (
        PRODUCTS_RESERVED, RESERVATION_FAILED, RESERVATION_EXPIRED, PAYMENT_PROCESSED, PAYMENT_FAILED,
        PAYMENT_REFUNDED, OPERATOR_NEEDED, SHIPMENT_REFUSED,
    ),
    "stock": (ORDER_RECEIVED, ORDER_APPROVED, ORDER_CANCELLED, PAYMENT_FAILED),
    "payments": (PAYMENT_REQUESTED, REFUND_REQUESTED),
    "shipments": (ORDER_APPROVED,),
    "notifications": (ORDER_APPROVED, ORDER_CANCELLED, RESERVATION_FAILED, PAYMENT_FAILED, PAYMENT_REFUNDED),
}  # fmt: skip
TABLES = {  # by service: the table of its state
    "orders": "orders", "stock": "reservations", "payments": "payments", "shipments": "shipments",
    "notifications": "mails",
}  # fmt: skip
CAUSES: Mapping[str, tuple[str, ...]] = {  # by topic: what its sender handles before it publishes there
    ORDER_RECEIVED: (PLACE,),
    PRODUCTS_RESERVED: (ORDER_RECEIVED,),
    RESERVATION_FAILED: (ORDER_RECEIVED,),
    RESERVATION_EXPIRED: (ORDER_RECEIVED,),
    PAYMENT_REQUESTED: (PRODUCTS_RESERVED,),
    PAYMENT_PROCESSED: (PAYMENT_REQUESTED,),
    PAYMENT_FAILED: (PAYMENT_REQUESTED,),
    ORDER_APPROVED: (PAYMENT_PROCESSED,),
    ORDER_CANCELLED: (CANCEL, RESERVATION_EXPIRED, SHIPMENT_REFUSED, PRODUCTS_RESERVED),
    REFUND_REQUESTED: (PAYMENT_PROCESSED, SHIPMENT_REFUSED),
    PAYMENT_REFUNDED: (REFUND_REQUESTED,),
    OPERATOR_NEEDED: (PAYMENT_REQUESTED, REFUND_REQUESTED),
    SHIPMENT_REFUSED: (ORDER_APPROVED,),
}
TOPICS = tuple(CAUSES)
SENDERS = {"order": "orders", "stock": "stock", "payment": "payments", "shipment": "shipments"}  # by the first word

MAIL_KINDS = {  # by subject
    "Your order is on its way": "approved",
    "We are sorry: we cannot deliver your order": "unavailable",
    "We are sorry: your payment was denied": "denied",
    "Your order is cancelled": "cancelled",
    "Your payment is refunded": "refunded",
}
MAIL_CAUSES = {  # by kind: the topic of the message that it reports
    "approved": ORDER_APPROVED, "unavailable": RESERVATION_FAILED, "denied": PAYMENT_FAILED,
    "cancelled": ORDER_CANCELLED, "refunded": PAYMENT_REFUNDED,
}  # fmt: skip

NEXT_STATUS: Mapping[str, tuple[str, ...]] = {
    "RECEIVED": ("RESERVED", "REJECTED", "CANCELLED"),
    "RESERVED": ("APPROVED", "REJECTED", "CANCELLED", "NEEDS_OPERATOR"),
    "APPROVED": ("CANCELLED",),  # the parcel was refused
    "REJECTED": (),
    "CANCELLED": ("REFUNDED", "NEEDS_OPERATOR"),
    "REFUNDED": (),
    "NEEDS_OPERATOR": ("REFUNDED",),
}
ENDS = ("APPROVED", "REJECTED", "CANCELLED", "REFUNDED", "NEEDS_OPERATOR")
RECEIVED: Mapping[int, int] = {1: 100, 2: 40, 3: 0, 4: 5, 5: 10}  # units of each SKU in a new database of Stock
CALLS_AT_ONCE = 8  # e-mails that a replica of Notifications has under way at most
LEDGER_LIMIT = 50_000  # entries that a simulated external system keeps
LARGEST_ORDER, LARGEST_AMOUNT = 1_000, 1_000_000  # lines; EUR


def sender_of(topic: str) -> str:
    """The service that publishes on this topic."""
    return SENDERS[topic.partition(".")[0]]


def later_statuses(status: str) -> set[str]:
    """This status and all that an order can have after it."""
    found = {status}
    for following in NEXT_STATUS.get(status, ()):
        found |= later_statuses(following)
    return found
