"""Stock: knows what can be sold and at what price, and sets it aside for an order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery
from sqlalchemy import Column, Connection, Integer, MetaData, Row, String, Table, Text, select

from checkout import messages
from checkout.domain import CENT, OutOfStock, Product, Reservation, UnknownOrder
from checkout.fields import OrderLine, Payment, ProductResponse
from checkout.framework.intake import RouteContext
from checkout.framework.service import Service, on
from checkout.framework.sql import Cents, fetch, put
from checkout.messages import (
    ENCODER,
    Message,
    OrderApproved,
    OrderReceived,
    PaymentFailed,
    ProductsReservationFailed,
    ProductsReserved,
)

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
    Column("status", String(10)),
)
CATALOGUE = (
    Product(1, "Wooden spoon", Decimal("5.00"), on_hand=100),
    Product(2, "Enamel mug", Decimal("8.50"), on_hand=40),
    Product(3, "Garden gnome", Decimal("30.00"), on_hand=0),
    Product(4, "Oak table", Decimal("950.00"), on_hand=5),
    Product(5, "Copper kettle", Decimal("64.90"), on_hand=10),
)
MOST_OF_ONE = 1_000
MOST_LINES = 1_000  # whoever has no quantities counts entries; the answer, with its names, fits in a record
ANSWERS = {200: ResponseSpec(list[ProductResponse], description="The products", generate_examples=False)}
QUANTITIES = msgspec.json.Decoder(dict[int, int])


@dataclass
class Shelves:
    """The products and the reservations that a batch of messages concerns."""

    products: dict[int, Product]
    reservations: dict[str, Reservation]

    def price(self, order: OrderReceived) -> list[OrderLine]:
        """The order's lines at the catalogue's names and prices. Raises OutOfStock."""
        if not order.products:
            raise OutOfStock("the order has no products")
        if len(order.products) > MOST_LINES:
            raise OutOfStock(f"the order has more than {MOST_LINES:,} lines")
        return [self._line(line) for line in order.products]

    def _line(self, line: OrderLine) -> OrderLine:
        product = self.products.get(line.sku)
        if product is None:
            raise OutOfStock(f"there is no product {line.sku}")
        if not 1 <= line.quantity <= MOST_OF_ONE:
            raise OutOfStock(f"nobody can buy {line.quantity} of {product.name}")
        if line.price is not None and line.price != product.price:
            raise OutOfStock(f"the price of {product.name} is {product.price}, not {line.price}")
        return OrderLine(sku=product.sku, name=product.name, price=product.price, quantity=line.quantity)

    def reserve(self, order_id: str, lines: Sequence[OrderLine]) -> None:
        """Sets everything aside, or nothing. Raises OutOfStock."""
        wanted: dict[int, int] = {}
        for line in lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        after = {sku: replace(self.products[sku]) for sku in wanted}
        for sku, quantity in wanted.items():
            after[sku].reserve(quantity)
        self.products |= after
        self.reservations[order_id] = Reservation(order_id, wanted)

    def end(self, order_id: str, status: str) -> list[tuple[Product, int]]:
        """Ends the order's reservation and says which products it held, and how many. Raises UnknownOrder."""
        if order_id not in self.reservations:
            raise UnknownOrder(f"nothing was ever set aside for order {order_id}")
        reservation = self.reservations[order_id]
        reservation.end(status)
        return [(self.products[sku], quantity) for sku, quantity in reservation.quantities.items()]


class Stock(Service):
    """Steps 4-5, 13; 11 when the payment failed."""

    name = "stock"
    tables = METADATA

    def __init__(self, catalogue: Sequence[Product] = CATALOGUE) -> None:
        self.catalogue = catalogue

    def seed(self, db: Connection) -> None:
        """Puts the catalogue on the shelves."""
        put(db, PRODUCTS, [vars(product) for product in self.catalogue], replace=False)

    def load(self, db: Connection, messages: Sequence[Any]) -> Shelves:
        """The reservations of these orders, then their products in the order of their SKUs, all locked."""
        rows = fetch(db, RESERVATIONS, RESERVATIONS.c.order_id, (message.id for message in messages))
        reservations = {row.order_id: _reservation(row) for row in rows}
        skus = {sku for reservation in reservations.values() for sku in reservation.quantities}
        skus |= {line.sku for message in messages if isinstance(message, OrderReceived) for line in message.products}
        products = {row.sku: Product(**row._mapping) for row in fetch(db, PRODUCTS, PRODUCTS.c.sku, skus)}
        return Shelves(products, reservations)

    def save(self, db: Connection, state: Shelves) -> None:
        """Writes both back."""
        put(db, PRODUCTS, [vars(product) for product in state.products.values()])
        put(db, RESERVATIONS, [_row(reservation) for reservation in state.reservations.values()])

    @on(OrderReceived)
    def reserve(self, shelves: Shelves, order: OrderReceived) -> Iterator[Message]:
        """Steps 4-5: set the products aside, or say why not."""
        try:
            lines = shelves.price(order)
            shelves.reserve(order.id, lines)
        except OutOfStock as refusal:
            shelves.reservations[order.id] = Reservation(order.id, {}, "REFUSED")
            yield ProductsReservationFailed(order.id, str(refusal), order.customer_name, order.customer_email)
        else:
            total = sum((line.price * line.quantity for line in lines if line.price), Decimal(0)).quantize(CENT)
            payment = Payment(payment_method=order.payment.payment_method)
            yield ProductsReserved(order.id, order.customer_name, order.customer_email, lines, payment, total)

    @on(OrderApproved)
    def decrease(self, shelves: Shelves, order: OrderApproved) -> None:
        """Step 13: what was set aside leaves the store."""
        for product, quantity in shelves.end(order.id, "SOLD"):
            product.decrease(quantity)

    @on(PaymentFailed)
    def release(self, shelves: Shelves, refusal: PaymentFailed) -> None:
        """Step 11, payment denied: what was set aside can be sold to somebody else."""
        for product, quantity in shelves.end(refusal.id, "RELEASED"):
            product.release(quantity)

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Tells what can be bought."""

        @get(messages.PRODUCTS, responses=ANSWERS, sync_to_thread=True)
        def list_products(available: FromQuery[bool | None] = None) -> Response[bytes]:
            with context.read() as db:
                products = [Product(**row._mapping) for row in db.execute(select(PRODUCTS).order_by(PRODUCTS.c.sku))]
            chosen = [p for p in products if available is None or available == (p.available > 0)]
            seen = [ProductResponse(sku=p.sku, name=p.name, price=p.price, available=p.available) for p in chosen]
            return Response(ENCODER.encode(seen), media_type="application/json")

        return (list_products,)


def _reservation(row: Row[Any]) -> Reservation:
    return Reservation(row.order_id, QUANTITIES.decode(row.quantities), row.status)


def _row(reservation: Reservation) -> dict[str, Any]:
    return vars(reservation) | {"quantities": ENCODER.encode(reservation.quantities).decode()}
