"""Programs with the provider: what the plain program and the function answer to a request, without Kafka."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sample import ADA, EMAIL, FIRST, SECOND

from checkout.lab.course.replacements import function_platform, payment_function, plain_payments
from checkout.messages import MESSAGE_TYPES
from checkout.simulators import http_api, payment_broker_http
from checkout.simulators.payment_broker import PaymentBroker
from checkout.worker.calls.external_calls import idempotency_key
from checkout.worker.outbox import OutboxKind, OutboxRow

Answer = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]
CUSTOMER = {"customerName": ADA, "customerEmail": EMAIL}
FAILED = "payment.order-payment-failed"


def request(total: Any = 10.0) -> dict[str, Any]:
    return {"id": FIRST, **CUSTOMER, "payment": {"paymentMethod": "DEBIT", "total": total}}


@pytest.fixture
def provider() -> PaymentBroker:
    """A payment provider."""
    return PaymentBroker()


@pytest.fixture
def served(provider: PaymentBroker) -> Iterator[httpx.Client]:
    """A client of that provider, which is served over HTTP."""
    with (
        http_api.serve_in_thread(payment_broker_http.app(provider)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(params=["plain", "function"])
def answer(request: pytest.FixtureRequest, served: httpx.Client) -> Answer:
    """How the plain program, and then the function, answers a payment request."""
    if request.param == "plain":
        return lambda asked: plain_payments.answer(served, plain_payments.CHARGE, asked)
    return lambda asked: function_platform.call(payment_function.charge, asked, str(served.base_url).rstrip("/"))


def test_a_charge_is_answered_with_the_id(answer: Answer, provider: PaymentBroker) -> None:
    answered = answer(request())

    assert answered == ("payment.order-payment-processed", {"id": FIRST})
    assert [entry["method"] for entry in provider.ledger.entries()] == ["DEBIT"]


def test_a_denial_is_answered_with_reason_and_customer(answer: Answer, provider: PaymentBroker) -> None:
    provider.switches.deny = "the card has expired"

    assert answer(request()) == (FAILED, {"id": FIRST, "message": "the card has expired", **CUSTOMER})


@pytest.mark.parametrize("total", [0, -1.0, "NaN", "Infinity", None, 1000000.01, 1.0e7])
def test_an_amount_that_is_none_is_refused(answer: Answer, total: Any) -> None:
    topic, value = answer(request(total))

    assert topic == FAILED and value["message"]


def test_an_amount_is_rounded_to_cents(answer: Answer, provider: PaymentBroker) -> None:
    answer(request(0.30000000000000004))

    assert [str(entry["amount"]) for entry in provider.ledger.entries()] == ["0.30"]


@pytest.mark.parametrize("switch", ["fail", "drop_after_charging"])
def test_a_call_without_an_answer_is_repeated_and_charged_once(
    answer: Answer, provider: PaymentBroker, switch: str
) -> None:
    setattr(provider.switches, switch, 1)

    answered = answer(request())

    assert answered == ("payment.order-payment-processed", {"id": FIRST})
    assert len(provider.ledger.entries()) == 1


def test_the_key_is_the_one_that_payments_uses(answer: Answer, provider: PaymentBroker) -> None:
    row = OutboxRow(
        kind=OutboxKind.EXTERNAL_CALL, order_id=FIRST, destination="charge", message="ChargeCard", payload=b"",
        correlation="", cause=None, wanted_partition=None, key=None,
    )  # fmt: skip

    answer(request())

    assert [entry["key"] for entry in provider.ledger.entries()] == [idempotency_key(row)]


def test_the_plain_program_refunds_what_was_charged_and_no_more(served: httpx.Client) -> None:
    plain_payments.answer(served, plain_payments.CHARGE, request())

    unpaid = plain_payments.answer(served, plain_payments.REFUND, request() | {"id": SECOND})
    paid = plain_payments.answer(served, plain_payments.REFUND, request())

    reason = {"id": SECOND, "message": "more than was charged"}
    assert unpaid == ("payment.order-payment-needs-operator", reason)
    assert paid == ("payment.order-payment-refunded", {"id": FIRST, "total": 10.0, **CUSTOMER})


def test_the_forgetful_function_answers_the_id_and_the_reason_only(provider: PaymentBroker) -> None:
    provider.switches.deny_next, provider.switches.deny = 1, "the card has expired"
    with http_api.serve_in_thread(payment_broker_http.app(provider)) as url:
        denied = payment_function.charge_without_customer(request(), url)
        charged = payment_function.charge_without_customer(request() | {"id": SECOND}, url)

    assert denied == (FAILED, {"id": FIRST, "message": "the card has expired"})
    assert charged == ("payment.order-payment-processed", {"id": SECOND})


def test_the_topics_of_the_programs_are_those_of_the_contract() -> None:
    named = {plain_payments.CHARGE, plain_payments.REFUND, payment_function.PROCESSED, payment_function.FAILED}

    assert named <= set(MESSAGE_TYPES.by_topic)


def test_the_platform_loads_a_function_of_a_file() -> None:
    function = function_platform.load(f"{payment_function.__file__}:charge")

    assert function.__code__ == payment_function.charge.__code__
