"""HTTP errors: turns exceptions into responses with a status and a sentence, as JSON `{"message": ...}`."""

import logging
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
from checkout.framework.body_problems import sentence
from checkout.framework.intake import IntakeFull

AnyRequest = Request[Any, Any, Any]
ErrorResponse = Response[dict[str, str]]
ErrorHandlers = Mapping[int | type[Exception], Any]


class Unavailable(Exception):
    """A service behind this server does not answer; the message names it. The response is 503."""


def error_response(status: int, message: str, headers: dict[str, str] | None = None) -> ErrorResponse:
    """Returns an error in the form that every server of the store uses."""
    return Response({"message": message}, status_code=status, headers=headers, media_type="application/json")


def validation_message(error: ValidationException) -> str:
    """Returns a sentence about everything that is wrong with a request."""
    return "; ".join(map(sentence, error.extra or [])) or error.detail


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
