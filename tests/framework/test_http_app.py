"""What every server of the store has in common: health, limits, errors as sentences."""

import json
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.testing import TestClient
from sample import BODY

from checkout.domain import DomainError, UnknownOrder
from checkout.fields import OrderRequest
from checkout.framework import http_app
from checkout.framework.intake import IntakeFull


@get("/fails/{how:str}", sync_to_thread=False)
def fail(how: FromPath[str]) -> None:
    raise {
        "unknown": UnknownOrder("there is no order 7"), "rule": DomainError("order 7 has no products"),
        "full": IntakeFull("too many"), "away": http_app.Unavailable("stock does not answer"),
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
def test_our_errors_have_their_status_and_their_sentence(
    client: TestClient[Any], how: str, status: int, message: str, later: str | None
) -> None:
    answer = client.get(f"/fails/{how}")

    assert (answer.status_code, answer.json()) == (status, {"message": message})
    assert answer.headers.get("retry-after") == later


def test_an_error_of_ours_is_logged_and_not_shown(
    client: TestClient[Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "checkout.framework.http_app"):
        answer = client.get("/fails/broken")

    assert answer.status_code == 500
    assert answer.json() == {"message": "this should not happen: ZeroDivisionError; the server's log says more"}
    assert "a secret of the code" in caplog.text and "GET /fails/broken" in caplog.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/orders", 405)])
def test_what_is_not_there_is_told_with_a_sentence(
    client: TestClient[Any], method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)

    said = {"message": f"there is nothing at this address for {method}"}
    assert (answer.status_code, answer.json()) == (status, said)


def test_several_mistakes_are_told_together(client: TestClient[Any]) -> None:
    answer = client.get("/pages", params={"page": "0"})

    assert (answer.status_code, answer.json()) == (422, {"message": "page must be at least 1"})


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ({"key": "products[0].sku", "message": "Expected `int`, got `str`"},
         "products[0].sku must be a whole number, not text"),
        ({"key": "data", "message": "Expected `object`, got `array`"}, "the body must be a JSON object, not a list"),
        ({"message": "Object missing required field `payment`"}, "the body lacks payment"),
        ({"key": "price", "message": "Expected `decimal | null`, got `bool`"},
         "price must be an amount such as 5.00, not true or false"),
        ({"key": "x", "message": "Expected `str` matching regex '^a$'"}, "x has a character it must not have"),
        ({"key": "id", "message": "something new"}, "id: something new"),
    ],
)
def test_what_the_libraries_say_is_told_as_a_person_would(problem: dict[str, str], sentence: str) -> None:
    assert http_app._sentence(problem) == sentence


def test_a_body_of_the_largest_size_is_taken(client: TestClient[Any]) -> None:
    content = json.dumps(BODY).encode()
    content += b" " * (http_app.LARGEST_BODY - len(content))

    answer = client.post("/orders", content=content, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()) == (201, {"name": "Ada"})


def test_the_openapi_document_describes_the_routes(client: TestClient[Any]) -> None:
    document = client.get("/schema/openapi.json")

    assert document.status_code == 200
    assert {"/orders", "/pages"} <= set(document.json()["paths"])
    assert "/health-check" not in document.json()["paths"]


def test_a_server_may_take_another_kind_of_body(ready: list[bool]) -> None:
    form = "application/x-www-form-urlencoded"
    with TestClient(http_app.application("A form", [place], lambda: True, accepts=form)) as client:
        answer = client.post("/orders", json=BODY)

    assert (answer.status_code, answer.json()) == (415, {"message": f"send the body as {form}"})
