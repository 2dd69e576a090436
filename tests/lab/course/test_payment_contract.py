"""Payment contract: every implementation of Payments keeps it, and each way to break it is named."""

from collections.abc import Callable, Iterator

import pytest

from checkout.framework.service import on, reply_to
from checkout.lab import BatchPayments, Lab, Program, payment_contract
from checkout.lab.course.replacements import function_platform, payment_function, plain_payments
from checkout.messages import ChargeCard, Message, PaymentFailed, PaymentProcessed, ProcessPayment
from checkout.replies import CardCharged, CardDenied
from checkout.services.payments import Payment, Payments

OpenLab = Callable[..., Lab]
REQUEST = "order.process-order-payment"
NAMES, MAILS = "a refusal has the customer's name and address", "a customer whose payment is refused gets an e-mail"


def failed(lab: Lab) -> list[str]:
    """The requirements that are not met."""
    table = payment_contract(lab)
    assert len(table) == 14
    return list(table[table["passed"] == "no"]["requirement"])


def test_our_payments_keep_the_contract(lab: Lab) -> None:
    table = payment_contract(lab)

    assert table["passed"].tolist() == ["yes"] * 14
    assert table["seen"].tolist()[:2] == ["4 of 4, at once", "payment.order-payment-processed"]


def test_the_batch_system_keeps_it_within_hours(lab: Lab) -> None:
    lab.replace("payments", BatchPayments(lab.serve("payment_broker")))

    table = payment_contract(lab)

    assert table["passed"].tolist() == ["yes"] * 14
    assert table["seen"][0] == "4 of 4, within 1 h"


def test_orders_that_were_there_before_do_not_matter(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.deny_next_payment("no")
    lab.run()

    assert failed(lab) == []


@pytest.mark.kafka
def test_a_plain_program_keeps_it(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.replace("payments", Program(plain_payments))

    assert payment_contract(lab)["passed"].tolist() == ["yes"] * 14


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("function", "missing"),
    [(payment_function.charge, []), (payment_function.charge_without_customer, [NAMES, MAILS])],
)
def test_a_function_keeps_what_it_claims_and_a_forgetful_one_is_found(
    kafka_lab: OpenLab, function: Callable[..., object], missing: list[str]
) -> None:
    lab = kafka_lab()
    lab.replace("payments", Program(function_platform, function, REQUEST, reads=[REQUEST]))

    table = payment_contract(lab)

    assert table[table["passed"] == "no"]["requirement"].tolist() == missing
    assert table["passed"].tolist()[-2:] == ["not claimed"] * 2


class Silent(Payments):
    """Asks for no payment."""

    @on(ProcessPayment)
    def charge(self, payments: dict[str, Payment], request: ProcessPayment) -> Iterator[Message]:
        yield from ()


class Generous(Payments):
    """Takes nothing, and says that it has."""

    @on(ProcessPayment)
    def charge(self, payments: dict[str, Payment], request: ProcessPayment) -> Iterator[Message]:
        yield PaymentProcessed(request.id)


class Forgetful(Payments):
    """Forgets the customer of a refusal."""

    @reply_to(ChargeCard)
    def settle(self, payments: dict[str, Payment], reply: CardCharged | CardDenied) -> Iterator[Message]:
        for message in super().settle(payments, reply):
            yield PaymentFailed(message.id, message.message) if isinstance(message, PaymentFailed) else message


class Broken(Payments):
    """Fails at every request."""

    @on(ProcessPayment)
    def charge(self, payments: dict[str, Payment], request: ProcessPayment) -> Iterator[Message]:
        raise ValueError("broken")


@pytest.mark.parametrize(
    ("kind", "requirement"),
    [
        (Silent, "every request is answered within two hours"),
        (Silent, "a charge is published as processed"),
        (Generous, "a denial is published with its reason"),
        (Generous, "an amount above the card limit is refused"),
        (Generous, "the amount of the request is charged"),
        (Generous, "a repeated request is charged once"),
        (Forgetful, NAMES),
        (Forgetful, MAILS),
        (Broken, "no service has a dead letter"),
    ],
)
def test_a_broken_implementation_fails_a_named_requirement(
    lab: Lab, kind: type[Payments], requirement: str
) -> None:
    lab.replace("payments", kind)

    assert requirement in failed(lab)
