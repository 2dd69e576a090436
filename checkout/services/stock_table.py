"""Stock tables: products and reservations in the database of the Stock service, and those of a batch of messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, MetaData, Row, String, Table, Text

from checkout.domain import (
    CENT,
    LARGEST_AMOUNT,
    LARGEST_ORDER,
    OutOfStock,
    Product,
    Reservation,
    ReservationStatus,
    UnknownOrder,
)
from checkout.fields import OrderLine
from checkout.framework.message import ENCODER
from checkout.framework.sql import Cents, UtcTime, status_type
from checkout.messages import OrderReceived

METADATA = MetaData()
PRODUCTS = Table(
    "products",
    METADATA,
    Column("sku", Integer, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("price", Cents),
    Column("on_hand", Integer),
    Column("reserved", Integer),
)
RESERVATIONS = Table(
    "reservations",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("quantities", Text),
    Column("status", status_type(ReservationStatus)),
    Column("reserved_at", UtcTime),
)
IS_HELD = RESERVATIONS.c.status == ReservationStatus.HELD
Index("reservations_held", RESERVATIONS.c.reserved_at, sqlite_where=IS_HELD, postgresql_where=IS_HELD)
LARGEST_QUANTITY = 1_000  # of one product
QUANTITIES = msgspec.json.Decoder(dict[int, int])


@dataclass
class StockState:
    """The products, by SKU, and the reservations, by order id, that a batch of messages concerns.

    `stored`: the ids of the reservations that are in the database.
    """

    products: dict[int, Product]
    reservations: dict[str, Reservation]
    stored: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.stored = set(self.reservations)

    def price(self, order: OrderReceived) -> list[OrderLine]:
        """The lines of the order with the catalogue's names and prices. Raises OutOfStock."""
        if not order.products:
            raise OutOfStock("the order has no products")
        if len(order.products) > LARGEST_ORDER:
            raise OutOfStock(f"the order has more than {LARGEST_ORDER:,} lines")
        return [self._line(line) for line in order.products]

    def _line(self, line: OrderLine) -> OrderLine:
        product = self.products.get(line.sku)
        if product is None:
            raise OutOfStock(f"there is no product {line.sku}")
        if not 1 <= line.quantity <= LARGEST_QUANTITY:
            raise OutOfStock(f"the quantity of {product.name} is {line.quantity}: it must be 1 to {LARGEST_QUANTITY:,}")
        if line.price is not None and line.price != product.price:
            raise OutOfStock(f"the price of {product.name} is {product.price}, not {line.price}")
        return OrderLine(sku=product.sku, name=product.name, price=product.price, quantity=line.quantity)

    def reserve(self, order_id: str, lines: Sequence[OrderLine], at: datetime) -> None:
        """Reserves all lines or none. Raises OutOfStock."""
        quantities: dict[int, int] = {}
        for line in lines:
            quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        products = {sku: replace(self.products[sku]) for sku in quantities}
        for sku, quantity in quantities.items():
            products[sku].reserve(quantity)
        self.products |= products
        self.reservations[order_id] = Reservation(order_id, quantities, reserved_at=at)

    def of(self, order_id: str) -> Reservation:
        """The reservation of an order. Raises UnknownOrder."""
        if order_id not in self.reservations:
            raise UnknownOrder(f"there is no reservation for order {order_id}")
        return self.reservations[order_id]

    def contents(self, reservation: Reservation) -> list[tuple[Product, int]]:
        """The products of a reservation and their quantities."""
        return [(self.products[sku], quantity) for sku, quantity in reservation.quantities.items()]


def total_of(lines: Sequence[OrderLine]) -> Decimal:
    """The total in EUR of priced lines. Raises OutOfStock for one that Orders would not accept."""
    total = sum((line.price * line.quantity for line in lines if line.price), Decimal(0)).quantize(CENT)
    if total > LARGEST_AMOUNT:  # Orders would reject it after its products are reserved
        raise OutOfStock(f"the order costs {total:,} EUR: an order may cost at most {LARGEST_AMOUNT:,}.00 EUR")
    return total


def reservation_of(row: Row[Any]) -> Reservation:
    """The reservation of a database row."""
    return Reservation(row.order_id, QUANTITIES.decode(row.quantities), row.status, row.reserved_at)


def row_of(reservation: Reservation) -> dict[str, Any]:
    """The database row of a reservation."""
    return vars(reservation) | {"quantities": ENCODER.encode(reservation.quantities).decode()}
