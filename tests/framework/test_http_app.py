"""HTTP application: health check, limits, errors as sentences."""

import json
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from litestar import get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.testing import TestClient
from sample import BODY

from checkout.domain import DomainError, UnknownOrder
from checkout.fields import OrderRequest
from checkout.framework import http_app, http_errors
from checkout.framework.intake import IntakeFull


@get("/fails/{how:str}", sync_to_thread=False)
def fail(how: FromPath[str]) -> None:
    raise {
        "unknown": UnknownOrder("there is no order 7"), "rule": DomainError("order 7 has no products"),
        "full": IntakeFull("too many"), "away": http_errors.Unavailable("stock does not answer"),
        "broken": ZeroDivisionError("a secret of the code"),
    }[how]


@get("/pages", sync_to_thread=False)
def count(page: Annotated[int, QueryParameter(ge=1)] = 1) -> int:
    return page


@post("/orders", sync_to_thread=False)
def place(data: JSONBody[OrderRequest]) -> dict[str, str]:
    return {"name": data.customer_name}


@pytest.fixture
def ready() -> list[bool]:
    return [True]


@pytest.fixture
def client(ready: list[bool]) -> Iterator[TestClient[Any]]:
    application = http_app.application("A test", [fail, count, place], lambda: ready[0])
    with TestClient(application, raise_server_exceptions=False) as client:
        yield client


def test_health_is_ready_or_starting(client: TestClient[Any], ready: list[bool]) -> None:
    healthy = client.get("/health-check")
    ready[0] = False
    starting = client.get("/health-check")

    assert (healthy.status_code, healthy.json()) == (200, {"status": "ready"})
    assert (starting.status_code, starting.json()) == (503, {"status": "starting"})


@pytest.mark.parametrize(
    ("how", "status", "message", "later"),
    [
        ("unknown", 404, "there is no order 7", None), ("rule", 422, "order 7 has no products", None),
        ("full", 429, "too many", "1"), ("away", 503, "stock does not answer", "1"),
    ],
)
def test_an_error_of_the_store_has_a_status_and_a_sentence(
    client: TestClient[Any], how: str, status: int, message: str, later: str | None
) -> None:
    answer = client.get(f"/fails/{how}")

    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert answer.headers.get("retry-after") == later


def test_an_unexpected_error_is_logged_and_not_shown(
    client: TestClient[Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "checkout.framework.http_errors"):
        answer = client.get("/fails/broken")

    assert answer.status_code == 500
    assert answer.json() == {"message": "this should not happen: ZeroDivisionError; the server's log says more"}
    assert "a secret of the code" in caplog.text and "GET /fails/broken" in caplog.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/orders", 405)])
def test_an_unknown_path_or_method_is_answered_with_a_sentence(
    client: TestClient[Any], method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)

    expected = {"message": f"there is nothing at this address for {method}"}
    assert (answer.status_code, answer.json()) == (status, expected)


def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(client: TestClient[Any]) -> None:
    assert set(client.put("/orders").headers["allow"].split(", ")) == {"POST", "OPTIONS"}


def test_a_wrong_query_parameter_is_answered_with_a_sentence(client: TestClient[Any]) -> None:
    answer = client.get("/pages", params={"page": "0"})

    assert (answer.status_code, answer.json()) == (422, {"message": "page must be at least 1"})


def test_a_body_of_the_maximum_size_is_accepted(client: TestClient[Any]) -> None:
    content = json.dumps(BODY).encode()
    content += b" " * (http_app.MAX_BODY_BYTES - len(content))

    answer = client.post("/orders", content=content, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()) == (201, {"name": "Ada"})


def test_the_openapi_document_describes_the_routes(client: TestClient[Any]) -> None:
    document = client.get("/schema/openapi.json")

    assert document.status_code == 200
    assert {"/orders", "/pages"} <= set(document.json()["paths"])
    assert "/health-check" not in document.json()["paths"]


def test_a_server_may_accept_another_media_type(ready: list[bool]) -> None:
    form = "application/x-www-form-urlencoded"
    with TestClient(http_app.application("A form", [place], lambda: True, accepts=form)) as client:
        answer = client.post("/orders", json=BODY)

    assert (answer.status_code, answer.json()) == (415, {"message": f"send the body as {form}"})


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b'"spoon', 400, "the body is not JSON: Input data was truncated"),
        (b"7", 422, "the body must be text, not a whole number"),
    ],
)
def test_strict_decoding_refuses_what_is_not_json_and_what_has_another_type(
    body: bytes, status: int, message: str
) -> None:
    with pytest.raises(HTTPException) as refusal:
        http_app.decode_json(body, str)

    answer = http_errors.ERROR_HANDLERS[HTTPException](None, refusal.value)
    assert (answer.status_code, answer.content) == (status, {"message": message})


def test_a_server_may_answer_errors_of_its_own() -> None:
    handlers = {ZeroDivisionError: lambda request, error: http_errors.error_response(418, "a teapot")}
    with TestClient(http_app.application("A teapot", [fail], lambda: True, error_handlers=handlers)) as client:
        answers = [client.get(f"/fails/{how}").status_code for how in ("broken", "unknown")]

    assert answers == [418, 404]
