"""Orders over HTTP: places, cancels and reads an order, and lists all for the operator."""

import asyncio
import hmac
import re
import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody
from sqlalchemy import select

from checkout.domain import UnknownOrder
from checkout.fields import UUID, OrderRequest, OrderResponse, Payment
from checkout.framework import http_app
from checkout.framework.intake import RouteContext
from checkout.framework.parameters import Correlation, IdempotencyKey, Page
from checkout.ids import id_of_key, new_id
from checkout.journal.hop import Outcome
from checkout.messages import CANCEL_ORDER, PLACE_ORDER, CancelOrder
from checkout.services.orders_table import ORDERS, SALT, Order, check_same_body, order_of, to_message

PAGE = 100
ANSWERS = {200: ResponseSpec(OrderResponse, description="The order", generate_examples=False)}


def routes(context: RouteContext) -> Sequence[Any]:
    """Places and cancels an order (answered after its commit), reads one, and lists all for the operator."""
    return (*_commands(context), *_queries(context))


def _commands(context: RouteContext) -> Sequence[Any]:
    with context.read() as db:
        salt = uuid.UUID(db.execute(select(SALT.c.id)).scalar_one())

    @post(PLACE_ORDER)
    async def place_order(
        data: JSONBody[OrderRequest],
        request: Request[Any, Any, Any],
        idempotency_key: IdempotencyKey = None,
        correlation: Correlation = None,
    ) -> dict[str, str]:
        data = await http_app.read_json(request, OrderRequest)
        await http_app.refuse_card_data(request)
        # The same key makes the same id, so the inbox recognizes a repeat.
        id = id_of_key(salt, idempotency_key) if idempotency_key else new_id()
        command = to_message(id, data, context.now())
        outcome = await context.intake.submit(command, correlation or id, *_about(request))
        if outcome is Outcome.DUPLICATE:
            check_same_body(_read_one(context, id), command)
        return {"id": id}

    @post(CANCEL_ORDER.replace("{id}", "{id:str}"))
    async def cancel_order(
        id: FromPath[str],
        request: Request[Any, Any, Any],
        correlation: Correlation = None,
    ) -> dict[str, str]:
        await http_app.refuse_card_data(request)
        order = await asyncio.to_thread(_read_one, context, id)
        await context.intake.submit(CancelOrder(order.id), correlation or order.id, *_about(request))
        return {"id": order.id}

    return place_order, cancel_order


def _queries(context: RouteContext) -> Sequence[Any]:
    @get(PLACE_ORDER + "/{id:str}", responses=ANSWERS, sync_to_thread=True)
    def read_order(id: FromPath[str]) -> Response[bytes]:
        return http_app.json_response(_to_response(_read_one(context, id)))

    @get(PLACE_ORDER, sync_to_thread=True)
    def list_orders(
        authorization: Annotated[str, HeaderParameter(name="Authorization")] = "",
        page: Page = 1,
    ) -> Response[bytes]:
        if not _is_operator(context, authorization):
            raise NotAuthorizedException("only the operator may list all orders: send the bearer token")
        with context.read() as db:
            newest = select(ORDERS).order_by(ORDERS.c.placed_at.desc().nulls_last(), ORDERS.c.id)
            rows = db.execute(newest.limit(PAGE).offset((page - 1) * PAGE)).all()
        return http_app.json_response([_to_response(order_of(row)) for row in rows])

    return read_order, list_orders


def _about(request: Request[Any, Any, Any]) -> tuple[str, str, str]:
    """The client, the URL and the trace context of a request."""
    return request.headers.get("user-agent", ""), str(request.url), request.headers.get("traceparent", "")


def _is_operator(context: RouteContext, authorization: str) -> bool:
    token = f"Bearer {context.operator_token}".encode()
    return bool(context.operator_token) and hmac.compare_digest(authorization.encode(), token)


def _read_one(context: RouteContext, id: str) -> Order:
    row = None
    if re.fullmatch(UUID, id):
        with context.read() as db:
            row = db.execute(select(ORDERS).where(ORDERS.c.id.in_({id, id.lower()}))).one_or_none()
    if row is None:
        raise UnknownOrder(f"there is no order {id}")
    return order_of(row)


def _to_response(order: Order) -> OrderResponse:
    payment = Payment(payment_method=order.payment_method, total=order.total)
    return OrderResponse(
        id=order.id,
        status=order.status,
        reason=order.reason,
        total=order.total,
        products=order.products,
        customer_name=order.customer_name,
        customer_email=order.customer_email,
        payment=payment,
        placed_at=order.placed_at,
    )
