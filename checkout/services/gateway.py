"""API gateway: the single entry point for clients; forwards each request to the service that owns its path."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx
import msgspec
from litestar import Litestar, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from checkout.domain import PaymentMethod
from checkout.fields import OrderRequest, OrderResponse, ProductResponse
from checkout.framework import http_app, http_errors
from checkout.framework.http_errors import AnyRequest
from checkout.framework.message import Message, encode
from checkout.framework.parameters import Correlation, IdempotencyKey, Page
from checkout.messages import CANCEL_ORDER, PAYMENT_METHODS, PLACE_ORDER, PRODUCTS, CancelOrder, PlaceOrder
from checkout.services import gateway_document as document

TIMEOUT = httpx.Timeout(10.0, connect=1.0)  # seconds
LONGEST_ANSWER = 10.0  # seconds for the turn of a request and its call: clients wait longer
LONGEST_TURN = 7.0  # seconds: a call needs some, else every request of a crowd would be begun in vain
MOST_AT_ONCE = 50  # requests to one service: the others wait for their turn
FORWARDED_HEADERS = (b"authorization", b"cid", b"content-type", b"idempotency-key", b"user-agent")
RequestHook = Callable[[httpx.Request], Awaitable[None]]
RequestCallback = Callable[[type[Message], dict[str, str]], None]


class Gateway:
    """Steps 1-2: forwards orders to Orders; further paths go to Payments and Stock.

    `addresses` maps the name of a service to its URL. `on_accepted` is called with each message that Orders has
    accepted and with the id of its order as `order`, the request's `url`, `status`, `client`, `correlation` and `body`,
    `on_forward` with each request before it is passed on. `patience`: seconds that a request waits for its turn,
    `longest_answer`: for its turn and the answer.
    """

    def __init__(
        self, addresses: Mapping[str, str], on_accepted: RequestCallback, on_forward: Sequence[RequestHook] = (),
        patience: float = LONGEST_TURN, longest_answer: float = LONGEST_ANSWER,
    ) -> None:  # fmt: skip
        self._addresses, self._on_accepted = addresses, on_accepted
        self._patience, self._longest_answer = patience, longest_answer
        # httpx has a queue, too, but each request that ends costs as much as the queue is long.
        self._turns = {service: asyncio.Semaphore(MOST_AT_ONCE) for service in addresses}
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT, trust_env=False, event_hooks={"request": list(on_forward)},
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=MOST_AT_ONCE * len(addresses)),
        )  # fmt: skip

    def application(self, is_ready: Callable[[], bool]) -> Litestar:
        """Returns the HTTP application of the gateway; its health check reports `is_ready()`."""
        title, routes = "API gateway", [*self._commands(), *self._queries()]
        options: dict[str, Any] = {"openapi_config": document.config(title), "plugins": [document.MoneySchema()]}
        return http_app.application(title, routes, is_ready, on_shutdown=[self._client.aclose], **options)

    def _commands(self) -> Sequence[Any]:
        body_errors = (400, 413, 415)

        @post(
            PLACE_ORDER, operation_id="placeOrder", operation_class=document.PlaceOrderOperation,
            responses=document.responses(201, document.OrderReference, "The order is accepted", *body_errors),
        )  # fmt: skip
        async def place_order(
            request: AnyRequest, data: JSONBody[OrderRequest], idempotency_key: IdempotencyKey = None,
            correlation: Correlation = None,
        ) -> Response[bytes]:  # fmt: skip
            await http_app.refuse_card_data(request)
            response = await self._forward("orders", request, await request.body())
            if response.status_code == 201:
                self._report(PlaceOrder, response.json()["id"], request, _known_fields(data))
            return _copy(response)

        @post(
            CANCEL_ORDER.replace("{id}", "{id:str}"), operation_id=document.CANCEL_ORDER,
            responses=document.responses(201, document.OrderReference, "It is cancelled", 404, 409, *body_errors),
        )  # fmt: skip
        async def cancel_order(
            id: FromPath[str], request: AnyRequest, correlation: Correlation = None
        ) -> Response[bytes]:  # fmt: skip
            await http_app.refuse_card_data(request)
            response = await self._forward("orders", request)
            if response.status_code == 201:
                self._report(CancelOrder, id, request, encode(CancelOrder(id)))
            return _copy(response)

        return place_order, cancel_order

    def _queries(self) -> Sequence[Any]:
        @get(
            PLACE_ORDER + "/{id:str}", operation_id=document.READ_ORDER,
            responses=document.responses(200, OrderResponse, "The order", 404),
        )  # fmt: skip
        async def read_order(id: FromPath[str], request: AnyRequest) -> Response[bytes]:
            return _copy(await self._forward("orders", request))

        @get(
            PLACE_ORDER, operation_id="listOrders", security=[{document.OPERATOR: []}],
            responses=document.responses(200, list[OrderResponse], "The orders, newest first", 401),
        )  # fmt: skip
        async def list_orders(request: AnyRequest, page: Page = 1) -> Response[bytes]:
            return _copy(await self._forward("orders", request))

        @get(
            PAYMENT_METHODS, operation_id="listPaymentMethods",
            responses=document.responses(200, list[PaymentMethod], "The payment methods"),
        )  # fmt: skip
        async def list_methods(request: AnyRequest, active: FromQuery[bool | None] = None) -> Response[bytes]:
            return _copy(await self._forward("payments", request))

        @get(
            PRODUCTS, operation_id="listProducts",
            responses=document.responses(200, list[ProductResponse], "The products"),
        )  # fmt: skip
        async def list_products(request: AnyRequest, available: FromQuery[bool | None] = None) -> Response[bytes]:
            return _copy(await self._forward("stock", request))

        return read_order, list_orders, list_methods, list_products

    def _report(self, message: type[Message], order: str, request: AnyRequest, body: bytes) -> None:
        self._on_accepted(message, {
            "order": order, "url": str(request.url), "status": "201", "client": request.headers.get("user-agent", ""),
            "correlation": request.headers.get("cid", ""), "body": body.decode(),
        })  # fmt: skip

    async def _forward(self, service: str, request: AnyRequest, body: bytes = b"") -> httpx.Response:
        target = request.scope["raw_path"] + (b"?" + query if (query := request.scope["query_string"]) else b"")
        url = httpx.URL(self._addresses[service]).copy_with(raw_path=target)  # keeps the escapes of the client
        # httptools leaves the white space after a value, which is no part of it and which httpx refuses to send.
        headers = [(name, value.strip()) for name, value in request.scope["headers"] if name in FORWARDED_HEADERS]
        try:
            async with asyncio.timeout(self._longest_answer), self._turn(service):
                return await self._client.request(request.method, url, content=body, headers=headers)
        except httpx.ConnectError:
            raise http_errors.Unavailable(f"{service} does not answer: try again in a moment") from None
        except (httpx.HTTPError, TimeoutError):
            remedy = "repeat the request with the same Idempotency-Key" if body else "try again in a moment"
            raise http_errors.Unavailable(f"{service} did not answer in time: {remedy}") from None

    @contextlib.asynccontextmanager
    async def _turn(self, service: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._turns[service].acquire()
        except TimeoutError:
            raise http_errors.Unavailable(f"{service} has too many requests: try again in a moment") from None
        try:
            yield
        finally:
            self._turns[service].release()


def _known_fields(order: OrderRequest) -> bytes:
    """The body without unknown fields: they may be anything, and need not be kept."""
    fields = msgspec.to_builtins(order, builtin_types=(Decimal,))
    fields["products"] = [{k: v for k, v in line.items() if v is not None} for line in fields["products"]]
    return encode(fields)


def _copy(response: httpx.Response) -> Response[bytes]:
    headers = {"Retry-After": response.headers["retry-after"]} if "retry-after" in response.headers else None
    media_type = response.headers.get("content-type")
    return Response(response.content, status_code=response.status_code, media_type=media_type, headers=headers)
