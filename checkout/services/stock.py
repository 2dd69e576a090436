"""Stock: the catalogue with its prices; reserves, releases and decreases stock."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import Connection, select

from checkout.domain import OutOfStock, Product, Reservation, ReservationStatus
from checkout.fields import Payment
from checkout.framework.intake import RouteContext
from checkout.framework.service import Service, Tick, every, on
from checkout.framework.sql import add, fetch, put
from checkout.messages import (
    Message,
    OrderApproved,
    OrderCancelled,
    OrderReceived,
    PaymentFailed,
    ProductsReservationFailed,
    ProductsReserved,
    ReservationExpired,
)
from checkout.services.stock_table import (
    IS_HELD,
    METADATA,
    PRODUCTS,
    RESERVATIONS,
    StockState,
    reservation_of,
    row_of,
    total_of,
)
from checkout.settings import RESERVATION_SECONDS, Settings

CATALOGUE = (
    Product(1, "Wooden spoon", Decimal("5.00"), on_hand=100),
    Product(2, "Enamel mug", Decimal("8.50"), on_hand=40),
    Product(3, "Garden gnome", Decimal("30.00"), on_hand=0),
    Product(4, "Oak table", Decimal("950.00"), on_hand=5),
    Product(5, "Copper kettle", Decimal("64.90"), on_hand=10),
)
EXPIRY_INTERVAL = 5.0  # seconds between two looks for reservations that are held for too long
MOST_EXPIRED = 500  # at one time


class Stock(Service):
    """Steps 4-5, 13; 11 when the payment failed or the order is cancelled; 8 when a reservation expires.

    `hold`: seconds after which a reservation that is still held expires.
    """

    name = "stock"
    tables = METADATA

    def __init__(self, catalogue: Sequence[Product] = CATALOGUE, hold: float = RESERVATION_SECONDS) -> None:
        self.catalogue, self.hold = catalogue, timedelta(seconds=hold)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Stock with `settings.stock` of each product on hand, if that is set."""
        catalogue = [replace(product, on_hand=settings.stock or product.on_hand) for product in CATALOGUE]
        return cls(catalogue, settings.reservation_seconds)

    def seed(self, db: Connection) -> None:
        """Inserts the catalogue."""
        put(db, PRODUCTS, [vars(product) for product in self.catalogue], replace=False)

    def load(self, db: Connection, messages: Sequence[Any]) -> StockState:
        """The reservations of these orders, then their products in the order of the SKUs; all rows are locked."""
        rows = fetch(db, RESERVATIONS, RESERVATIONS.c.order_id, self._orders_of(db, messages))
        reservations = {row.order_id: reservation_of(row) for row in rows}
        skus = {sku for reservation in reservations.values() for sku in reservation.quantities}
        skus |= {line.sku for message in messages if isinstance(message, OrderReceived) for line in message.products}
        products = {row.sku: Product(**row._mapping) for row in fetch(db, PRODUCTS, PRODUCTS.c.sku, skus)}
        return StockState(products, reservations)

    def _orders_of(self, db: Connection, messages: Sequence[Any]) -> Iterator[str]:
        for message in messages:
            if message.__class__ is Tick:
                held_since = RESERVATIONS.c.reserved_at <= message.at - self.hold
                expired = select(RESERVATIONS.c.order_id).where(IS_HELD, held_since)
                yield from db.execute(expired.order_by(RESERVATIONS.c.reserved_at).limit(MOST_EXPIRED)).scalars()
            else:
                yield message.id

    def save(self, db: Connection, state: StockState) -> None:
        put(db, PRODUCTS, [vars(product) for product in state.products.values()])
        stored, new = list[Reservation](), list[Reservation]()
        for reservation in state.reservations.values():
            (stored if reservation.order_id in state.stored else new).append(reservation)
        put(db, RESERVATIONS, [row_of(reservation) for reservation in stored])
        # A row that is not there cannot be locked: another replica may have handled the order's cancellation meanwhile.
        add(db, RESERVATIONS, [row_of(reservation) for reservation in new])

    @on(OrderReceived)
    def reserve(self, stock: StockState, order: OrderReceived) -> Iterator[Message]:
        """Steps 4-5: reserve the products, or publish why they cannot be reserved."""
        if _is_cancelled(stock, order):
            return
        try:
            lines = stock.price(order)
            total = total_of(lines)
            stock.reserve(order.id, lines, self.now())
        except OutOfStock as refusal:
            stock.reservations[order.id] = Reservation(order.id, {}, ReservationStatus.REFUSED)
            yield ProductsReservationFailed(order.id, str(refusal), order.customer_name, order.customer_email)
        else:
            payment = Payment(payment_method=order.payment.payment_method)
            yield ProductsReserved(order.id, order.customer_name, order.customer_email, lines, payment, total)

    @on(OrderApproved)
    def decrease(self, stock: StockState, order: OrderApproved) -> None:
        """Step 13: decrease the stock by what was reserved."""
        if _is_cancelled(stock, order):
            return
        reservation = stock.of(order.id)
        reservation.move(ReservationStatus.SOLD)
        for product, quantity in stock.contents(reservation):
            product.decrease(quantity)

    @on(PaymentFailed)
    def release(self, stock: StockState, refusal: PaymentFailed) -> None:
        """Step 11, payment denied: release the reserved products."""
        if _is_cancelled(stock, refusal):
            return
        reservation = stock.of(refusal.id)
        reservation.move(ReservationStatus.RELEASED)
        for product, quantity in stock.contents(reservation):
            product.release(quantity)

    @on(OrderCancelled)
    def cancel(self, stock: StockState, order: OrderCancelled) -> None:
        """Step 11, cancelled: release the products, or take them back; an order that comes later reserves nothing."""
        reservation = stock.reservations.setdefault(order.id, Reservation(order.id, {}))
        was_held, was_sold = reservation.is_held, reservation.status is ReservationStatus.SOLD
        reservation.move(ReservationStatus.CANCELLED)
        for product, quantity in stock.contents(reservation):
            if was_held:
                product.release(quantity)
            elif was_sold:
                product.take_back(quantity)

    @every(EXPIRY_INTERVAL)
    def expire(self, stock: StockState, tick: Tick) -> Iterator[Message]:
        """Step 8, expired: publish which reservations are held for too long."""
        for reservation in stock.reservations.values():
            if _is_overdue(reservation, tick.at - self.hold):
                reservation.move(ReservationStatus.EXPIRED)
                yield ReservationExpired(reservation.order_id, f"it was not paid within {_in_words(self.hold)}")

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Lists the products."""
        from checkout.services import stock_http  # only an HTTP server needs Litestar

        return stock_http.routes(context)


def _is_cancelled(stock: StockState, message: Message) -> bool:
    # OrderCancelled may come before a message on another topic that was published earlier.
    reservation = stock.reservations.get(message.id)
    return reservation is not None and reservation.status is ReservationStatus.CANCELLED


def _in_words(time: timedelta) -> str:
    seconds = time.total_seconds()
    return f"{seconds:g} s" if seconds % 60 else f"{seconds / 60:g} min"


def _is_overdue(reservation: Reservation, since: datetime) -> bool:
    reserved_at = reservation.reserved_at
    return reservation.status is ReservationStatus.HELD and reserved_at is not None and reserved_at <= since
