"""Orders: accepts orders and tracks each until it is approved or rejected."""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from sqlalchemy import Column, Connection, Integer, LargeBinary, MetaData, Row, String, Table, Text, select

from checkout import domain
from checkout.domain import LARGEST_AMOUNT, LARGEST_ORDER, DomainError, OrderStatus, PaymentMethod, UnknownOrder
from checkout.fields import UUID, OrderLine, OrderRequest, OrderResponse, Payment
from checkout.framework import http_app
from checkout.framework.intake import RouteContext
from checkout.framework.message import ENCODER, encode
from checkout.framework.service import Service, on
from checkout.framework.sql import Cents, UtcTime, fetch, put, status_type
from checkout.ids import id_of_key, new_id
from checkout.journal.hop import Outcome
from checkout.messages import (
    PLACE_ORDER,
    Message,
    OrderApproved,
    OrderReceived,
    PaymentFailed,
    PaymentProcessed,
    PlaceOrder,
    ProcessPayment,
    ProductsReservationFailed,
    ProductsReserved,
)

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
PAGE = 100
ANSWERS = {200: ResponseSpec(OrderResponse, description="The order", generate_examples=False)}


@dataclass
class Order(domain.Order):
    """An order with its lines; their prices are the catalogue's once the products are reserved."""

    products: list[OrderLine] = field(default_factory=list)
    fingerprint: str = ""
    placed_at: datetime | None = None


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
        lines = [OrderLine(sku=r.sku, name=r.name, price=r.price, quantity=r.quantity) for r in command.products]
        order = orders[command.id] = Order(
            command.id, command.customer_name, command.customer_email, command.payment.payment_method, products=lines,
            fingerprint=command.fingerprint, placed_at=command.placed_at,
        )
        yield OrderReceived(order.id, order.customer_name, lines, command.payment, order.customer_email)

    @on(ProductsReserved)
    def ask_for_payment(self, orders: dict[str, Order], reservation: ProductsReserved) -> Iterator[Message]:
        """Steps 6-7: request the payment of the total that Stock has calculated."""
        order = orders.get(reservation.id) or self._adopt(orders, reservation)
        if refusal := _reason_to_refuse(reservation):
            order.move(OrderStatus.REJECTED, refusal)
            return
        order.move(OrderStatus.RESERVED)
        order.total, order.products = reservation.total, reservation.products or order.products
        payment = Payment(payment_method=order.payment_method, total=order.total)
        yield ProcessPayment(order.id, order.customer_name, payment, order.customer_email)

    @on(ProductsReservationFailed)
    def reject_unavailable(self, orders: dict[str, Order], refusal: ProductsReservationFailed) -> None:
        """Step 6, sold out: reject the order."""
        _known(orders, refusal.id).move(OrderStatus.REJECTED, refusal.message)

    @on(PaymentProcessed)
    def approve(self, orders: dict[str, Order], paid: PaymentProcessed) -> Iterator[Message]:
        """Steps 11-12: approve the order and publish that."""
        order = _known(orders, paid.id)
        order.move(OrderStatus.APPROVED)
        if order.total is None:
            raise DomainError(f"order {order.id} has no total")
        payment = Payment(payment_method=order.payment_method, total=order.total)
        yield OrderApproved(order.id, order.customer_name, order.products, payment, order.total, order.customer_email)

    @on(PaymentFailed)
    def reject_unpaid(self, orders: dict[str, Order], refusal: PaymentFailed) -> None:
        """Step 11, payment denied: reject the order."""
        _known(orders, refusal.id).move(OrderStatus.REJECTED, refusal.message)

    def _adopt(self, orders: dict[str, Order], reservation: ProductsReserved) -> Order:
        """Creates an order that another Orders service has accepted from the fields of its reservation."""
        id, name, payment = reservation.id, reservation.customer_name, reservation.payment
        if name is None or payment is None:
            raise UnknownOrder(f"there is no order {id}")
        order = orders[id] = Order(id, name, reservation.customer_email, payment.payment_method)
        return order

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Places an order (answered after its commit), reads one, and lists all for the operator."""
        with context.read() as db:
            salt = uuid.UUID(db.execute(select(SALT.c.id)).scalar_one())

        @post(PLACE_ORDER)
        async def place_order(
            data: JSONBody[OrderRequest],
            request: Request[Any, Any, Any],
            idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=255)] = None,
            correlation: Annotated[str | None, HeaderParameter(name="CID", max_length=255)] = None,
        ) -> dict[str, str]:
            data = await http_app.read_json(request, OrderRequest)
            # The same key makes the same id, so the inbox recognizes a repeat.
            id = id_of_key(salt, idempotency_key) if idempotency_key else new_id()
            command = to_message(id, data, context.now())
            client = request.headers.get("user-agent", "")
            outcome = await context.intake.submit(command, correlation or id, client, str(request.url))
            if outcome is Outcome.DUPLICATE:
                _check_same_body(_read_one(context, id), command)
            return {"id": id}

        @get(PLACE_ORDER + "/{id:str}", responses=ANSWERS, sync_to_thread=True)
        def read_order(id: FromPath[str]) -> Response[bytes]:
            return http_app.json_response(_to_response(_read_one(context, id)))

        @get(PLACE_ORDER, sync_to_thread=True)
        def list_orders(
            authorization: Annotated[str, HeaderParameter(name="Authorization")] = "",
            page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
        ) -> Response[bytes]:
            if not _is_operator(context, authorization):
                raise NotAuthorizedException("only the operator may list all orders: send the bearer token")
            with context.read() as db:
                newest = select(ORDERS).order_by(ORDERS.c.placed_at.desc().nulls_last(), ORDERS.c.id)
                rows = db.execute(newest.limit(PAGE).offset((page - 1) * PAGE)).all()
            return http_app.json_response([_to_response(order_of(row)) for row in rows])

        return place_order, read_order, list_orders


def to_message(id: str, data: OrderRequest, now: datetime) -> PlaceOrder:
    """The message for a request body; `id` is that of the new order."""
    body = hashlib.sha256(encode(data)).hexdigest()
    payment = Payment(payment_method=data.payment.payment_method)  # a total from the client is ignored
    return PlaceOrder(id, data.customer_name, data.customer_email, data.products, payment, now, body)


def _is_operator(context: RouteContext, authorization: str) -> bool:
    token = f"Bearer {context.operator_token}".encode()
    return bool(context.operator_token) and hmac.compare_digest(authorization.encode(), token)


def _reason_to_refuse(reservation: ProductsReserved) -> str | None:
    if len(reservation.products or ()) > LARGEST_ORDER:
        return f"the order has more than {LARGEST_ORDER:,} lines"
    return None if _has_valid_amounts(reservation) else "Stock named no price"


def _has_valid_amounts(reservation: ProductsReserved) -> bool:
    prices = (line.price for line in reservation.products or () if line.price is not None)
    amounts = [reservation.total, *prices]
    return all(amount is not None and amount.is_finite() and abs(amount) <= LARGEST_AMOUNT for amount in amounts)


def _check_same_body(order: Order, repeat: PlaceOrder) -> None:
    if order.fingerprint != repeat.fingerprint:
        raise DomainError("this Idempotency-Key was used for another order: choose a new one")


def _read_one(context: RouteContext, id: str) -> Order:
    row = None
    if re.fullmatch(UUID, id):
        with context.read() as db:
            row = db.execute(select(ORDERS).where(ORDERS.c.id.in_({id, id.lower()}))).one_or_none()
    if row is None:
        raise UnknownOrder(f"there is no order {id}")
    return order_of(row)


def order_of(row: Row[Any]) -> Order:
    """The order of a database row."""
    values = dict(row._mapping)
    values["products"] = LINES.decode(values["products"])
    return Order(**values)


def _to_response(order: Order) -> OrderResponse:
    payment = Payment(payment_method=order.payment_method, total=order.total)
    return OrderResponse(
        id=order.id, status=order.status, reason=order.reason, total=order.total, products=order.products,
        customer_name=order.customer_name, customer_email=order.customer_email, payment=payment,
        placed_at=order.placed_at,
    )


def _known(orders: dict[str, Order], id: str) -> Order:
    if id not in orders:
        raise UnknownOrder(f"there is no order {id}")
    return orders[id]
