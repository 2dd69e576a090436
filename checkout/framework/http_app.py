"""Edge: what every HTTP server of the store has in common - limits, errors as sentences, the health check."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.config.response_cache import ResponseCacheConfig
from litestar.exceptions import ClientException, HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig

from checkout import __version__
from checkout.domain import DomainError, UnknownOrder
from checkout.framework.intake import IntakeFull

Body = TypeVar("Body")
LARGEST_BODY = 64 * 1024  # bytes
CHARACTER = "has a character that cannot stand in an e-mail's header"
PATTERNS = {"customerName": CHARACTER, "name": CHARACTER, "customerEmail": "is not an e-mail address"}
HEADERS = {"correlation": "CID", "idempotency_key": "Idempotency-Key"}  # by the name of their parameter
KINDS = {
    "int": "a whole number", "float": "a number", "decimal": "an amount such as 5.00", "str": "text",
    "bool": "true or false", "array": "a list", "object": "a JSON object", "null": "null",
}
WORDS = (  # what msgspec says, and how a person would
    (r"Object missing required field `(\w+)`", "lacks {0}"),
    (r"Expected `str` of length >= 1", "must not be empty"),
    (r"Expected `str` of length <= (\d+)", "must have at most {0} characters"),
    (r"Expected `array` of length >= 1", "must have at least one entry"),
    (r"Expected `array` of length <= (\d+)", "must have at most {0} entries"),
    (r"Expected `int` >= (-?\d+)", "must be at least {0}"),
    (r"Expected `int` <= (\d+)", "must be at most {0}"),
    (r"Expected `(\w+)[^`]*`, got `(\w+)`", "must be {0}, not {1}"),
    (r"Invalid enum value (.*)", "cannot be {0}"),
    (r"Invalid decimal string", "must be an amount such as 5.00"),
)


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


async def read_strictly(request: Request[Any, Any, Any], kind: type[Body]) -> Body:
    """The JSON body without the framework's goodwill, which takes `"1"` for 1. Raises ValidationException."""
    return decode_strictly(await request.body(), kind)


def decode_strictly(body: bytes, kind: type[Body]) -> Body:
    """JSON as this kind and no other. Raises ValidationException."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        raise ValidationException(str(error), extra=[{"message": what, "key": where.strip(".`")}]) from error


def message(status: int, text: str, headers: dict[str, str] | None = None) -> Response[dict[str, str]]:
    """An error as every server of the store tells it."""
    return Response({"message": text}, status_code=status, headers=headers, media_type="application/json")


def in_words(error: ValidationException) -> str:
    """What is wrong with a body, as a sentence."""
    return "; ".join(map(_sentence, error.extra or [])) or error.detail


def told(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, str]]:
    """What the framework refused, as a sentence."""
    if isinstance(error, ValidationException):
        return message(422, in_words(error))
    if error.status_code in (404, 405):
        return message(error.status_code, f"there is nothing at this address for {request.method}")
    if error.status_code == 413:
        return message(413, f"the body is larger than {LARGEST_BODY} bytes")
    if isinstance(error, ClientException) and error.status_code == 400:
        return message(400, f"the body is not JSON: {error.detail.partition(' - at ')[0]}")
    return message(error.status_code, error.detail)


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    """A body nested too deeply or not in UTF-8 is the sender's fault; anything else is ours, and is logged."""
    if isinstance(error, RecursionError):
        return message(400, "the body is not JSON: it is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return message(400, "the body is not JSON: it is not in UTF-8")
    logging.getLogger(__name__).error("%s %s", request.method, request.url.path, exc_info=error)
    return message(500, f"this should not happen: {type(error).__name__}; the server's log says more")


def _sentence(problem: dict[str, str]) -> str:
    key, what = problem.get("key", ""), problem.get("message", "")
    where = "the body" if key in ("", "data") else HEADERS.get(key, key)
    if what == "'data'":
        return "the body is empty: send a JSON object"
    if "regex" in what:
        return f"{where} {PATTERNS.get(key.rpartition('.')[2], 'has a character it must not have')}"
    for pattern, words in WORDS:
        if found := re.match(pattern, what):
            return f"{where} {words.format(*(KINDS.get(group, group) for group in found.groups()))}"
    return f"{where}: {what}"


HANDLERS: dict[int | type[Exception], Any] = {
    HTTPException: told,
    Exception: unexpected,
    UnknownOrder: lambda request, error: message(404, str(error)),
    DomainError: lambda request, error: message(422, str(error)),
    IntakeFull: lambda request, error: message(429, str(error), {"Retry-After": "1"}),
    Unavailable: lambda request, error: message(503, str(error), {"Retry-After": "1"}),
}
