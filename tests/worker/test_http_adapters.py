"""The lines to the outside systems over HTTP, against the real servers: charges, parcels, every kind of silence."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar, Response, post
from sample import FIRST
from worker.outbox_rows import CHARGE, MAIL, PARCEL, row

from checkout.domain import PaymentMethod
from checkout.framework.http_server import listen
from checkout.messages import CardCharged, CardDenied, ChargeCard, ParcelBooked, ParcelRefused
from checkout.simulators import http_api, payment_broker, shipment_company
from checkout.simulators.payment_broker import PaymentBroker
from checkout.simulators.shipment_company import ShipmentCompany
from checkout.worker.adapters import TIMEOUT, HttpAdapter, idempotency_key
from checkout.worker.external_calls import Unanswered

MUCH = ChargeCard(FIRST, Decimal("1000.01"), PaymentMethod.DEBIT)


def test_a_key_is_made_of_the_order_and_the_purpose_and_of_nothing_else() -> None:
    keys = [idempotency_key(row(message)) for message in (CHARGE, MUCH, PARCEL, MAIL)]

    assert keys[0] == keys[1] == str(uuid.uuid5(uuid.UUID(FIRST), "charge"))
    assert len(set(keys)) == 3


# -- the payment broker -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bank_address() -> Iterator[tuple[PaymentBroker, str]]:
    broker = PaymentBroker()
    with http_api.serve_in_thread(payment_broker.app(broker)) as address:
        yield broker, address


@pytest.fixture
def bank(bank_address: tuple[PaymentBroker, str]) -> Iterator[tuple[PaymentBroker, HttpAdapter]]:
    broker, address = bank_address
    fresh = PaymentBroker()
    broker.switches, broker.ledger._entries = fresh.switches, fresh.ledger._entries
    company = HttpAdapter(address)
    yield broker, company
    company._client.close()


def test_a_charge_is_asked_with_its_key_and_answered(bank: Any) -> None:
    broker, company = bank

    answer = company.charge(row(CHARGE))

    (kept,) = broker.ledger.entries()
    assert (answer.status, answer.reply) == ("201", CardCharged(FIRST))
    assert answer.url.endswith("/charges")
    assert (kept["key"], kept["order"], kept["amount"], kept["currency"], kept["method"], kept["status"]) == (
        idempotency_key(row(CHARGE)), FIRST, Decimal("10.00"), "EUR", "CREDIT", "charged",
    )


def test_a_denial_is_an_answer_with_its_reason(bank: Any) -> None:
    answer = bank[1].charge(row(MUCH))

    assert (answer.status, answer.reply) == ("402", CardDenied(FIRST, "above the limit"))


def test_a_connection_dropped_after_charging_is_unknown_and_asked_again_charges_nothing_more(bank: Any) -> None:
    broker, company = bank
    broker.switches.drop_after_charging = 1

    with pytest.raises(Unanswered):
        company.charge(row(CHARGE))
    answer = company.charge(row(CHARGE))

    (kept,) = broker.ledger.entries()
    assert answer.reply == CardCharged(FIRST)
    assert (kept["attempts"], kept["id"], kept["conflicts"]) == (2, kept["id"], 0)


def test_an_error_of_the_broker_is_no_denial(bank: Any) -> None:
    broker, company = bank
    broker.switches.fail = 1

    with pytest.raises(Unanswered, match="HTTP 500") as silence:
        company.charge(row(CHARGE))

    assert silence.value.url.endswith("/charges")
    assert broker.ledger.entries() == []


def test_a_broker_that_is_not_there_leaves_the_outcome_unknown() -> None:
    company = HttpAdapter("http://127.0.0.1:9")

    with pytest.raises(Unanswered, match="ConnectError"):
        company.charge(row(CHARGE))

    company._client.close()


def test_one_waits_a_second_for_a_connection_and_five_for_an_answer() -> None:
    assert (TIMEOUT.connect, TIMEOUT.read) == (1.0, 5.0)


@pytest.mark.slow
def test_a_broker_that_says_nothing_is_given_up_after_five_seconds() -> None:
    with listen(0, "a test") as silent:
        company = HttpAdapter("http://{}:{}".format(*silent.getsockname()))

        with pytest.raises(Unanswered, match="ReadTimeout"):
            company.charge(row(CHARGE))

        company._client.close()


ODD = {
    "html": (200, b"<html>", "text/html"), "a list": (201, b"[]", "application/json"),
    "no JSON": (201, b"{", "application/json"), "not UTF-8": (201, b'{"id":"\xff"}', "application/json"),
    "a redirect": (302, b"{}", "application/json"), "teapot": (418, b"{}", "application/json"),
    "endless": (201, b'{"id":"' + b"x" * 70_000 + b'"}', "application/json"), "nothing": (201, b"", "application/json"),
    "not found": (404, b"{}", "application/json"), "conflict": (409, b"{}", "application/json"),
    "slow down": (429, b"{}", "application/json"), "away": (503, b"{}", "application/json"),
}


@pytest.fixture(scope="module")
def odd_company() -> Iterator[tuple[dict[str, Any], HttpAdapter]]:
    told: dict[str, Any] = {}

    async def answer() -> Response[bytes]:
        status, content, kind = told["answer"]
        return Response(content, status_code=status, media_type=kind)

    routes = [post(["/charges", "/parcels"])(answer)]
    application = Litestar(routes, openapi_config=None, logging_config=None)
    with http_api.serve_in_thread(application) as address:
        company = HttpAdapter(address)
        yield told, company
        company._client.close()


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("what", ["charge", "book"])
def test_an_answer_that_nobody_understands_is_no_answer(odd_company: Any, what: str, name: str) -> None:
    told, company = odd_company
    told["answer"] = ODD[name]

    with pytest.raises(Unanswered):
        getattr(company, what)(row(CHARGE if what == "charge" else PARCEL))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (402, b'{"reason":"no money"}', "no money"), (422, b'{"message":"not an amount"}', "not an amount"),
        (402, b"{}", "denied"), (402, b'{"reason":7}', "7"),
    ],
)
def test_a_denial_has_a_reason_whatever_the_broker_says(
    odd_company: Any, status: int, body: bytes, reason: str
) -> None:
    told, company = odd_company
    told["answer"] = (status, body, "application/json")

    assert company.charge(row(CHARGE)).reply == CardDenied(FIRST, reason)


# -- the shipment company ---------------------------------------------------------------------------------------------


def test_a_parcel_the_company_refuses_is_not_asked_for_again(odd_company: Any) -> None:
    told, company = odd_company
    told["answer"] = (422, b'{"message": "nobody lives there"}', "application/json")

    answer = company.book(row(PARCEL))

    assert (answer.status, answer.reply) == ("422", ParcelRefused(FIRST, "nobody lives there"))


def test_a_parcel_is_booked_once_though_the_first_answer_is_lost() -> None:
    depot = ShipmentCompany()
    depot.switches.drop_after_booking = 1
    with http_api.serve_in_thread(shipment_company.app(depot)) as address:
        company = HttpAdapter(address)
        with pytest.raises(Unanswered):
            company.book(row(PARCEL))

        answer = company.book(row(PARCEL))

        company._client.close()
    (kept,) = depot.ledger.entries()
    assert (answer.status, answer.reply) == ("201", ParcelBooked(FIRST, "parcel-1"))
    assert (kept["order"], kept["customer"], kept["attempts"]) == (FIRST, "Ada", 2)
    assert kept["products"] == [{"sku": 1, "quantity": 2}]
