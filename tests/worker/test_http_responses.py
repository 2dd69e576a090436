"""HTTP responses: missing, late, endless and invalid ones, and what an adapter makes of each."""

import contextlib
import gzip
import json
import threading
from typing import Any

import pytest
from litestar import Litestar, Request, Response, post
from sample import FIRST
from worker.outbox_rows import CHARGE, PARCEL, REFUND, external_call

from checkout.framework.http_server import listen
from checkout.replies import CardDenied
from checkout.simulators import http_api
from checkout.worker.calls import adapters
from checkout.worker.calls.adapters import TIMEOUT, HttpAdapter
from checkout.worker.calls.external_calls import Unanswered


def test_the_timeouts_are_one_second_to_connect_and_five_to_read() -> None:
    assert (TIMEOUT.connect, TIMEOUT.read) == (1.0, 5.0)


@pytest.mark.parametrize(("pause", "problem"), [(0.0, "ReadError"), (0.05, "ReadTimeout")])
def test_a_response_without_end_leaves_the_call_unanswered(
    monkeypatch: pytest.MonkeyPatch, pause: float, problem: str
) -> None:
    monkeypatch.setattr(adapters, "LONGEST_RESPONSE", 0.3)
    stopping = threading.Event()

    def respond(socket: Any) -> None:
        connection, _ = socket.accept()
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n\r\n")
        with contextlib.suppress(OSError):
            while not stopping.wait(pause):
                connection.sendall(b" " * (10 if pause else 10_000))
        connection.close()

    with listen(0, "a test") as socket:
        thread = threading.Thread(target=respond, args=(socket,), daemon=True)
        thread.start()
        adapter = HttpAdapter("http://{}:{}".format(*socket.getsockname()))
        with pytest.raises(Unanswered, match=problem):
            adapter.charge(external_call(CHARGE))
        adapter._client.close()
        stopping.set()
        thread.join(5)


def test_headers_that_come_byte_by_byte_leave_the_call_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "LONGEST_RESPONSE", 0.3)
    stopping = threading.Event()

    def respond(socket: Any) -> None:
        connection, _ = socket.accept()
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 201 Created\r\nx: ")
        with contextlib.suppress(OSError):
            while not stopping.wait(0.05):
                connection.sendall(b"x")
        connection.close()

    with listen(0, "a test") as socket:
        thread = threading.Thread(target=respond, args=(socket,), daemon=True)
        thread.start()
        adapter = HttpAdapter("http://{}:{}".format(*socket.getsockname()))
        with pytest.raises(Unanswered, match="ReadTimeout"):
            adapter.charge(external_call(CHARGE))
        adapter._client.close()
        stopping.set()
        thread.join(5)


@pytest.mark.slow
def test_a_read_times_out_after_five_seconds() -> None:
    with listen(0, "a test") as socket:
        adapter = HttpAdapter("http://{}:{}".format(*socket.getsockname()))

        with pytest.raises(Unanswered, match="ReadTimeout"):
            adapter.charge(external_call(CHARGE))

        adapter._client.close()


INVALID_RESPONSES = {
    "html": (200, b"<html>", "text/html"), "a list": (201, b"[]", "application/json"),
    "not JSON": (201, b"{", "application/json"), "not UTF-8": (201, b'{"id":"\xff"}', "application/json"),
    "a redirect": (302, b"{}", "application/json"), "an unknown status": (418, b"{}", "application/json"),
    "too large": (201, b'{"id":"' + b"x" * 70_000 + b'"}', "application/json"), "empty": (201, b"", "application/json"),
    "not found": (404, b"{}", "application/json"), "conflict": (409, b"{}", "application/json"),
    "too many requests": (429, b"{}", "application/json"), "unavailable": (503, b"{}", "application/json"),
}


@pytest.mark.parametrize("name", INVALID_RESPONSES)
@pytest.mark.parametrize("method", ["charge", "book"])
def test_an_invalid_response_leaves_the_call_unanswered(stub_response_and_adapter: Any, method: str, name: str) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = INVALID_RESPONSES[name]

    with pytest.raises(Unanswered):
        getattr(adapter, method)(external_call(CHARGE if method == "charge" else PARCEL))


def test_a_redirect_is_not_followed() -> None:
    @post("/charges")
    async def redirect() -> Response[bytes]:
        return Response(b"{}", status_code=307, headers={"location": "/elsewhere"})

    @post("/elsewhere", status_code=201)
    async def charge() -> dict[str, str]:
        return {"status": "charged", "id": "charge-1"}

    with http_api.serve_in_thread(Litestar([redirect, charge])) as address:
        adapter = HttpAdapter(address)
        with pytest.raises(Unanswered, match="HTTP 307"):
            adapter.charge(external_call(CHARGE))
        adapter._client.close()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (402, b'{"reason":"no money"}', "no money"), (402, b'{"message":"no account"}', "no account"),
        (402, b"{}", "no reason was given"), (402, b'{"reason":7}', "7"),
    ],
)
def test_a_denial_always_has_a_reason(stub_response_and_adapter: Any, status: int, body: bytes, reason: str) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (status, body, "application/json")

    assert adapter.charge(external_call(CHARGE)).reply == CardDenied(FIRST, reason)


def test_a_reason_is_stored_in_characters_that_every_receiver_takes(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    body = b'{"reason": "no \\ud800 \\u0000 ' + b"x" * 2_000 + b'"}'
    response["next"] = 402, body, "application/json"

    result = adapter.charge(external_call(CHARGE))

    assert result.reply == CardDenied(FIRST, "no ? \ufffd " + "x" * 993)


def test_a_reason_with_a_card_number_is_masked(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = 402, b'{"reason": "4111 1111 1111 1111 has expired"}', "application/json"

    assert adapter.charge(external_call(CHARGE)).reply == CardDenied(FIRST, "(card number) has expired")


NOT_AS_AGREED = {
    "a charge that is denied": ("charge", 201, {"status": "denied"}),
    "a denial that is charged": ("charge", 402, {"status": "charged"}),
    "a reason that is a list": ("charge", 402, {"reason": ["no money"]}),
    "a refund that is refused": ("refund", 201, {"status": "refused"}),
    "an id that is an object": ("book", 201, {"id": {}}),
    "a list": ("book", 201, []), "text": ("refund", 409, "no"), "null": ("charge", 201, None),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_AS_AGREED)
def test_a_body_that_is_not_as_agreed_is_no_answer(stub_response_and_adapter: Any, name: str) -> None:
    response, adapter = stub_response_and_adapter
    call, status, body = NOT_AS_AGREED[name]
    response["next"] = status, json.dumps(body).encode(), "application/json"
    payload = {"charge": CHARGE, "refund": REFUND, "book": PARCEL}[call]

    with pytest.raises(Unanswered, match=f"HTTP {status} whose body is not as agreed"):
        getattr(adapter, call)(external_call(payload))


def test_a_compressed_body_is_not_unpacked() -> None:
    @post("/charges", status_code=201)
    async def respond() -> Response[bytes]:
        packed = gzip.compress(b'{"id": "charge-1"}')
        return Response(packed, headers={"content-encoding": "gzip"}, media_type="application/json")

    with http_api.serve_in_thread(Litestar([respond], openapi_config=None)) as address:
        adapter = HttpAdapter(address)
        with pytest.raises(Unanswered, match="UnicodeDecodeError"):
            adapter.charge(external_call(CHARGE))
        adapter._client.close()


def test_the_password_of_an_address_is_used_and_not_journaled() -> None:
    received: list[str | None] = []

    @post("/charges", status_code=201)
    async def respond(request: Request[Any, Any, Any]) -> dict[str, str]:
        received.append(request.headers.get("authorization"))
        return {}

    with http_api.serve_in_thread(Litestar([respond], openapi_config=None)) as address:
        adapter = HttpAdapter(address.replace("//", "//shop:geheim@"))
        result = adapter.charge(external_call(CHARGE))
        adapter._client.close()

    assert result.url == f"{address}/charges" and received[0].startswith("Basic ")
