"""HTTP API: what the simulated systems add to the store's HTTP application - switches, ledger, dropped connections."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from litestar import Litestar, Response, get, put
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from checkout.framework import http_app, http_server
from checkout.framework.http_app import json_response, read_json
from checkout.framework.http_errors import AnyRequest, ErrorHandlers, ErrorResponse, error_response
from checkout.framework.http_limits import LimitedConnection
from checkout.simulators.external_system import (
    ConnectionDropped,
    ExternalSystem,
    KeyReused,
    Ledger,
    SimulatedFailure,
    StillProcessing,
)

MAX_KEY_CHARACTERS = 255


def application(title: str, system: ExternalSystem[Any], *routes: HTTPRouteHandler, **options: Any) -> Litestar:
    """Returns the application of a system: its routes, `/switches` and `/health-check`.

    `PUT /switches` sets every switch; those that the body omits get their defaults.
    """

    @get("/switches")
    async def read_switches() -> Response[bytes]:
        return json_response(system.switches)

    @put("/switches")
    async def set_switches(request: AnyRequest) -> Response[bytes]:
        system.switches = await read_json(request, type(system.switches))
        return json_response(system.switches)

    handlers = [read_switches, set_switches, *routes]
    options |= {"error_handlers": ERROR_HANDLERS, "openapi_config": None}
    return http_app.application(title, handlers, lambda: True, **options)


def ledger_routes(path: str, ledger: Ledger[Any, Any]) -> Sequence[HTTPRouteHandler]:
    """Returns routes that read a ledger: all entries, those of one order (`?order=`), or the entry of one key."""

    @get(path)
    async def read_entries(order: FromQuery[str | None] = None) -> Response[bytes]:
        return json_response(ledger.entries(order))

    @get(path + "/{key:str}")
    async def read_entry(key: FromPath[str]) -> Response[bytes]:
        entry = ledger.entry(key)
        if entry is None:
            raise HTTPException(status_code=404, detail=f"there is no request with the key {key}")
        return json_response(entry)

    return read_entries, read_entry


def idempotency_key(request: AnyRequest) -> str:
    """Returns the `Idempotency-Key` header. A missing or too long one is answered with 400."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= MAX_KEY_CHARACTERS:
        detail = f"send an Idempotency-Key of 1 to {MAX_KEY_CHARACTERS} characters"
        raise HTTPException(status_code=400, detail=detail)
    return key


class DroppableConnection(LimitedConnection):
    """HTTP connections that the application can close without a response, for which ASGI has no message."""

    def on_message_begin(self) -> None:
        """Adds the extension `drop` to the ASGI scope."""
        super().on_message_begin()
        self.scope["extensions"] = {"drop": {"connection": self.transport.close}}


serve = partial(http_server.serve, protocol=DroppableConnection)
serve_in_thread = partial(http_server.serve_in_thread, protocol=DroppableConnection)


def _drop_connection(request: AnyRequest, error: ConnectionDropped) -> ErrorResponse:
    extensions: Any = request.scope["extensions"]
    extensions["drop"]["connection"]()
    return error_response(500, str(error))


ERROR_HANDLERS: ErrorHandlers = {
    ConnectionDropped: _drop_connection,
    KeyReused: lambda request, error: error_response(422, str(error)),
    SimulatedFailure: lambda request, error: error_response(500, str(error)),
    StillProcessing: lambda request, error: error_response(409, str(error)),
}
