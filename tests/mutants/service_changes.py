"""Service changes: defects of the business rules - prices, stock, refunds, statuses, keys, answers."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from checkout.domain import OrderStatus, Product, ReservationStatus
from checkout.fields import OrderLine, Payment
from checkout.framework.message import Message
from checkout.ids import new_id
from checkout.messages import (
    OrderApproved,
    OrderCancelled,
    PaymentFailed,
    PaymentProcessed,
    PlaceOrder,
    ProductsReserved,
    RefundPayment,
)
from checkout.services import orders, orders_http, stock
from checkout.services.orders import Orders
from checkout.services.orders_table import Order
from checkout.services.stock import Stock
from checkout.services.stock_table import StockState

RECEIVE, APPROVE, ASK = (Orders.handlers[kind] for kind in (PlaceOrder, PaymentProcessed, ProductsReserved))
READ, IS_OPERATOR = orders_http._read_one, orders_http._is_operator


def _handler(service: Any, message: type[Message], handler: Any) -> Any:
    return patch.dict(service.handlers, {message: handler})


def trust_the_client_with_prices() -> Any:
    """A price that the client names is taken."""

    def line(self: StockState, line: OrderLine) -> OrderLine:
        product = self.products[line.sku]
        price = line.price if line.price is not None else product.price
        return OrderLine(sku=product.sku, name=product.name, price=price, quantity=line.quantity)

    return patch.object(StockState, "_line", line)


def forget_quantities() -> Any:
    """The total of an order is the sum of its prices."""
    return patch.object(stock, "total_of", lambda lines: sum(line.price for line in lines))


def sell_what_is_not_there() -> Any:
    """Products are reserved without a look at what is available."""

    def reserve(self: Product, quantity: int) -> None:
        self.reserved += quantity

    return patch.object(Product, "reserve", reserve)


def release_nothing() -> Any:
    """A denied payment leaves its products reserved."""
    return _handler(Stock, PaymentFailed, lambda *_: None)


def release_what_was_sold() -> Any:
    """The products of a refused parcel are released, as if they had not been sold."""

    def cancel(self: Stock, state: StockState, order: OrderCancelled) -> None:
        reservation = state.of(order.id)
        reservation.move(ReservationStatus.CANCELLED)
        for product, quantity in state.contents(reservation):
            product.release(quantity)

    return _handler(Stock, OrderCancelled, cancel)


def ignore_the_end_of_reservations() -> Any:
    """Reservations never expire."""
    seconds, _ = Stock.timers["expire"]
    return patch.dict(Stock.timers, {"expire": (seconds, lambda *_: None)})


def approve_without_payment() -> Any:
    """An order is approved when its products are reserved."""

    def approve(self: Orders, known: dict[str, Order], reservation: ProductsReserved) -> Iterator[Message]:
        list(ASK(self, known, reservation) or ())
        order = known[reservation.id]
        order.move(OrderStatus.APPROVED)
        payment = Payment(payment_method=order.payment_method, total=order.total)
        yield OrderApproved(order.id, order.customer_name, order.products, payment, order.total, order.customer_email)

    return _handler(Orders, ProductsReserved, approve)


def approve_a_cancelled_order() -> Any:
    """A payment approves its order, whatever has become of it."""

    def approve(self: Orders, known: dict[str, Order], paid: PaymentProcessed) -> Any:
        known[paid.id].status = OrderStatus.RESERVED
        return APPROVE(self, known, paid)

    return _handler(Orders, PaymentProcessed, approve)


@contextlib.contextmanager
def let_statuses_go_back() -> Iterator[None]:
    """A cancelled order is reserved when its reservation arrives."""

    def ask(self: Orders, known: dict[str, Order], reservation: ProductsReserved) -> Any:
        known[reservation.id].status = OrderStatus.RECEIVED
        return ASK(self, known, reservation)

    with _handler(Orders, ProductsReserved, ask):
        yield


def keep_a_late_payment() -> Any:
    """The payment of a cancelled order is not returned."""

    def approve(self: Orders, known: dict[str, Order], paid: PaymentProcessed) -> Any:
        return () if known[paid.id].status is OrderStatus.CANCELLED else APPROVE(self, known, paid)

    return _handler(Orders, PaymentProcessed, approve)


def refund_an_approved_order() -> Any:
    """An order is approved, and its payment returned."""

    def approve(self: Orders, known: dict[str, Order], paid: PaymentProcessed) -> Iterator[Message]:
        yield from APPROVE(self, known, paid) or ()
        order = known[paid.id]
        payment = Payment(payment_method=order.payment_method, total=order.total)
        yield RefundPayment(order.id, order.customer_name, payment, order.customer_email)

    return _handler(Orders, PaymentProcessed, approve)


def split_orders() -> Any:
    """Each line of an order becomes an order of its own."""

    def receive(self: Orders, known: dict[str, Order], command: PlaceOrder) -> Iterator[Message]:
        ids = [command.id, *(new_id() for _ in command.products[1:])]
        for id, line in zip(ids, command.products, strict=True):
            part = PlaceOrder(id, command.customer_name, command.customer_email, [line], command.payment,
                              command.placed_at, command.fingerprint)  # fmt: skip
            yield from RECEIVE(self, known, part) or ()

    return _handler(Orders, PlaceOrder, receive)


def ignore_the_key() -> Any:
    """Each request makes an order, also with the same Idempotency-Key."""
    return patch.object(orders_http, "id_of_key", lambda salt, key: new_id())


@contextlib.contextmanager
def accept_other_bodies() -> Iterator[None]:
    """A request with the key of another order is answered as if it were the same."""
    with (
        patch.object(orders, "check_same_body", lambda *_: None),
        patch.object(orders_http, "check_same_body", lambda *_: None),
    ):
        yield


def answer_from_a_stale_copy() -> Any:
    """Every other look at an order shows it as it was at the first one."""
    copies, looks = dict[str, Order](), dict[str, int]()

    def read(context: Any, id: str) -> Order:
        order = copies.setdefault(id, READ(context, id))
        looks[id] = looks.get(id, 0) + 1
        return order if looks[id] % 2 else READ(context, id)

    return patch.object(orders_http, "_read_one", read)


def log_the_token() -> Any:
    """The operator's token is logged."""

    def is_operator(context: Any, authorization: str) -> bool:
        print(f"{authorization} lists all orders")
        return IS_OPERATOR(context, authorization)

    return patch.object(orders_http, "_is_operator", is_operator)
