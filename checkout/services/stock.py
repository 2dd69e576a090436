"""Stock: the catalogue with its prices; reserves, releases and decreases stock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery
from sqlalchemy import Column, Connection, Integer, MetaData, Row, String, Table, Text, select

from checkout import messages
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
from checkout.fields import OrderLine, Payment, ProductResponse
from checkout.framework import http_app
from checkout.framework.intake import RouteContext
from checkout.framework.message import ENCODER
from checkout.framework.service import Service, on
from checkout.framework.sql import Cents, fetch, put, status_type
from checkout.messages import (
    Message,
    OrderApproved,
    OrderReceived,
    PaymentFailed,
    ProductsReservationFailed,
    ProductsReserved,
)
from checkout.settings import Settings

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
)
CATALOGUE = (
    Product(1, "Wooden spoon", Decimal("5.00"), on_hand=100),
    Product(2, "Enamel mug", Decimal("8.50"), on_hand=40),
    Product(3, "Garden gnome", Decimal("30.00"), on_hand=0),
    Product(4, "Oak table", Decimal("950.00"), on_hand=5),
    Product(5, "Copper kettle", Decimal("64.90"), on_hand=10),
)
LARGEST_QUANTITY = 1_000  # of one product
ANSWERS = {200: ResponseSpec(list[ProductResponse], description="The products", generate_examples=False)}
QUANTITIES = msgspec.json.Decoder(dict[int, int])


@dataclass
class StockState:
    """The products, by SKU, and the reservations, by order id, that a batch of messages concerns."""

    products: dict[int, Product]
    reservations: dict[str, Reservation]

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

    def reserve(self, order_id: str, lines: Sequence[OrderLine]) -> None:
        """Reserves all lines or none. Raises OutOfStock."""
        quantities: dict[int, int] = {}
        for line in lines:
            quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        products = {sku: replace(self.products[sku]) for sku in quantities}
        for sku, quantity in quantities.items():
            products[sku].reserve(quantity)
        self.products |= products
        self.reservations[order_id] = Reservation(order_id, quantities)

    def end(self, order_id: str, status: ReservationStatus) -> list[tuple[Product, int]]:
        """Ends the reservation of an order; returns its products and quantities. Raises UnknownOrder."""
        if order_id not in self.reservations:
            raise UnknownOrder(f"there is no reservation for order {order_id}")
        reservation = self.reservations[order_id]
        reservation.end(status)
        return [(self.products[sku], quantity) for sku, quantity in reservation.quantities.items()]


class Stock(Service):
    """Steps 4-5, 13; 11 when the payment failed."""

    name = "stock"
    tables = METADATA

    def __init__(self, catalogue: Sequence[Product] = CATALOGUE) -> None:
        self.catalogue = catalogue

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Stock with `settings.stock` of each product on hand, if that is set."""
        if not settings.stock:
            return cls()
        return cls([replace(product, on_hand=settings.stock) for product in CATALOGUE])

    def seed(self, db: Connection) -> None:
        """Inserts the catalogue."""
        put(db, PRODUCTS, [vars(product) for product in self.catalogue], replace=False)

    def load(self, db: Connection, messages: Sequence[Any]) -> StockState:
        """The reservations of these orders, then their products in the order of the SKUs; all rows are locked."""
        rows = fetch(db, RESERVATIONS, RESERVATIONS.c.order_id, (message.id for message in messages))
        reservations = {row.order_id: _reservation(row) for row in rows}
        skus = {sku for reservation in reservations.values() for sku in reservation.quantities}
        skus |= {line.sku for message in messages if isinstance(message, OrderReceived) for line in message.products}
        products = {row.sku: Product(**row._mapping) for row in fetch(db, PRODUCTS, PRODUCTS.c.sku, skus)}
        return StockState(products, reservations)

    def save(self, db: Connection, state: StockState) -> None:
        put(db, PRODUCTS, [vars(product) for product in state.products.values()])
        put(db, RESERVATIONS, [_row(reservation) for reservation in state.reservations.values()])

    @on(OrderReceived)
    def reserve(self, stock: StockState, order: OrderReceived) -> Iterator[Message]:
        """Steps 4-5: reserve the products, or publish why they cannot be reserved."""
        try:
            lines = stock.price(order)
            total = _total(lines)
            stock.reserve(order.id, lines)
        except OutOfStock as refusal:
            stock.reservations[order.id] = Reservation(order.id, {}, ReservationStatus.REFUSED)
            yield ProductsReservationFailed(order.id, str(refusal), order.customer_name, order.customer_email)
        else:
            payment = Payment(payment_method=order.payment.payment_method)
            yield ProductsReserved(order.id, order.customer_name, order.customer_email, lines, payment, total)

    @on(OrderApproved)
    def decrease(self, stock: StockState, order: OrderApproved) -> None:
        """Step 13: decrease the stock by what was reserved."""
        for product, quantity in stock.end(order.id, ReservationStatus.SOLD):
            product.decrease(quantity)

    @on(PaymentFailed)
    def release(self, stock: StockState, refusal: PaymentFailed) -> None:
        """Step 11, payment denied: release the reserved products."""
        for product, quantity in stock.end(refusal.id, ReservationStatus.RELEASED):
            product.release(quantity)

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Lists the products."""

        @get(messages.PRODUCTS, responses=ANSWERS, sync_to_thread=True)
        def list_products(available: FromQuery[bool | None] = None) -> Response[bytes]:
            with context.read() as db:
                products = [Product(**row._mapping) for row in db.execute(select(PRODUCTS).order_by(PRODUCTS.c.sku))]
            chosen = [p for p in products if available is None or available == (p.available > 0)]
            listed = [ProductResponse(sku=p.sku, name=p.name, price=p.price, available=p.available) for p in chosen]
            return http_app.json_response(listed)

        return (list_products,)


def _total(lines: Sequence[OrderLine]) -> Decimal:
    total = sum((line.price * line.quantity for line in lines if line.price), Decimal(0)).quantize(CENT)
    if total > LARGEST_AMOUNT:  # Orders would reject it after its products are reserved
        raise OutOfStock(f"the order costs {total:,} EUR: an order may cost at most {LARGEST_AMOUNT:,}.00 EUR")
    return total


def _reservation(row: Row[Any]) -> Reservation:
    return Reservation(row.order_id, QUANTITIES.decode(row.quantities), row.status)


def _row(reservation: Reservation) -> dict[str, Any]:
    return vars(reservation) | {"quantities": ENCODER.encode(reservation.quantities).decode()}
