"""API gateway: one address for all; passes each request on to the service that answers it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from litestar import Litestar, Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from checkout.fields import OrderRequest, OrderResponse, ProductResponse
from checkout.framework import http_app, http_errors
from checkout.messages import PAYMENT_METHODS, PLACE_ORDER, PRODUCTS

TIMEOUT = httpx.Timeout(10.0, connect=1.0)  # seconds
PASSED_ON = (b"authorization", b"cid", b"content-type", b"idempotency-key", b"user-agent")
Arrived = Callable[[dict[str, str]], None]


class Gateway:
    """Steps 1-2: takes the order from the shop front and passes it to Orders; carries all the other paths too."""

    def __init__(self, addresses: Mapping[str, str], arrived: Arrived) -> None:
        self._addresses, self._arrived = addresses, arrived
        self._client = httpx.AsyncClient(timeout=TIMEOUT)

    def application(self, ready: Callable[[], bool]) -> Litestar:
        """The gateway's server; `arrived` is told of each order that Orders has taken."""
        return http_app.application("API gateway", self._routes(), ready, on_shutdown=[self._client.aclose])

    def _routes(self) -> Sequence[Any]:
        @post(PLACE_ORDER)
        async def place_order(request: Request[Any, Any, Any], data: JSONBody[OrderRequest]) -> Response[bytes]:
            answer = await self._pass_on("orders", request, await request.body())
            if answer.status_code == 201:
                self._arrived({
                    "order": answer.json()["id"], "url": str(request.url), "status": "201",
                    "client": request.headers.get("user-agent", ""), "correlation": request.headers.get("cid", ""),
                    "body": (await request.body()).decode(),
                })
            return _same(answer)

        @get(PLACE_ORDER + "/{id:str}", responses=_answers(OrderResponse))
        async def read_order(id: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
            return _same(await self._pass_on("orders", request))

        @get(PLACE_ORDER, responses=_answers(list[OrderResponse]))
        async def list_orders(request: Request[Any, Any, Any]) -> Response[bytes]:
            return _same(await self._pass_on("orders", request))

        @get(PAYMENT_METHODS, responses=_answers(list[str]))
        async def list_methods(request: Request[Any, Any, Any]) -> Response[bytes]:
            return _same(await self._pass_on("payments", request))

        @get(PRODUCTS, responses=_answers(list[ProductResponse]))
        async def list_products(request: Request[Any, Any, Any]) -> Response[bytes]:
            return _same(await self._pass_on("stock", request))

        return place_order, read_order, list_orders, list_methods, list_products

    async def _pass_on(self, service: str, request: Request[Any, Any, Any], body: bytes = b"") -> httpx.Response:
        target = request.scope["raw_path"] + (b"?" + query if (query := request.scope["query_string"]) else b"")
        url = httpx.URL(self._addresses[service]).copy_with(raw_path=target)  # as it came, escapes and all
        headers = [(name, value) for name, value in request.scope["headers"] if name in PASSED_ON]
        try:
            return await self._client.request(request.method, url, content=body, headers=headers)
        except httpx.ConnectError:
            raise http_errors.Unavailable(f"{service} does not answer: try again in a moment") from None
        except httpx.HTTPError:
            remedy = "ask again with the same Idempotency-Key" if body else "try again in a moment"
            raise http_errors.Unavailable(f"{service} did not answer in time: {remedy}") from None


def _answers(kind: Any) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(kind, generate_examples=False)}


def _same(answer: httpx.Response) -> Response[bytes]:
    later = {"Retry-After": answer.headers["retry-after"]} if "retry-after" in answer.headers else None
    kind = answer.headers.get("content-type")
    return Response(answer.content, status_code=answer.status_code, media_type=kind, headers=later)
