"""Payments: one charge per order, and the message with its result."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sample import ADA, EMAIL, FIRST, SECOND, process_payment

from checkout.domain import PaymentMethod
from checkout.messages import ChargeCard, PaymentFailed, PaymentProcessed
from checkout.replies import CardCharged, CardDenied
from checkout.services.payments import Payments

METHODS = "/api/v1/payment-management/payment-methods"


@pytest.fixture
def payments(new_harness: Callable[..., Any]) -> Any:
    return new_harness(Payments())


def test_the_total_is_charged(payments: Any) -> None:
    sent = payments.handle(process_payment(total="10.00"))

    assert sent == [ChargeCard(FIRST, Decimal("10.00"), PaymentMethod.CREDIT)]
    assert sent[0].purpose == "charge"


def test_a_successful_charge_is_published(payments: Any) -> None:
    payments.handle(process_payment())

    sent = payments.handle(CardCharged(FIRST))

    assert sent == [PaymentProcessed(FIRST)]
    assert payments.state(process_payment())[FIRST].status == "CHARGED"


def test_a_denied_charge_is_published_with_the_reason_and_the_customer(payments: Any) -> None:
    payments.handle(process_payment())

    sent = payments.handle(CardDenied(FIRST, "above the limit"))

    assert sent == [PaymentFailed(FIRST, "above the limit", ADA, EMAIL)]
    payment = payments.state(process_payment())[FIRST]
    assert (payment.status, payment.reason) == ("DENIED", "above the limit")


@pytest.mark.parametrize("total", ["0.00", "-1.00", "-0.01", "NaN", "Infinity", "-Infinity", "1000000.01", None])
def test_an_invalid_total_fails_without_an_external_call(payments: Any, total: str | None) -> None:
    sent = payments.handle(process_payment(total=total))

    amount = None if total is None else Decimal(total)
    reason = f"{amount} is not an amount between 0.01 and 1,000,000.00 EUR"
    assert sent == [PaymentFailed(FIRST, reason, ADA, EMAIL)]


@pytest.mark.parametrize("total", ["0.01", "1000000.00"])
def test_the_smallest_and_the_largest_amount_are_charged(payments: Any, total: str) -> None:
    (sent,) = payments.handle(process_payment(total=total))

    assert sent == ChargeCard(FIRST, Decimal(total), PaymentMethod.CREDIT)


def test_payments_in_one_batch_are_independent(payments: Any) -> None:
    payments.handle(process_payment(), process_payment(SECOND, total="8.50"))

    sent = payments.handle(CardDenied(SECOND, "no money"), CardCharged(FIRST))

    assert [type(message) for message in sent] == [PaymentFailed, PaymentProcessed]
    assert payments.state(process_payment(SECOND))[SECOND].total == Decimal("8.50")


def test_a_reply_about_an_unknown_order_is_an_error(payments: Any) -> None:
    with pytest.raises(KeyError):
        payments.handle(CardCharged(FIRST))


@pytest.fixture(scope="module")
def client(start_server: Callable[..., Any]) -> httpx.Client:
    return start_server(Payments(), has_worker=False)[1]


@pytest.mark.parametrize(
    ("query", "methods"), [("", ["CREDIT", "DEBIT"]), ("?active=true", ["CREDIT", "DEBIT"]), ("?active=false", [])]
)
def test_the_payment_methods_are_credit_and_debit(client: httpx.Client, query: str, methods: list[str]) -> None:
    response = client.get(METHODS + query)

    assert (response.status_code, response.json()) == (200, methods)
