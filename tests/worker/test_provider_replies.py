"""Provider replies: what the responses to charges, refunds and parcels mean, also those to a key that is known."""

import json
from typing import Any

import pytest
from sample import FIRST
from worker.outbox_rows import CHARGE, PARCEL, REFUND, external_call

from checkout.replies import CardCharged, CardDenied, CardRefunded, ChargeUnclear, ParcelRefused, RefundRefused
from checkout.worker.calls.external_calls import Unanswered

CONFLICT = (422, b'{"message": "the key came with another body"}', "application/json")


@pytest.mark.parametrize(
    ("known", "reply"),
    [
        ({"order": FIRST, "amount": 10.0, "status": "charged"}, CardCharged(FIRST)),
        ({"order": FIRST, "amount": 10.0, "status": "denied", "reason": "no money"}, CardDenied(FIRST, "no money")),
        ({"order": FIRST, "amount": 11.0, "status": "charged"}, ChargeUnclear(FIRST, "the key came with another body")),
        ({"order": "another", "amount": 10.0}, ChargeUnclear(FIRST, "the key came with another body")),
    ],
)
def test_what_a_key_has_charged_is_asked_when_the_provider_calls_it_a_conflict(
    stub_response_and_adapter: Any, known: dict[str, Any], reply: object
) -> None:
    response, adapter = stub_response_and_adapter
    response["next"], response["get"] = CONFLICT, (200, json.dumps(known).encode(), "application/json")

    assert adapter.charge(external_call(CHARGE)).reply == reply


def test_a_conflict_whose_key_is_unknown_is_unclear(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"], response["get"] = CONFLICT, (404, b"{}", "application/json")

    assert adapter.charge(external_call(CHARGE)).reply == ChargeUnclear(FIRST, "the key came with another body")


def test_a_conflict_that_cannot_be_asked_about_is_unanswered(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"], response["get"] = CONFLICT, (503, b"{}", "application/json")

    with pytest.raises(Unanswered, match="HTTP 503"):
        adapter.charge(external_call(CHARGE))


# -- refunds ----------------------------------------------------------------------------------------------------------


def test_a_refund_is_a_reply(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (201, b'{"id": "refund-1"}', "application/json")

    assert adapter.refund(external_call(REFUND)).reply == CardRefunded(FIRST)


@pytest.mark.parametrize("status", [402, 404, 409, 422])
def test_a_refused_refund_is_a_reply_with_the_reason(stub_response_and_adapter: Any, status: int) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (status, b'{"reason": "too late"}', "application/json")

    assert adapter.refund(external_call(REFUND)).reply == RefundRefused(FIRST, "too late")


@pytest.mark.parametrize("status", [200, 429, 500])
def test_another_response_to_a_refund_is_unanswered(stub_response_and_adapter: Any, status: int) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (status, b"{}", "application/json")

    with pytest.raises(Unanswered, match=f"HTTP {status}"):
        adapter.refund(external_call(REFUND))


# -- shipment company -------------------------------------------------------------------------------------------------


def test_a_refused_parcel_is_a_reply_with_the_reason(stub_response_and_adapter: Any) -> None:
    response, adapter = stub_response_and_adapter
    response["next"] = (422, b'{"message": "unknown address"}', "application/json")

    result = adapter.book(external_call(PARCEL))

    assert (result.status, result.reply) == ("422", ParcelRefused(FIRST, "unknown address"))


@pytest.mark.parametrize("known", [{"status": "pending"}, {"amount": "10.00"}, {"order": []}])
def test_a_known_charge_that_is_not_as_agreed_is_no_answer(stub_response_and_adapter: Any, known: Any) -> None:
    response, adapter = stub_response_and_adapter
    body = {"order": FIRST, "amount": 10.0, "status": "charged"} | known
    response["next"], response["get"] = CONFLICT, (200, json.dumps(body).encode(), "application/json")

    with pytest.raises(Unanswered, match="HTTP 200 whose body is not as agreed"):
        adapter.charge(external_call(CHARGE))
