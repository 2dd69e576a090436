"""Edge: what every HTTP server of the store has in common - limits, errors as sentences, the health check."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.config.response_cache import ResponseCacheConfig
from litestar.exceptions import ClientException, HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig

from checkout import __version__
from checkout.domain import DomainError, UnknownOrder
from checkout.intake import IntakeFull

LARGEST_BODY = 64 * 1024  # bytes
WORDS = {
    "customerName": "has a character that cannot stand in an e-mail's header",
    "name": "has a character that cannot stand in an e-mail's header",
    "customerEmail": "is not an e-mail address",
    "id": "is not a UUID",
}


class Unavailable(Exception):
    """Something behind this server does not answer just now; the message says what."""


def application(
    title: str, routes: Sequence[Any], ready: Callable[[], bool], accepts: str = "application/json", **options: Any
) -> Litestar:
    """The server of one container: its routes, `GET /health-check` (200 when `ready()`), its OpenAPI document."""

    def refuse_other_types(request: Request[Any, Any, Any]) -> Response[dict[str, str]] | None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return message(415, f"send the body as {accepts}") if request.method == "POST" and kind != accepts else None

    @get("/health-check", sync_to_thread=False, include_in_schema=False)
    def health_check() -> Response[dict[str, str]]:
        return Response({"status": "ready"}) if ready() else Response({"status": "starting"}, status_code=503)

    return Litestar(
        [*routes, health_check],
        before_request=refuse_other_types,
        exception_handlers=HANDLERS,
        request_max_body_size=LARGEST_BODY,
        openapi_config=OpenAPIConfig(title=title, version=__version__),
        response_cache_config=ResponseCacheConfig(),
        logging_config=None,
        **options,
    )


def message(status: int, text: str, headers: dict[str, str] | None = None) -> Response[dict[str, str]]:
    """An error as every server of the store tells it."""
    return Response({"message": text}, status_code=status, headers=headers, media_type="application/json")


def told(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, str]]:
    """What the framework refused, as a sentence."""
    if isinstance(error, ValidationException):
        return message(422, "; ".join(map(_sentence, error.extra or [])) or error.detail)
    if error.status_code == 413:
        return message(413, f"the body is larger than {LARGEST_BODY} bytes")
    if isinstance(error, ClientException) and error.status_code == 400:
        return message(400, f"the body is not JSON: {error.detail}")
    return message(error.status_code, error.detail)


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    """A body nested too deeply is the sender's fault; anything else is ours, and is logged by the server."""
    if isinstance(error, RecursionError):
        return message(400, "the body is not JSON: it is nested too deeply")
    return message(500, f"this should not happen: {type(error).__name__}; the server's log says more")


def _sentence(problem: dict[str, str]) -> str:
    where, what = problem.get("key", ""), problem.get("message", "")
    if "regex" in what:
        return f"{where} {WORDS.get(where.rpartition('.')[2], 'has a character it must not have')}"
    if where == "data":
        return "the body must be a JSON object"
    return f"{where}: {what}" if where else what


HANDLERS: dict[int | type[Exception], Any] = {
    HTTPException: told,
    Exception: unexpected,
    UnknownOrder: lambda request, error: message(404, str(error)),
    DomainError: lambda request, error: message(422, str(error)),
    IntakeFull: lambda request, error: message(429, str(error), {"Retry-After": "1"}),
    Unavailable: lambda request, error: message(503, str(error), {"Retry-After": "1"}),
}
