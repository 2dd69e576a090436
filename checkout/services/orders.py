"""Orders: accepts orders and tracks each until it is approved, rejected, cancelled or refunded."""

import secrets
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from checkout.domain import LARGEST_AMOUNT, LARGEST_ORDER, OPEN, DomainError, OrderStatus, TooLate, UnknownOrder
from checkout.fields import OrderLine, Payment
from checkout.framework.intake import RouteContext
from checkout.framework.message import ENCODER
from checkout.framework.service import Service, on
from checkout.framework.sql import fetch, put
from checkout.messages import (
    CancelOrder,
    Message,
    OrderApproved,
    OrderCancelled,
    OrderReceived,
    PaymentFailed,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    PlaceOrder,
    ProcessPayment,
    ProductsReservationFailed,
    ProductsReserved,
    RefundPayment,
    ReservationExpired,
    ShipmentRefused,
)
from checkout.services.orders_table import METADATA, ORDERS, SALT, Order, check_same_body, order_of


class Orders(Service):
    """Steps 2-3, 6-7, 11-12."""

    name = "orders"
    tables = METADATA

    def seed(self, db: Connection) -> None:
        """Creates the salt without which an order's id could be derived from its Idempotency-Key."""
        put(db, SALT, [{"number": 1, "id": str(uuid.UUID(bytes=secrets.token_bytes(16)))}], replace=False)

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Order]:
        """The orders of these messages, by id."""
        rows = fetch(db, ORDERS, ORDERS.c.id, (message.id for message in messages))
        return {row.id: order_of(row) for row in rows}

    def save(self, db: Connection, state: dict[str, Order]) -> None:
        put(db, ORDERS, [vars(order) | {"products": ENCODER.encode(order.products)} for order in state.values()])

    @on(PlaceOrder)
    def receive(self, orders: dict[str, Order], command: PlaceOrder) -> Iterator[Message]:
        """Steps 2-3: store the order and publish it."""
        if known := orders.get(command.id):  # its inbox row may be deleted, the order is not
            check_same_body(known, command)
            return
        lines = [OrderLine(sku=r.sku, name=r.name, price=r.price, quantity=r.quantity) for r in command.products]
        order = orders[command.id] = Order(
            command.id,
            command.customer_name,
            command.customer_email,
            command.payment.payment_method,
            products=lines,
            fingerprint=command.fingerprint,
            placed_at=command.placed_at,
        )
        yield OrderReceived(order.id, order.customer_name, lines, command.payment, order.customer_email)

    @on(CancelOrder)
    def cancel(self, orders: dict[str, Order], command: CancelOrder) -> Iterator[Message]:
        """Steps 9-10, cancelled: cancel an order that is not approved yet."""
        order = _known(orders, command.id)
        if order.status not in (OrderStatus.CANCELLED, OrderStatus.REFUNDED):
            _check_cancellable(order)
            yield _cancel(order, "you have cancelled it")

    @on(ReservationExpired)
    def expire(self, orders: dict[str, Order], expiry: ReservationExpired) -> Iterator[Message]:
        """Steps 9-10, expired: cancel the order, unless it is decided already."""
        order = _known(orders, expiry.id)
        if order.status in OPEN:
            yield _cancel(order, expiry.message)

    @on(ProductsReserved)
    def ask_for_payment(self, orders: dict[str, Order], reservation: ProductsReserved) -> Iterator[Message]:
        """Steps 6-7: request the payment of the total that Stock has calculated."""
        order = orders.get(reservation.id) or self._adopt(orders, reservation)
        if order.status is OrderStatus.CANCELLED:
            return
        if refusal := _reason_to_refuse(reservation):
            yield _cancel(order, refusal, OrderStatus.REJECTED)
            return
        order.move(OrderStatus.RESERVED)
        order.total, order.products = reservation.total, reservation.products or order.products
        payment = Payment(payment_method=order.payment_method, total=order.total)
        yield ProcessPayment(order.id, order.customer_name, payment, order.customer_email)

    @on(ProductsReservationFailed)
    def reject_unavailable(self, orders: dict[str, Order], refusal: ProductsReservationFailed) -> None:
        """Step 6, sold out: reject the order."""
        _reject(_known(orders, refusal.id), refusal.message)

    @on(PaymentProcessed)
    def approve(self, orders: dict[str, Order], paid: PaymentProcessed) -> Iterator[Message]:
        """Steps 11-12: approve the order and publish that, or request the refund if it was cancelled meanwhile."""
        order = _known(orders, paid.id)
        if order.status in (OrderStatus.CANCELLED, OrderStatus.NEEDS_OPERATOR):
            yield _refund(order)
            return
        order.move(OrderStatus.APPROVED)
        payment = _payment(order)
        yield OrderApproved(order.id, order.customer_name, order.products, payment, order.total, order.customer_email)

    @on(PaymentFailed)
    def reject_unpaid(self, orders: dict[str, Order], refusal: PaymentFailed) -> None:
        """Step 11, payment denied: reject the order."""
        _reject(_known(orders, refusal.id), refusal.message)

    @on(ShipmentRefused)
    def cancel_unshipped(self, orders: dict[str, Order], refusal: ShipmentRefused) -> Iterator[Message]:
        """Steps 16-17, parcel refused: cancel the order and request the refund."""
        order = _known(orders, refusal.id)
        yield _cancel(order, f"it cannot be delivered: {refusal.message}")
        yield _refund(order)

    @on(PaymentRefunded)
    def close_refunded(self, orders: dict[str, Order], refund: PaymentRefunded) -> None:
        """Step 16, late payment: the order is over."""
        order = _known(orders, refund.id)
        order.move(OrderStatus.REFUNDED, order.reason)

    @on(PaymentNeedsOperator)
    def call_operator(self, orders: dict[str, Order], problem: PaymentNeedsOperator) -> None:
        """Step 16, refund refused: leave the order to an operator, and show the reason."""
        _known(orders, problem.id).move(OrderStatus.NEEDS_OPERATOR, problem.message)

    def _adopt(self, orders: dict[str, Order], reservation: ProductsReserved) -> Order:
        """Creates an order that another Orders service has accepted from the fields of its reservation."""
        id, name, payment = reservation.id, reservation.customer_name, reservation.payment
        if name is None or payment is None:
            raise UnknownOrder(f"there is no order {id}")
        order = orders[id] = Order(id, name, reservation.customer_email, payment.payment_method)
        return order

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Places, cancels and reads an order, and lists all for the operator."""
        from checkout.services import orders_http  # only an HTTP server needs Litestar

        return orders_http.routes(context)


def _cancel(order: Order, reason: str, status: OrderStatus = OrderStatus.CANCELLED) -> OrderCancelled:
    order.move(status, reason)
    return OrderCancelled(order.id, reason, order.customer_name, order.customer_email)


def _check_cancellable(order: Order) -> None:
    if order.status not in OPEN:
        raise TooLate(f"order {order.id} is {order.status}: it can be cancelled only before it is approved")


def _reject(order: Order, reason: str) -> None:
    if order.status not in (OrderStatus.CANCELLED, OrderStatus.NEEDS_OPERATOR):
        order.move(OrderStatus.REJECTED, reason)


def _refund(order: Order) -> RefundPayment:
    return RefundPayment(order.id, order.customer_name, _payment(order), order.customer_email)


def _payment(order: Order) -> Payment:
    if order.total is None:
        raise DomainError(f"order {order.id} has no total")
    return Payment(payment_method=order.payment_method, total=order.total)


def _reason_to_refuse(reservation: ProductsReserved) -> str | None:
    if len(reservation.products or ()) > LARGEST_ORDER:
        return f"the order has more than {LARGEST_ORDER:,} lines"
    return None if _has_valid_amounts(reservation) else "Stock named no price"


def _has_valid_amounts(reservation: ProductsReserved) -> bool:
    prices = (line.price for line in reservation.products or () if line.price is not None)
    amounts = [reservation.total, *prices]
    return all(amount is not None and amount.is_finite() and abs(amount) <= LARGEST_AMOUNT for amount in amounts)


def _known(orders: dict[str, Order], id: str) -> Order:
    if id not in orders:
        raise UnknownOrder(f"there is no order {id}")
    return orders[id]
