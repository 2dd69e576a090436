"""Payments: asks for the money once, and says how it went."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sample import ADA, EMAIL, FIRST, SECOND, to_pay

from checkout.domain import PaymentMethod
from checkout.messages import CardCharged, CardDenied, ChargeCard, PaymentFailed, PaymentProcessed
from checkout.services.payments import Payments

METHODS = "/api/v1/payment-management/payment-methods"


@pytest.fixture
def payments(bench: Callable[..., Any]) -> Any:
    return bench(Payments())


def test_the_total_is_charged(payments: Any) -> None:
    said = payments.tell(to_pay(total="10.00"))

    assert said == [ChargeCard(FIRST, Decimal("10.00"), PaymentMethod.CREDIT)]
    assert said[0].purpose == "charge"


def test_a_charged_customer_has_paid(payments: Any) -> None:
    payments.tell(to_pay())

    said = payments.tell(CardCharged(FIRST))

    assert said == [PaymentProcessed(FIRST)]
    assert payments.state(to_pay())[FIRST].status == "CHARGED"


def test_a_denied_payment_says_why_and_whose_it_was(payments: Any) -> None:
    payments.tell(to_pay())

    said = payments.tell(CardDenied(FIRST, "above the limit"))

    assert said == [PaymentFailed(FIRST, "above the limit", ADA, EMAIL)]
    kept = payments.state(to_pay())[FIRST]
    assert (kept.status, kept.reason) == ("DENIED", "above the limit")


@pytest.mark.parametrize("total", ["0.00", "-1.00", "-0.01", "NaN", "Infinity", "-Infinity", "1000000.01", None])
def test_a_total_that_is_no_amount_fails_without_asking_anybody(payments: Any, total: str | None) -> None:
    said = payments.tell(to_pay(total=total))

    written = None if total is None else Decimal(total)
    reason = f"{written} is not an amount between 0.01 and 1,000,000.00 EUR"
    assert said == [PaymentFailed(FIRST, reason, ADA, EMAIL)]


@pytest.mark.parametrize("total", ["0.01", "1000000.00"])
def test_the_smallest_and_the_largest_amount_are_charged(payments: Any, total: str) -> None:
    (said,) = payments.tell(to_pay(total=total))

    assert said == ChargeCard(FIRST, Decimal(total), PaymentMethod.CREDIT)


def test_payments_of_one_batch_do_not_meet(payments: Any) -> None:
    payments.tell(to_pay(), to_pay(SECOND, total="8.50"))

    said = payments.tell(CardDenied(SECOND, "no money"), CardCharged(FIRST))

    assert [type(message) for message in said] == [PaymentFailed, PaymentProcessed]
    assert payments.state(to_pay(SECOND))[SECOND].total == Decimal("8.50")


def test_a_reply_about_an_order_that_was_never_seen_is_an_error(payments: Any) -> None:
    with pytest.raises(KeyError):
        payments.tell(CardCharged(FIRST))


@pytest.fixture(scope="module")
def client(open_counter: Callable[..., Any]) -> httpx.Client:
    return open_counter(Payments(), works=False)[1]


@pytest.mark.parametrize(
    ("query", "methods"), [("", ["CREDIT", "DEBIT"]), ("?active=true", ["CREDIT", "DEBIT"]), ("?active=false", [])]
)
def test_one_can_pay_by_credit_or_debit(client: httpx.Client, query: str, methods: list[str]) -> None:
    answer = client.get(METHODS + query)

    assert (answer.status_code, answer.json()) == (200, methods)
