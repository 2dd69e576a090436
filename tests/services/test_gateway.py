"""The gateway: passes requests and answers on as they are, and tells of each order that Orders has taken."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from sample import BODY, FIRST

from checkout.framework import http_server
from checkout.services.gateway import Gateway

ORDERS = "/api/v1/order-management/orders"
METHODS = "/api/v1/payment-management/payment-methods"
PRODUCTS = "/api/v1/stock-management/products"
CREATED = {"status": 201, "body": b'{"id":"%s"}' % FIRST.encode(), "headers": {}}


class Behind:
    """One server behind the gateway: remembers what it was asked, and answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = CREATED

    def application(self) -> Litestar:
        async def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
            scope = request.scope
            headers = {name.decode(): value for name, value in scope["headers"]}
            target = scope["raw_path"] + b"?" + scope["query_string"]
            self.asked.append({"target": target.decode(), "headers": headers, "body": await request.body()})
            told = self.answer
            status, more = told["status"], told["headers"]
            return Response(told["body"], status_code=status, headers=more, media_type="application/json")

        routes = [get(["/{path:path}", ORDERS])(answer), post(ORDERS)(answer)]
        return Litestar(routes, openapi_config=None, logging_config=None)


@pytest.fixture(scope="module")
def behind() -> Behind:
    return Behind()


@pytest.fixture(scope="module")
def arrived() -> list[dict[str, str]]:
    return []


@contextmanager
def gateway(addresses: dict[str, str], arrived: Callable[..., None]) -> Iterator[httpx.Client]:
    application = Gateway(addresses, arrived).application(lambda: True)
    with http_server.serve_in_thread(application) as address, httpx.Client(base_url=address, timeout=5) as client:
        yield client


@pytest.fixture(scope="module")
def open_gateway(behind: Behind, arrived: list[dict[str, str]]) -> Iterator[httpx.Client]:
    with http_server.serve_in_thread(behind.application()) as address:
        addresses = dict.fromkeys(("orders", "stock", "payments"), address)
        with gateway(addresses, arrived.append) as client:
            yield client


@pytest.fixture
def client(open_gateway: httpx.Client, behind: Behind, arrived: list[dict[str, str]]) -> httpx.Client:
    behind.asked.clear()
    arrived.clear()
    behind.answer = CREATED
    return open_gateway


def test_an_order_is_passed_on_as_it_came_and_the_answer_too(client: httpx.Client, behind: Behind) -> None:
    content = json.dumps(BODY | {"more": "ours ignores it"}, indent=3).encode()
    headers = {
        "CID": "c-7", "Idempotency-Key": "key-1", "Authorization": "Bearer x", "User-Agent": "curl",
        "Content-Type": "application/json",
    }

    answer = client.post(ORDERS, content=content, headers=headers | {"Cookie": "secret=1"})

    (asked,) = behind.asked
    assert (answer.status_code, answer.json()) == (201, {"id": FIRST})
    assert asked["body"] == content
    assert {name.lower(): value.encode() for name, value in headers.items()}.items() <= asked["headers"].items()
    assert "cookie" not in asked["headers"]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"{ORDERS}/{FIRST}", f"{ORDERS}/{FIRST}?"), (f"{ORDERS}?page=2", f"{ORDERS}?page=2"),
        (f"{PRODUCTS}?available=true", f"{PRODUCTS}?available=true"),
        (f"{METHODS}?active=a%26b", f"{METHODS}?active=a%26b"), (f"{ORDERS}/a%3Fb", f"{ORDERS}/a%3Fb?"),
        (f"{ORDERS}/%00", f"{ORDERS}/%00?"), (f"{ORDERS}/%2e%2e", f"{ORDERS}/%2e%2e?"),
    ],
)
def test_a_question_is_passed_on_with_its_escapes(client: httpx.Client, behind: Behind, path: str, target: str) -> None:
    behind.answer = {"status": 200, "body": b"[]", "headers": {}}

    answer = client.get(path)

    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"[]", "application/json")
    assert [asked["target"] for asked in behind.asked] == [target]


@pytest.mark.parametrize("status", [200, 404, 422, 429, 500, 503])
def test_an_answer_keeps_its_status_and_its_body(client: httpx.Client, behind: Behind, status: int) -> None:
    behind.answer = {"status": status, "body": b'{"message":"as it was"}', "headers": {"Retry-After": "3"}}

    answer = client.post(ORDERS, json=BODY)

    assert (answer.status_code, answer.content) == (status, b'{"message":"as it was"}')
    assert answer.headers["retry-after"] == "3"


def test_of_each_order_that_was_taken_it_is_told_once(client: httpx.Client, arrived: list[dict[str, str]]) -> None:
    client.post(ORDERS, json=BODY, headers={"CID": "c-7", "User-Agent": "curl"})

    (told,) = arrived
    assert json.loads(told.pop("body")) == BODY
    assert told == {
        "order": FIRST, "url": str(client.base_url.join(ORDERS)), "status": "201", "client": "curl",
        "correlation": "c-7",
    }


@pytest.mark.parametrize("status", [400, 422, 429, 500, 503])
def test_of_an_order_that_was_not_taken_nothing_is_told(
    client: httpx.Client, behind: Behind, arrived: list[dict[str, str]], status: int
) -> None:
    behind.answer = {"status": status, "body": b'{"message":"no"}', "headers": {}}

    client.post(ORDERS, json=BODY)

    assert arrived == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b"{}", 422), (b'{"customerName":"\xff"}', 400), (b"[" * 60_000, 400), (b"", 422)],
)
def test_bad_input_stops_at_the_gateway(client: httpx.Client, behind: Behind, content: bytes, status: int) -> None:
    answer = client.post(ORDERS, content=content, headers={"content-type": "application/json"})

    assert (answer.status_code, list(answer.json())) == (status, ["message"])
    assert behind.asked == []


def test_an_odd_header_is_passed_on_as_it_came(client: httpx.Client, behind: Behind) -> None:
    odd = {"CID": b"\xe9", "Idempotency-Key": b"\xff\xfe", "user-agent": b"\xe9"}

    answer = client.post(ORDERS, json=BODY, headers=odd)

    assert answer.status_code == 201
    assert behind.asked[0]["headers"]["cid"] == b"\xe9"


def test_a_service_that_is_away_is_told_with_a_sentence_and_a_time_to_come_again() -> None:
    nobody = {name: "http://127.0.0.1:9" for name in ("orders", "stock", "payments")}
    with gateway(nobody, lambda fields: None) as client:
        answers = [client.post(ORDERS, json=BODY), client.get(PRODUCTS), client.get(METHODS), client.get(ORDERS)]

    assert [(a.status_code, a.headers["retry-after"], a.json()["message"]) for a in answers] == [
        (503, "1", f"{name} does not answer: try again in a moment")
        for name in ("orders", "stock", "payments", "orders")
    ]


def test_a_connection_that_breaks_is_told_with_the_remedy() -> None:
    with http_server.listen(0, "a test") as listening:
        host, port = listening.getsockname()
        broken = {name: f"http://{host}:{port}" for name in ("orders", "stock", "payments")}
        with gateway(broken, lambda fields: None) as client, hanging_up(listening):
            answers = [client.post(ORDERS, json=BODY), client.get(PRODUCTS)]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [answer.json()["message"] for answer in answers] == [
        "orders did not answer in time: ask again with the same Idempotency-Key",
        "stock did not answer in time: try again in a moment",
    ]


@contextmanager
def hanging_up(listening: Any) -> Iterator[None]:
    def hang_up() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            connection.recv(100_000)
            connection.close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    yield
    thread.join(5)
