"""Exercise charge: a function in the place of Payments, which is called for each payment request."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import MetaData

from checkout.domain import DomainError
from checkout.framework.message import Message
from checkout.framework.service import Service, on
from checkout.lab.errors import in_words
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import dead_letters_of, lab_with, shown
from checkout.lab.lab import Lab
from checkout.messages import PaymentFailed, PaymentProcessed, ProcessPayment
from checkout.simulators.external_system import ConnectionDropped
from checkout.simulators.payment_broker import Charge

Function = Callable[[ProcessPayment, Callable[[str, Decimal], str]], Any]


def examine(function: Function, found: Examination) -> None:
    """A charge that succeeds, one that is denied, one without an answer; then crashes."""
    lab = _lab(function)
    _require(found, lab, "the card is charged: the order is approved", "APPROVED")
    lab = _lab(function)
    lab.deny_next_payment("the card has expired")
    _require(found, lab, "the charge is denied: the order is rejected with the reason, Ada gets an e-mail", "REJECTED")
    lab = _lab(function)
    lab.outside.payment_broker.switches.drop_after_charging = 1
    _require(found, lab, "the card is charged, the answer is lost: the order is approved, with one charge", "APPROVED")
    found.crash("payments", partial(_lab, function), partial(_wrong_end, "APPROVED"), row="request", last=1)


def _lab(function: Function) -> Lab:
    lab = lab_with()

    class FunctionAsPayments(Service):
        name, tables = "payments", MetaData()

        @on(ProcessPayment)
        def charge(self, nothing: None, request: ProcessPayment) -> Iterator[Message]:
            yield _answer(function, request, lab)

    lab.replace("payments", FunctionAsPayments)
    lab.place_order("wooden spoon", quantity=2)
    return lab


def _answer(function: Function, request: ProcessPayment, lab: Lab) -> Message:
    try:
        answer = function(request, partial(_pay, lab))
    except ConnectionError:
        raise
    except Exception as error:
        raise DomainError(f"your code raised {in_words(error)}") from error
    if not isinstance(answer, PaymentProcessed | PaymentFailed):
        raise DomainError(f"it returned {shown(answer)}, not PaymentProcessed or PaymentFailed")
    return answer


def _pay(lab: Lab, order: str, amount: Decimal) -> str:
    """Charges the card of an order; returns an empty text, or the reason of a denial. Raises ConnectionError."""
    try:
        outcome = lab.outside.payment_broker.charge(order, Charge(order, amount))
    except ConnectionDropped as error:
        raise ConnectionError(str(error)) from error
    return outcome.reason or ""


def _require(found: Examination, lab: Lab, text: str, status: str) -> None:
    lab.run()
    seen = _wrong_end(status, lab)
    found.require(text, not seen, seen, lab)


def _wrong_end(status: str, lab: Lab) -> str:
    if letters := dead_letters_of(lab, "payments"):
        return f"the request became a dead letter: {letters[0].error}"
    order, charges = lab.orders.iloc[0], lab.ledger["status"].tolist()
    if order["status"] != status:
        return f"the order is {order['status']}; in the payment broker's ledger: {', '.join(charges) or 'no charge'}"
    if status == "REJECTED" and order["reason"] != "the card has expired":
        return f"the reason of the order is {order['reason']!r}, the payment broker's is 'the card has expired'"
    told = lab.mailbox["to"].tolist()
    return "" if told == ["ada@example.org"] else f"e-mails went to {', '.join(told) or 'no address'}"


EXERCISE = Exercise(
    "a function of a payment request and the function pay",
    (
        "The function returns one message: PaymentProcessed(request.id), or a PaymentFailed. Compare the fields of "
        "PaymentFailed with those of the request.",
        "Notifications takes the address from PaymentFailed: its fields are id, message, customer_name and "
        "customer_email. Let a ConnectionError pass: the worker calls the function again.",
        "reason = pay(request.id, request.payment.total); if reason: return PaymentFailed(request.id, reason, "
        "request.customer_name, request.customer_email)",
    ),
    examine,
)
