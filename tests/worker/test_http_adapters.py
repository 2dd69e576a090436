"""HTTP adapters, against the simulated servers: charges, parcels, and every kind of missing or invalid response."""

import contextlib
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar, Response, post
from sample import FIRST
from worker.outbox_rows import CHARGE, MAIL, PARCEL, external_call

from checkout.domain import PaymentMethod
from checkout.framework.http_server import listen
from checkout.messages import CardCharged, CardDenied, ChargeCard, ParcelBooked, ParcelRefused
from checkout.simulators import http_api, payment_broker, shipment_company
from checkout.simulators.payment_broker import PaymentBroker
from checkout.simulators.shipment_company import ShipmentCompany
from checkout.worker import adapters
from checkout.worker.adapters import TIMEOUT, HttpAdapter
from checkout.worker.external_calls import Unanswered, idempotency_key

HIGH_CHARGE = ChargeCard(FIRST, Decimal("1000.01"), PaymentMethod.DEBIT)


def test_the_idempotency_key_is_a_uuid_of_version_5() -> None:
    key = idempotency_key(external_call(CHARGE))

    assert key == str(uuid.uuid5(uuid.UUID(FIRST), "charge"))


def test_the_idempotency_key_depends_only_on_the_order_and_the_purpose() -> None:
    keys = [idempotency_key(external_call(message)) for message in (CHARGE, HIGH_CHARGE, PARCEL, MAIL)]

    assert keys[0] == keys[1] == str(uuid.uuid5(uuid.UUID(FIRST), "charge"))
    assert len(set(keys)) == 3


# -- payment provider -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider_and_address() -> Iterator[tuple[PaymentBroker, str]]:
    provider = PaymentBroker()
    with http_api.serve_in_thread(payment_broker.app(provider)) as address:
        yield provider, address


@pytest.fixture
def provider_and_adapter(
    provider_and_address: tuple[PaymentBroker, str]
) -> Iterator[tuple[PaymentBroker, HttpAdapter]]:
    provider, address = provider_and_address
    new = PaymentBroker()
    provider.switches, provider.ledger._entries = new.switches, new.ledger._entries
    adapter = HttpAdapter(address)
    yield provider, adapter
    adapter._client.close()


def test_a_charge_is_sent_with_its_idempotency_key(provider_and_adapter: Any) -> None:
    provider, adapter = provider_and_adapter

    result = adapter.charge(external_call(CHARGE))

    (entry,) = provider.ledger.entries()
    assert (result.status, result.reply) == ("201", CardCharged(FIRST))
    assert result.url.endswith("/charges")
    assert (entry["key"], entry["order"], entry["amount"], entry["currency"], entry["method"], entry["status"]) == (
        idempotency_key(external_call(CHARGE)), FIRST, Decimal("10.00"), "EUR", "CREDIT", "charged",
    )


def test_a_denied_charge_is_a_reply_with_the_reason(provider_and_adapter: Any) -> None:
    result = provider_and_adapter[1].charge(external_call(HIGH_CHARGE))

    assert (result.status, result.reply) == ("402", CardDenied(FIRST, "above the limit"))


def test_a_charge_repeated_after_a_dropped_connection_charges_once(provider_and_adapter: Any) -> None:
    provider, adapter = provider_and_adapter
    provider.switches.drop_after_charging = 1

    with pytest.raises(Unanswered):
        adapter.charge(external_call(CHARGE))
    result = adapter.charge(external_call(CHARGE))

    (entry,) = provider.ledger.entries()
    assert result.reply == CardCharged(FIRST)
    assert (entry["attempts"], entry["id"], entry["conflicts"]) == (2, entry["id"], 0)


def test_a_server_error_of_the_payment_provider_is_not_a_denial(provider_and_adapter: Any) -> None:
    provider, adapter = provider_and_adapter
    provider.switches.fail = 1

    with pytest.raises(Unanswered, match="HTTP 500") as error:
        adapter.charge(external_call(CHARGE))

    assert error.value.url.endswith("/charges")
    assert provider.ledger.entries() == []


def test_a_refused_http_connection_leaves_the_call_unanswered() -> None:
    adapter = HttpAdapter("http://127.0.0.1:9")

    with pytest.raises(Unanswered, match="ConnectError"):
        adapter.charge(external_call(CHARGE))

    adapter._client.close()


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


def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, provider_and_address: tuple[PaymentBroker, str]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    adapter = HttpAdapter(provider_and_address[1])

    assert adapter.charge(external_call(CHARGE)).status == "201"
    adapter._client.close()


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


@pytest.fixture(scope="module")
def stub_response_and_adapter() -> Iterator[tuple[dict[str, Any], HttpAdapter]]:
    response: dict[str, Any] = {}

    async def respond() -> Response[bytes]:
        status, content, kind = response["next"]
        return Response(content, status_code=status, media_type=kind)

    routes = [post(["/charges", "/parcels"])(respond)]
    application = Litestar(routes, openapi_config=None, logging_config=None)
    with http_api.serve_in_thread(application) as address:
        adapter = HttpAdapter(address)
        yield response, adapter
        adapter._client.close()


@pytest.mark.parametrize("name", INVALID_RESPONSES)
@pytest.mark.parametrize("method", ["charge", "book"])
def test_an_invalid_response_leaves_the_call_unanswered(stub_response_and_adapter: Any, method: str, name: str) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = INVALID_RESPONSES[name]

    with pytest.raises(Unanswered):
        getattr(adapter, method)(external_call(CHARGE if method == "charge" else PARCEL))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (402, b'{"reason":"no money"}', "no money"), (402, b'{"message":"no account"}', "no account"),
        (402, b"{}", "denied"), (402, b'{"reason":7}', "7"),
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


def test_a_key_that_came_with_another_body_is_not_a_denial(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (422, b'{"message": "the key came with another body"}', "application/json")

    with pytest.raises(Unanswered, match="HTTP 422"):
        adapter.charge(external_call(CHARGE))


# -- shipment company -------------------------------------------------------------------------------------------------


def test_a_refused_parcel_is_a_reply_with_the_reason(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (422, b'{"message": "unknown address"}', "application/json")

    result = adapter.book(external_call(PARCEL))

    assert (result.status, result.reply) == ("422", ParcelRefused(FIRST, "unknown address"))


def test_a_parcel_repeated_after_a_lost_response_is_booked_once() -> None:
    company = ShipmentCompany()
    company.switches.drop_after_booking = 1
    with http_api.serve_in_thread(shipment_company.app(company)) as address:
        adapter = HttpAdapter(address)
        with pytest.raises(Unanswered):
            adapter.book(external_call(PARCEL))

        result = adapter.book(external_call(PARCEL))

        adapter._client.close()
    (entry,) = company.ledger.entries()
    assert (result.status, result.reply) == ("201", ParcelBooked(FIRST, "parcel-1"))
    assert (entry["order"], entry["customer"], entry["attempts"]) == (FIRST, "Ada", 2)
    assert entry["products"] == [{"sku": 1, "quantity": 2}]
