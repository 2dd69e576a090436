"""Orders table: the orders in the database of the Orders service, and the fingerprint that shows a repeat."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Row, String, Table, Text

from checkout import domain
from checkout.domain import DomainError, OrderStatus, PaymentMethod
from checkout.fields import OrderLine, OrderRequest, Payment
from checkout.framework.message import encode
from checkout.framework.sql import Cents, UtcTime, status_type
from checkout.messages import PlaceOrder

METADATA = MetaData()
ORDERS = Table(
    "orders",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("customer_name", Text),
    Column("customer_email", Text),
    Column("payment_method", status_type(PaymentMethod)),
    Column("status", status_type(OrderStatus)),
    Column("reason", Text),
    Column("total", Cents),
    Column("products", LargeBinary),
    Column("fingerprint", String(64)),
    Column("placed_at", UtcTime, index=True),
)
SALT = Table("salt", METADATA, Column("number", Integer, primary_key=True), Column("id", String(36)))
LINES = msgspec.json.Decoder(list[OrderLine])


@dataclass
class Order(domain.Order):
    """An order with its lines; their prices are the catalogue's once the products are reserved."""

    products: list[OrderLine] = field(default_factory=list)
    fingerprint: str = ""
    placed_at: datetime | None = None


def order_of(row: Row[Any]) -> Order:
    """The order of a database row."""
    values = dict(row._mapping)
    values["products"] = LINES.decode(values["products"])
    return Order(**values)


def to_message(id: str, data: OrderRequest, now: datetime) -> PlaceOrder:
    """The message for a request body, with its fingerprint; `id` is that of the new order."""
    body = hashlib.sha256(encode(data)).hexdigest()
    payment = Payment(payment_method=data.payment.payment_method)
    return PlaceOrder(id, data.customer_name, data.customer_email, data.products, payment, now, body)


def check_same_body(order: Order, repeat: PlaceOrder) -> None:
    """Raises DomainError if a repeated request differs from the one that made the order."""
    if order.fingerprint != repeat.fingerprint:
        raise DomainError("this Idempotency-Key was used for another order: choose a new one")
