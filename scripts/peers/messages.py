"""Messages: the topics and external calls of the store, the messages, and the forms in which they come and go."""

import math
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

RECEIVED, REQUESTED, APPROVED = "order.new-order-received", "order.process-order-payment", "order.new-order-approved"
RESERVED, UNAVAILABLE = "stock.order-products-reserved", "stock.order-products-reservation-failed"
PAID, UNPAID = "payment.order-payment-processed", "payment.order-payment-failed"
CHARGE, BOOK, SEND = "HTTP, POST /charges", "HTTP, POST /parcels", "SMTP"  # the external calls
CALLS = {CHARGE, BOOK, SEND}
CARD_LIMIT = 100_000  # cents
CORRELATION = "kafka_correlationId"  # the header of every record
encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, gc=False):
    """One line of an order; `price` in EUR."""

    sku: int
    name: str | None = None
    price: float | None = None
    quantity: int = 1


class Payment(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """The payment method and, once Stock has calculated it, the total in EUR."""

    payment_method: str
    total: float | None = None


class Message(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """A message on any topic: each topic has some of these fields."""

    id: str
    customer_name: str | None = None
    customer_email: str | None = None
    payment: Payment | None = None
    total: float | None = None
    message: str | None = None

    @property
    def customer(self) -> tuple[str, str | None, str | None]:
        """The fields that go from message to message: the order's id, the customer's name and e-mail address."""
        return self.id, self.customer_name, self.customer_email


class Order(Message, rename="camel", omit_defaults=True, gc=False):
    """A message with products."""

    products: list[Line] = []


class Passed(Message, rename="camel", omit_defaults=True, gc=False):
    """A message whose products are passed on as they are."""

    products: msgspec.Raw = msgspec.Raw(b"[]")


class Product(msgspec.Struct, gc=False):
    """A product of the catalogue; `price` in cents."""

    sku: int
    name: str
    price: int
    on_hand: int
    reserved: int


class OutOfStock(Exception):
    """The products of an order cannot be reserved."""


class Reply(NamedTuple):
    """The answer of an external system: `number` names what it has done, `reason` says why it refused."""

    url: str
    status: str
    number: str | None = None
    reason: str | None = None


class OutboxRow(NamedTuple):
    """A message to send; `destination` is a topic or an external call."""

    number: int
    order_id: str
    destination: str
    payload: bytes
    correlation: str
    partition: int

    @property
    def is_call(self) -> bool:
        """Whether this is an external call, not a record."""
        return self.destination in CALLS


class Delivery(NamedTuple):
    """One message to handle: a record, or the reply to the external call of the outbox row numbered `call`."""

    source: str  # its topic, or the external call
    id: str
    body: Any
    correlation: str
    partition: int
    position: int | None = None
    call: int | None = None


def to_cents(amount: float) -> int:
    """An amount in EUR as cents, rounded half up: exact for amounts with two decimals."""
    return math.floor(amount * 100 + 0.5)


def call(row: OutboxRow) -> Delivery:
    """Makes an external call, whose reply is a message to handle; the simulated systems answer at once."""
    key = str(uuid5(UUID(row.order_id), row.destination))  # the idempotency key: the same for every attempt
    if row.destination == SEND:
        reply = Reply("mailbox:", "250", key)
    elif row.destination == BOOK:
        reply = Reply("shipment-company:/parcels", "201", f"parcel-{key}")
    elif to_cents(msgspec.json.decode(row.payload)["amount"]) > CARD_LIMIT:
        reply = Reply("payment-broker:/charges", "402", reason="above the limit")
    else:
        reply = Reply("payment-broker:/charges", "201", f"charge-{key}")
    return Delivery(row.destination, row.order_id, reply, row.correlation, row.partition, call=row.number)
