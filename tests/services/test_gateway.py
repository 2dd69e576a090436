"""Gateway: passes requests and responses on unchanged, and calls back with each order that was created."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from sample import BODY, FIRST

from checkout.framework import http_server
from checkout.framework.message import Message
from checkout.messages import PlaceOrder
from checkout.services.gateway import Gateway

Accepted = list[tuple[type[Message], dict[str, str]]]

ORDERS = "/api/v1/order-management/orders"
METHODS = "/api/v1/payment-management/payment-methods"
PRODUCTS = "/api/v1/stock-management/products"
CREATED = {"status": 201, "body": b'{"id":"%s"}' % FIRST.encode(), "headers": {}}


class StubService:
    """A server behind the gateway that records requests; its response is an attribute, which a test may change."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.response: dict[str, Any] = CREATED

    def application(self) -> Litestar:
        async def respond(request: Request[Any, Any, Any]) -> Response[bytes]:
            scope = request.scope
            received = {name.decode(): value for name, value in scope["headers"]}
            target = scope["raw_path"] + b"?" + scope["query_string"]
            self.requests.append({"target": target.decode(), "headers": received, "body": await request.body()})
            status, body, headers = self.response["status"], self.response["body"], self.response["headers"]
            return Response(body, status_code=status, headers=headers, media_type="application/json")

        routes = [get(["/{path:path}", ORDERS])(respond), post(ORDERS)(respond)]
        return Litestar(routes, openapi_config=None, logging_config=None)


@pytest.fixture(scope="module")
def backend() -> StubService:
    return StubService()


@pytest.fixture(scope="module")
def accepted() -> Accepted:
    return []


@contextmanager
def running_gateway(addresses: dict[str, str], on_accepted: Callable[..., None]) -> Iterator[httpx.Client]:
    application = Gateway(addresses, on_accepted).application(lambda: True)
    with http_server.serve_in_thread(application) as address, httpx.Client(base_url=address, timeout=5) as client:
        yield client


@pytest.fixture(scope="module")
def gateway_client(backend: StubService, accepted: Accepted) -> Iterator[httpx.Client]:
    with http_server.serve_in_thread(backend.application()) as address:
        addresses = dict.fromkeys(("orders", "stock", "payments"), address)
        with running_gateway(addresses, lambda message, order: accepted.append((message, order))) as client:
            yield client


@pytest.fixture
def client(gateway_client: httpx.Client, backend: StubService, accepted: Accepted) -> httpx.Client:
    backend.requests.clear()
    accepted.clear()
    backend.response = CREATED
    return gateway_client


def test_an_order_and_its_response_are_passed_on_unchanged(client: httpx.Client, backend: StubService) -> None:
    content = json.dumps(BODY | {"more": "an unknown field"}, indent=3).encode()
    headers = {
        "CID": "c-7", "Idempotency-Key": "key-1", "Authorization": "Bearer x", "User-Agent": "curl",
        "Content-Type": "application/json",
    }

    response = client.post(ORDERS, content=content, headers=headers | {"Cookie": "secret=1"})

    (request,) = backend.requests
    assert (response.status_code, response.json()) == (201, {"id": FIRST})
    assert request["body"] == content
    assert {name.lower(): value.encode() for name, value in headers.items()}.items() <= request["headers"].items()
    assert "cookie" not in request["headers"]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"{ORDERS}/{FIRST}", f"{ORDERS}/{FIRST}?"), (f"{ORDERS}?page=2", f"{ORDERS}?page=2"),
        (f"{PRODUCTS}?available=true", f"{PRODUCTS}?available=true"),
        (f"{METHODS}?active=1&x=a%26b", f"{METHODS}?active=1&x=a%26b"), (f"{ORDERS}/a%3Fb", f"{ORDERS}/a%3Fb?"),
        (f"{ORDERS}/%00", f"{ORDERS}/%00?"), (f"{ORDERS}/%2e%2e", f"{ORDERS}/%2e%2e?"),
    ],
)
def test_a_query_is_passed_on_with_its_escapes(
    client: httpx.Client, backend: StubService, path: str, target: str
) -> None:
    backend.response = {"status": 200, "body": b"[]", "headers": {}}

    response = client.get(path)

    assert (response.status_code, response.content) == (200, b"[]")
    assert response.headers["content-type"] == "application/json"
    assert [request["target"] for request in backend.requests] == [target]


@pytest.mark.parametrize("status", [200, 404, 422, 429, 500, 503])
def test_a_response_keeps_its_status_and_its_body(client: httpx.Client, backend: StubService, status: int) -> None:
    backend.response = {"status": status, "body": b'{"message":"unchanged"}', "headers": {"Retry-After": "3"}}

    response = client.post(ORDERS, json=BODY)

    assert (response.status_code, response.content) == (status, b'{"message":"unchanged"}')
    assert response.headers["retry-after"] == "3"


def test_the_callback_gets_each_created_order_once_without_unknown_fields(
    client: httpx.Client, accepted: Accepted
) -> None:
    unknown = {"password": "geheim", "payment": {"paymentMethod": "CREDIT", "cvc": "123"}}
    client.post(ORDERS, json=BODY | unknown, headers={"CID": "c-7", "User-Agent": "curl"})

    ((message, order),) = accepted
    assert message is PlaceOrder
    assert json.loads(order.pop("body")) == BODY
    assert order == {
        "order": FIRST, "url": str(client.base_url.join(ORDERS)), "status": "201", "client": "curl",
        "correlation": "c-7",
    }


@pytest.mark.parametrize("status", [400, 422, 429, 500, 503])
def test_the_callback_does_not_get_a_refused_order(
    client: httpx.Client, backend: StubService, accepted: Accepted, status: int
) -> None:
    backend.response = {"status": status, "body": b'{"message":"no"}', "headers": {}}

    client.post(ORDERS, json=BODY)

    assert accepted == []


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 400), (b"{}", 422), (b'{"customerName":"\xff"}', 400), (b"[" * 60_000, 400), (b"", 422)],
)
def test_an_invalid_body_is_refused_by_the_gateway(
    client: httpx.Client, backend: StubService, content: bytes, status: int
) -> None:
    response = client.post(ORDERS, content=content, headers={"content-type": "application/json"})

    assert (response.status_code, list(response.json())) == (status, ["message"])
    assert backend.requests == []


@pytest.mark.parametrize(
    "request_with_card",
    [{"json": BODY | {"card": "4111111111111111"}}, {"json": BODY, "headers": {"CID": "4111111111111111"}}],
)
def test_a_card_number_does_not_reach_orders(
    client: httpx.Client, backend: StubService, request_with_card: dict[str, Any]
) -> None:
    placed = client.post(ORDERS, **request_with_card)
    cancelled = client.post(f"{ORDERS}/{FIRST}/cancellation?card=4111111111111111")

    assert ([placed.status_code, cancelled.status_code], backend.requests) == ([422, 422], [])


def test_a_header_that_is_not_ascii_is_passed_on_unchanged(client: httpx.Client, backend: StubService) -> None:
    headers = {"CID": b"\xe9", "Idempotency-Key": b"\xff\xfe", "user-agent": b"\xe9"}

    response = client.post(ORDERS, json=BODY, headers=headers)

    assert response.status_code == 201
    assert backend.requests[0]["headers"]["cid"] == b"\xe9"


def test_white_space_after_the_value_of_a_header_is_no_part_of_it(client: httpx.Client, backend: StubService) -> None:
    backend.response = {"status": 200, "body": b"[]", "headers": {}}
    with socket.create_connection((client.base_url.host, client.base_url.port), 5) as connection:
        lines = f"GET {ORDERS} HTTP/1.1", "host: a", "authorization: Bearer x \t", "connection: close", "", ""
        connection.sendall("\r\n".join(lines).encode())
        status = connection.recv(1_000).split()[1]

    assert (status, backend.requests[0]["headers"]["authorization"]) == (b"200", b"Bearer x")


def test_an_unavailable_service_is_answered_with_503_and_retry_after() -> None:
    addresses = {name: "http://127.0.0.1:9" for name in ("orders", "stock", "payments")}
    with running_gateway(addresses, lambda fields: None) as client:
        responses = [client.post(ORDERS, json=BODY), client.get(PRODUCTS), client.get(METHODS), client.get(ORDERS)]

    assert [(a.status_code, a.headers["retry-after"], a.json()["message"]) for a in responses] == [
        (503, "1", f"{name} does not answer: try again in a moment")
        for name in ("orders", "stock", "payments", "orders")
    ]


def test_a_broken_connection_is_answered_with_503_and_a_remedy() -> None:
    with http_server.listen(0, "a test") as listening:
        host, port = listening.getsockname()
        addresses = {name: f"http://{host}:{port}" for name in ("orders", "stock", "payments")}
        with running_gateway(addresses, lambda fields: None) as client, closing_connections(listening):
            responses = [client.post(ORDERS, json=BODY), client.get(PRODUCTS)]

    assert [response.status_code for response in responses] == [503, 503]
    assert [response.json()["message"] for response in responses] == [
        "orders did not answer in time: repeat the request with the same Idempotency-Key",
        "stock did not answer in time: try again in a moment",
    ]


@contextmanager
def closing_connections(listening: Any) -> Iterator[None]:
    def close_connections() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            connection.recv(100_000)
            connection.close()

    thread = threading.Thread(target=close_connections, daemon=True)
    thread.start()
    yield
    thread.join(5)
