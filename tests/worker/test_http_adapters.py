"""HTTP adapters, against the simulated servers: charges, parcels, and every kind of missing or invalid response."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar, post
from sample import FIRST
from worker.outbox_rows import CHARGE, MAIL, PARCEL, external_call

from checkout.domain import PaymentMethod
from checkout.messages import ChargeCard
from checkout.replies import CardCharged, CardDenied, ParcelBooked
from checkout.simulators import http_api, payment_broker_http, shipment_company_http
from checkout.simulators.payment_broker import PaymentBroker
from checkout.simulators.shipment_company import ShipmentCompany
from checkout.worker.calls.adapters import HttpAdapter
from checkout.worker.calls.external_calls import Unanswered, idempotency_key

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
    with http_api.serve_in_thread(payment_broker_http.app(provider)) as address:
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


@pytest.mark.parametrize("path", ["/v1", "/v1/"])
def test_the_path_of_a_providers_address_is_called_and_journaled(path: str) -> None:
    @post("/v1/charges", status_code=201)
    async def charge() -> dict[str, str]:
        return {"status": "charged"}

    with http_api.serve_in_thread(Litestar([charge])) as address:
        adapter = HttpAdapter(address.replace("//", "//shop:geheim@") + path)
        result = adapter.charge(external_call(CHARGE))
        adapter._client.close()

    assert (result.reply, result.url) == (CardCharged(FIRST), f"{address}/v1/charges")


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


@pytest.mark.parametrize(("switch", "status"), [("fail", 500), ("busy", 409)])
def test_an_error_of_the_payment_provider_is_not_a_denial(provider_and_adapter: Any, switch: str, status: int) -> None:
    provider, adapter = provider_and_adapter
    setattr(provider.switches, switch, 1)

    with pytest.raises(Unanswered, match=f"HTTP {status}") as error:
        adapter.charge(external_call(CHARGE))

    assert error.value.url.endswith("/charges")
    assert provider.ledger.entries() == []


def test_a_refused_http_connection_leaves_the_call_unanswered() -> None:
    adapter = HttpAdapter("http://127.0.0.1:9")

    with pytest.raises(Unanswered, match="ConnectError"):
        adapter.charge(external_call(CHARGE))

    adapter._client.close()


def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, provider_and_address: tuple[PaymentBroker, str]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    adapter = HttpAdapter(provider_and_address[1])

    assert adapter.charge(external_call(CHARGE)).status == "201"
    adapter._client.close()


def test_a_parcel_repeated_after_a_lost_response_is_booked_once() -> None:
    company = ShipmentCompany()
    company.switches.drop_after_booking = 1
    with http_api.serve_in_thread(shipment_company_http.app(company)) as address:
        adapter = HttpAdapter(address)
        with pytest.raises(Unanswered):
            adapter.book(external_call(PARCEL))

        result = adapter.book(external_call(PARCEL))

        adapter._client.close()
    (entry,) = company.ledger.entries()
    assert (result.status, result.reply) == ("201", ParcelBooked(FIRST, "parcel-1"))
    assert (entry["order"], entry["customer"], entry["attempts"]) == (FIRST, "Ada", 2)
    assert entry["products"] == [{"sku": 1, "quantity": 2}]
