"""HTTP application: routes with health check, body limits, strict JSON and error responses, for every server."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote_plus

import msgspec
from litestar import Litestar, Response, get
from litestar.exceptions import ClientException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from checkout import __version__
from checkout.card_numbers import CardNumberSent, has_card_number, has_printed_card_number, refuse_card_numbers
from checkout.framework.body_problems import problem_of
from checkout.framework.http_errors import ERROR_HANDLERS, AnyRequest, ErrorHandlers, ErrorResponse, error_response
from checkout.framework.message import ENCODER

Body = TypeVar("Body")
MAX_BODY_BYTES = 64 * 1024
KEPT_HEADERS = ("CID", "User-Agent")  # they reach journals and topics; of an Idempotency-Key only a digest is kept


def application(
    title: str,
    routes: Sequence[Any],
    is_ready: Callable[[], bool],
    accepts: str = "application/json",
    error_handlers: ErrorHandlers | None = None,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> Litestar:
    """Returns the application of one server.

    Besides its routes it answers `GET /health-check`, refuses request bodies of another type (415) or above
    `MAX_BODY_BYTES` (413), and answers every exception with `{"message": ...}`; unexpected ones are logged.

    Args:
        title: title of the OpenAPI document, which is at `/schema/openapi.json`.
        routes: Litestar route handlers.
        is_ready: whether the health check answers 200 `ready`, else 503 `starting`.
        accepts: media type of POST and PUT bodies.
        error_handlers: Litestar exception handlers by exception type, besides those in `http_errors`.
        headers: headers of every response.
        options: further arguments of `Litestar`.
    """

    @get("/health-check", sync_to_thread=False, include_in_schema=False)
    def health_check() -> Response[dict[str, str]]:
        return Response({"status": "ready"}) if is_ready() else Response({"status": "starting"}, status_code=503)

    return Litestar(
        [*routes, health_check],
        before_request=partial(_check_media_type, accepts),
        exception_handlers={**ERROR_HANDLERS, **(error_handlers or {})},
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
        before_send=[partial(_add_headers, headers)] if headers else [],
        **{"openapi_config": OpenAPIConfig(title, __version__, render_plugins=[JsonRenderPlugin()])} | options,
    )


def _check_media_type(accepts: str, request: AnyRequest) -> ErrorResponse | None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length", "") != "0"
    is_wrong = request.method in ("POST", "PUT") and has_body and sent != accepts
    return error_response(415, f"send the body as {accepts}") if is_wrong else None


async def _add_headers(headers: Mapping[str, str], message: Any, scope: Any) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], *((name.encode(), text.encode()) for name, text in headers.items())]


def json_response(content: object, status: int = 200) -> Response[bytes]:
    """Returns a JSON response with amounts as numbers."""
    return Response(ENCODER.encode(content), status_code=status, media_type="application/json")


async def refuse_card_data(request: AnyRequest) -> None:
    """Raises CardNumberSent (422) for a card number in the URL, a kept header or any field of the body, known or not.

    Ids in headers may look like a card number unless their digits are grouped as on a card.
    """
    text = (await request.body()).decode("utf-8", "replace")
    if has_card_number(text) or "\\" in text:  # escapes can hide digits; the digits of a fraction are none of a card
        refuse_card_numbers(*_texts(text), place="the body")
    refuse_card_numbers(unquote_plus(str(request.url)), place="the address")
    for name in KEPT_HEADERS:
        if any(map(has_printed_card_number, request.headers.getall(name, []))):
            raise CardNumberSent(f"the header {name}")


def _texts(body: str) -> Iterator[str]:
    """The texts, names and whole numbers in a JSON document, also of names that stand twice; else the whole body."""
    try:
        waiting = [json.loads(body, strict=False, parse_int=str, object_pairs_hook=list)]
    except (ValueError, RecursionError):
        waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list | tuple):  # an array, or an object as pairs of name and value
            waiting += value
        elif isinstance(value, str):
            yield value


async def read_json(request: AnyRequest, kind: type[Body]) -> Body:
    """Returns the request's JSON body as `kind`. Raises as `decode_json`."""
    return decode_json(await request.body(), kind)


def decode_json(body: bytes, kind: type[Body]) -> Body:
    """Decodes JSON strictly, without Litestar's type coercion, which takes `"1"` for 1.

    Raises ValidationException (422) for a value of another type, ClientException (400) for what is not JSON.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise ValidationException(str(error), extra=[problem_of(error)]) from error
    except msgspec.DecodeError as error:
        raise ClientException(str(error)) from error
