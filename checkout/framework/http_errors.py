"""HTTP errors: turns exceptions into responses with a status and a sentence, as JSON `{"message": ...}`."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from checkout.card_numbers import CardNumberSent
from checkout.domain import DomainError, TooLate, UnknownOrder
from checkout.framework.intake import IntakeFull

AnyRequest = Request[Any, Any, Any]
ErrorResponse = Response[dict[str, str]]
ErrorHandlers = Mapping[int | type[Exception], Any]

WRONG_CHARACTER = "has a character that cannot stand in an e-mail's header"
PATTERN_SENTENCES = {
    "customerName": WRONG_CHARACTER, "name": WRONG_CHARACTER, "customerEmail": "is not an e-mail address",
}
HEADER_NAMES = {"correlation": "CID", "idempotency_key": "Idempotency-Key"}  # by parameter name
TYPE_NAMES = {
    "int": "a whole number", "float": "a number", "decimal": "an amount such as 5.00", "str": "text",
    "bool": "true or false", "array": "a list", "object": "a JSON object", "null": "null",
}
SENTENCES = (  # msgspec's message, and the sentence that replaces it
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
    """A service behind this server does not answer; the message names it. The response is 503."""


def error_response(status: int, message: str, headers: dict[str, str] | None = None) -> ErrorResponse:
    """Returns an error in the form that every server of the store uses."""
    return Response({"message": message}, status_code=status, headers=headers, media_type="application/json")


def validation_message(error: ValidationException) -> str:
    """Returns a sentence about everything that is wrong with a request."""
    return "; ".join(map(_sentence, error.extra or [])) or error.detail


def _explain_http_error(request: AnyRequest, error: HTTPException) -> ErrorResponse:
    if isinstance(error, ValidationException):
        return error_response(422, validation_message(error))
    if isinstance(error, NotFoundException | MethodNotAllowedException):
        message = f"there is nothing at this address for {request.method}"
        return error_response(error.status_code, message, dict(error.headers or {}))  # 405 names the allowed methods
    if error.status_code == 413:
        return error_response(413, f"the body is larger than {request.app.request_max_body_size} bytes")
    if isinstance(error, ClientException) and error.status_code == 400:
        return error_response(400, f"the body is not JSON: {error.detail.partition(' - at ')[0]}")
    return error_response(error.status_code, error.detail)


def _explain_unexpected_error(request: AnyRequest, error: Exception) -> ErrorResponse:
    # The client causes the first two, by a body nested too deeply or with bytes that are not UTF-8.
    if isinstance(error, RecursionError):
        return error_response(400, "the body is not JSON: it is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return error_response(400, "the body is not JSON: it is not in UTF-8")
    logging.getLogger(__name__).error("%s %s", request.method, request.url.path, exc_info=error)
    return error_response(500, f"this should not happen: {type(error).__name__}; the server's log says more")


def _sentence(problem: dict[str, str]) -> str:
    key, what = problem.get("key", ""), problem.get("message", "")
    where = "the body" if key in ("", "data") else HEADER_NAMES.get(key, key)
    if what == "'data'":
        return "the body is empty: send a JSON object"
    if "regex" in what:
        return f"{where} {PATTERN_SENTENCES.get(key.rpartition('.')[2], 'has a character it must not have')}"
    for pattern, sentence in SENTENCES:
        if found := re.match(pattern, what):
            return f"{where} {sentence.format(*(TYPE_NAMES.get(group, group) for group in found.groups()))}"
    return f"{where}: {what}"


ERROR_HANDLERS: ErrorHandlers = {
    HTTPException: _explain_http_error,
    Exception: _explain_unexpected_error,
    TooLate: lambda request, error: error_response(409, str(error)),
    UnknownOrder: lambda request, error: error_response(404, str(error)),
    DomainError: lambda request, error: error_response(422, str(error)),
    CardNumberSent: lambda request, error: error_response(422, str(error)),
    IntakeFull: lambda request, error: error_response(429, str(error), {"Retry-After": "1"}),
    Unavailable: lambda request, error: error_response(503, str(error), {"Retry-After": "1"}),
}
