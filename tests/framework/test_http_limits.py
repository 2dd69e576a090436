"""HTTP limits, on sockets: heads that are too large, requests that are too slow, responses that nobody reads."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from litestar import Request, Response, get, post

from checkout.framework import http_app, http_server
from checkout.framework.http_limits import MOST_HEAD_BYTES, MOST_HEADERS, LimitedConnection

GET = b"GET /health-check HTTP/1.1\r\nhost: a\r\n"
POST = b"POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
PATIENCE = 20.0  # seconds until a test fails


class HastyConnection(LimitedConnection):
    """The same with short times."""

    head_seconds, body_seconds, write_seconds = 0.3, 0.3, 0.3


@post("/orders")
async def place(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@get("/endless")
async def wait_for_the_end(request: Request[Any, Any, Any]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@get("/large", sync_to_thread=False)
def read_much() -> Response[bytes]:
    return Response(b"x" * 30_000_000, media_type="text/plain")


@pytest.fixture(scope="module")
def connect() -> Iterator[Callable[..., socket.socket]]:
    """Connects to a server of the given protocol; all are closed at the end."""
    with ExitStack() as stack:
        ports: dict[Any, int] = {}

        def open_socket(protocol: Any = LimitedConnection) -> socket.socket:
            if protocol not in ports:
                application = http_app.application("A test", [place, read_much, wait_for_the_end], lambda: True)
                address = stack.enter_context(http_server.serve_in_thread(application, protocol=protocol))
                ports[protocol] = int(address.rpartition(":")[2])
            return stack.enter_context(socket.create_connection(("127.0.0.1", ports[protocol]), PATIENCE))

        yield open_socket


def response_to(connection: socket.socket, request: bytes = b"") -> tuple[int, Any]:
    """Sends bytes, reads until the server closes the connection, and returns status and body; 0 without a response."""
    connection.sendall(request)
    received = b""
    while chunk := connection.recv(100_000):
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    return (int(head.split()[1]), json.loads(body)) if received else (0, None)


def first_response_to(connection: socket.socket, request: bytes) -> bytes:
    """Sends a request and reads until the end of its small JSON body."""
    connection.sendall(request)
    received = b""
    while not received.endswith(b"}"):
        received += connection.recv(100_000)
    return received


def read_until_closed(connection: socket.socket, dripped: bytes) -> bytes:
    """Sends a few bytes at a time until the server closes the connection; returns what it has sent."""
    connection.settimeout(0.02)
    received = b""
    for _ in range(int(PATIENCE / 0.02)):
        with contextlib.suppress(TimeoutError):
            try:
                connection.sendall(dripped)
                chunk = connection.recv(10_000)
            except ConnectionError:
                return received
            if not chunk:
                return received
            received += chunk
    raise AssertionError("the server has not closed the connection")


def test_a_request_within_the_limits_is_answered_and_the_connection_is_kept(connect: Any) -> None:
    connection = connect()
    headers = b"".join(b"x-%d: %s\r\n" % (number, b"y" * 250) for number in range(MOST_HEADERS - 2))

    for request in (GET + b"\r\n", GET + headers + b"\r\n"):
        assert first_response_to(connection, request).startswith(b"HTTP/1.1 200")
    assert response_to(connection, GET + b"connection: close\r\n\r\n") == (200, {"status": "ready"})


@pytest.mark.parametrize(
    "head",
    [
        GET + b"x: " + b"y" * MOST_HEAD_BYTES + b"\r\n\r\n",
        GET + b"".join(b"x-%d: %s\r\n" % (number, b"y" * 500) for number in range(90)) + b"\r\n",
        b"GET /" + b"a" * MOST_HEAD_BYTES + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        GET + b"x: " + b"y" * MOST_HEAD_BYTES,
        b"GET /" + b"a" * (MOST_HEAD_BYTES + 1),
    ],
    ids=["one header", "many headers", "the address", "a header without end", "an address without end"],
)
def test_a_head_that_is_too_large_is_431(connect: Any, head: bytes) -> None:
    message = {"message": f"the headers are larger than {MOST_HEAD_BYTES} bytes"}

    assert response_to(connect(), head) == (431, message)


def test_too_many_headers_are_431(connect: Any) -> None:
    head = GET + b"x: y\r\n" * MOST_HEADERS + b"\r\n"

    assert response_to(connect(), head) == (431, {"message": f"there are more than {MOST_HEADERS} headers"})


def test_trailers_after_a_body_in_chunks_count_as_headers(connect: Any) -> None:
    body = b"2\r\n{}\r\n0\r\n" + b"x: y\r\n" * MOST_HEADERS

    assert response_to(connect(), POST + b"transfer-encoding: chunked\r\n\r\n" + body)[0] == 431


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: \x1b[31m\r\n\r\n", POST + b"content-length: x\r\n\r\n",
        POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
    ],
)
def test_what_is_no_http_request_is_400_in_the_form_of_all_errors(connect: Any, request_bytes: bytes) -> None:
    assert response_to(connect(), request_bytes) == (400, {"message": "this is no HTTP request"})


@pytest.mark.parametrize(
    "sent", [b"GET", GET, POST + b"content-length: 10\r\n\r\n{", POST + b"transfer-encoding: chunked\r\n\r\n"],
    ids=["a word", "an unfinished head", "an unfinished body", "no chunk"],
)  # fmt: skip
def test_a_request_that_is_too_slow_is_408_and_the_connection_is_closed(
    connect: Any, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    message = {"message": "the request or the reading of its response took too long"}

    assert response_to(connect(HastyConnection), sent) == (408, message)
    assert caplog.text == ""


def test_a_connection_on_which_nothing_is_sent_is_closed_without_an_answer(connect: Any) -> None:
    assert response_to(connect(HastyConnection)) == (0, None)


@pytest.mark.parametrize("behind", [b"GET /hea", b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n", b"\0"])
def test_no_refusal_of_a_second_request_is_taken_for_the_answer_to_the_first(connect: Any, behind: bytes) -> None:
    connection = connect(HastyConnection)

    connection.sendall(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n" + behind)

    assert read_until_closed(connection, b"") == b""


@pytest.mark.parametrize("dripped", [b"x", b"\r\n"], ids=["a header", "empty lines after a request"])
def test_bytes_that_come_one_by_one_do_not_keep_a_connection(connect: Any, dripped: bytes) -> None:
    connection = connect(HastyConnection)
    connection.sendall(GET + (b"x: " if dripped == b"x" else b"\r\n"))

    received = read_until_closed(connection, dripped)

    assert b"HTTP/1.1 408" in received


def test_a_body_after_its_refusal_does_not_keep_a_connection(connect: Any) -> None:
    connection = connect(HastyConnection)
    connection.sendall(POST + b"content-length: 100000000\r\n\r\n" + b"x" * 70_000)

    received = read_until_closed(connection, b"x" * 10)

    assert received.startswith(b"HTTP/1.1 413")


def watched() -> Any:
    """A protocol that says when it cannot write, and when the server has closed it.

    The client would see that only after reading all that was on its way.
    """

    class WatchedConnection(HastyConnection):
        paused, closed = threading.Event(), threading.Event()

        def pause_writing(self) -> None:
            super().pause_writing()
            self.paused.set()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self.closed.set()

    return WatchedConnection


@pytest.mark.parametrize("behind", [b"", GET + b"\r\n"], ids=["nothing more", "another request"])
def test_a_response_that_is_not_read_does_not_keep_a_connection(connect: Any, behind: bytes) -> None:
    protocol = watched()
    connection = connect(protocol)

    connection.sendall(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
    assert protocol.paused.wait(PATIENCE)
    connection.sendall(behind)

    assert protocol.closed.wait(PATIENCE)


def test_a_connection_too_many_is_503() -> None:
    class FewConnections(LimitedConnection):
        most_connections = 2

    application = http_app.application("A test", [], lambda: True)
    with http_server.serve_in_thread(application, protocol=FewConnections) as address, ExitStack() as stack:
        place = ("127.0.0.1", int(address.rpartition(":")[2]))
        kept = [stack.enter_context(socket.create_connection(place, PATIENCE)) for _ in range(2)]
        for connection in kept:
            assert first_response_to(connection, GET + b"\r\n").startswith(b"HTTP/1.1 200")

        refused = response_to(stack.enter_context(socket.create_connection(place, PATIENCE)))

    assert refused == (503, {"message": "too many connections: try again in a moment"})
