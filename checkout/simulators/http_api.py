"""Serving: puts an outside system on a loopback port over HTTP, with errors as sentences and a connection to drop."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, put
from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from checkout.framework import http_server
from checkout.simulators.external_system import Dropped, ExternalSystem, Failed, KeyReused, Ledger

BODY_LIMIT = 64 * 1024
KEY_LIMIT = 255

Body = TypeVar("Body")
AnyRequest = Request[Any, Any, Any]
_encode = msgspec.json.Encoder(decimal_format="number").encode


def answer(content: object, status: int = 200) -> Response[bytes]:
    """A JSON answer, with money as numbers."""
    return Response(_encode(content), status_code=status, media_type=MediaType.JSON)


async def read(request: AnyRequest, kind: type[Body]) -> Body:
    """The request's JSON body as this kind; what is wrong with it becomes 400, 413, 415 or 422."""
    if request.content_type[0] != "application/json":
        raise HTTPException(status_code=415, detail="the body must be sent as application/json")
    body = await request.body()
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise HTTPException(status_code=422, detail=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(status_code=400, detail=f"the body is not JSON: {error}") from error


def idempotency_key(request: AnyRequest) -> str:
    """The request's `Idempotency-Key`; without one, or with one too long, the answer is 400."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= KEY_LIMIT:
        raise HTTPException(status_code=400, detail=f"send an Idempotency-Key of 1 to {KEY_LIMIT} characters")
    return key


def ledger_routes(path: str, ledger: Ledger[Any, Any]) -> Sequence[HTTPRouteHandler]:
    """Routes that read a ledger: all of it, one order's part (`?order=`), one key's entry."""

    @get(path)
    async def entries(order: FromQuery[str | None] = None) -> Response[bytes]:
        return answer(ledger.entries(order))

    @get(path + "/{key:str}")
    async def entry(key: FromPath[str]) -> Response[bytes]:
        found = ledger.entry(key)
        if found is None:
            raise HTTPException(status_code=404, detail=f"nothing was asked with the key {key}")
        return answer(found)

    return entries, entry


def app(system: ExternalSystem, *routes: HTTPRouteHandler, **options: Any) -> Litestar:
    """An application with these routes, `/health-check`, and `/switches` of the system."""

    @get("/health-check")
    async def health_check() -> Response[bytes]:
        return answer({"status": "ready"})

    @get("/switches")
    async def switches() -> Response[bytes]:
        return answer(system.switches)

    @put("/switches")
    async def switch(request: AnyRequest) -> Response[bytes]:
        system.switches = await read(request, type(system.switches))
        return answer(system.switches)

    return Litestar(
        [health_check, switches, switch, *routes],
        exception_handlers={Exception: _explain},
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
        **options,
    )


def _explain(request: AnyRequest, error: Exception) -> Response[bytes]:
    if isinstance(error, Dropped):
        extensions: Any = request.scope["extensions"]
        extensions["drop"]["connection"]()
    if isinstance(error, RequestEntityTooLarge):
        return answer({"message": f"the body is larger than {BODY_LIMIT} bytes"}, 413)
    if isinstance(error, HTTPException):
        return answer({"message": error.detail}, error.status_code)
    if isinstance(error, KeyReused):
        return answer({"message": str(error)}, 422)
    if isinstance(error, Failed | Dropped):
        return answer({"message": str(error)}, 500)
    logging.getLogger(__name__).error("%s %s", request.method, request.url.path, exc_info=error)
    return answer({"message": "this system has a fault of its own: see its log"}, 500)


class _Droppable(HttpToolsProtocol):
    """HTTP whose connection the application may close without an answer, which ASGI has no word for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"drop": {"connection": self.transport.close}}


def run(app: Litestar, port: int, name: str) -> None:
    """Serves in this process until SIGTERM or Ctrl-C; open requests get one second, then the process exits with 0."""
    http_server.run(app, port, name, _Droppable)


def running(app: Litestar) -> AbstractContextManager[str]:
    """Serves in a thread of this process, on a free port; gives the address."""
    return http_server.running(app, http=_Droppable)
