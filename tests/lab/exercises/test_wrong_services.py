"""Exercises about services: typical wrong answers fail, each with a sentence about what is wrong."""

import itertools
from contextlib import suppress
from typing import Any

import pytest
from lab.exercises.conftest import Check, sentence_of

from checkout.lab import Lab
from checkout.messages import PaymentFailed, PaymentProcessed

Lines, Available = list[tuple[int, int]], dict[int, int]
ATTEMPTS = itertools.count()


def to_the_end(lab: Lab) -> None:
    lab.run()


def seven_steps(lab: Lab) -> None:
    for _ in range(7):
        lab.step()


def until_step_7(lab: Lab) -> None:
    while lab.step().hop.hop.step != 7:
        pass


def after_the_poll(lab: Lab) -> None:
    lab.break_at("payments", "handle")
    lab.run()


def line_by_line(lines: Lines, available: Available) -> Any:
    return [sku for sku, quantity in lines if quantity > available[sku]]


def only_the_first(lines: Lines, available: Available) -> Any:
    return line_by_line(lines, available)[:1]


def one_too_few(lines: Lines, available: Available) -> Any:
    return [sku for sku, quantity in lines if quantity >= available[sku]]


def raising(lines: Lines, available: Available) -> Any:
    return available["copper kettle"]  # type: ignore[index]


def commits_first(order: str, database: Any, topic: Any, offsets: Any) -> None:
    answer = database.find(order)
    if answer is None:
        answer = "reserved"
        database.save(order, answer)
    offsets.commit(order)
    topic.publish(answer)


def never_looks(order: str, database: Any, topic: Any, offsets: Any) -> None:
    database.save(order, "reserved")
    topic.publish("reserved")
    offsets.commit(order)


def drops_repeats(order: str, database: Any, topic: Any, offsets: Any) -> None:
    if database.find(order) is None:
        database.save(order, "reserved")
        topic.publish("reserved")
    offsets.commit(order)


def never_commits_a_repeat(order: str, database: Any, topic: Any, offsets: Any) -> None:
    if database.find(order) is not None:
        return topic.publish(database.find(order))
    never_looks(order, database, topic, offsets)


def catches_everything(order: str, database: Any, topic: Any, offsets: Any) -> None:
    with suppress(BaseException):
        commits_first(order, database, topic, offsets)


def a_key_for_each_attempt(charge: Any, order: str, amount: Any) -> Any:
    for attempt in (1, 2, 3):
        try:
            return charge(f"{order}-{attempt}", order, amount)
        except ConnectionError:
            if attempt == 3:
                raise


def a_key_for_each_call(charge: Any, order: str, amount: Any) -> Any:
    key = f"key-{next(ATTEMPTS)}"
    for attempt in (1, 2, 3):
        try:
            return charge(key, order, amount)
        except ConnectionError:
            if attempt == 3:
                raise


def until_charged(charge: Any, order: str, amount: Any) -> Any:
    for _ in range(3):
        with suppress(ConnectionError):
            if charge(order, order, amount) == "charged":
                return "charged"
    return "denied"


def gives_up_silently(charge: Any, order: str, amount: Any) -> Any:
    for _ in range(3):
        with suppress(ConnectionError):
            return charge(order, order, amount)


def without_the_address(request: Any, pay: Any) -> Any:
    reason = pay(request.id, request.payment.total)
    return PaymentFailed(request.id, reason) if reason else PaymentProcessed(request.id)


def never_denied(request: Any, pay: Any) -> Any:
    pay(request.id, request.payment.total)
    return PaymentProcessed(request.id)


def failed_without_an_answer(request: Any, pay: Any) -> Any:
    try:
        reason = pay(request.id, request.payment.total)
    except ConnectionError as error:
        reason = str(error)
    customer = request.customer_name, request.customer_email
    return PaymentFailed(request.id, reason, *customer) if reason else PaymentProcessed(request.id)


def refunds_every_cancellation(state: str, event: str) -> Any:
    return ("cancelled", "refund") if event == "cancelled" else ("approved", "approve" if event == "paid" else None)


def keeps_the_money(state: str, event: str) -> Any:
    if state != "waiting":
        return state, None
    return {"paid": ("approved", "approve"), "denied": ("denied", None)}.get(event, ("cancelled", None))


def refunds_again(state: str, event: str) -> Any:
    if state == "cancelled":
        return state, "refund" if event == "paid" else None
    return keeps_the_money(state, event)


def only_the_state(state: str, event: str) -> Any:
    return event


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("stop-before-payment", to_the_end, "it moved too far: Payments has handled the request. Nothing moves"),
        ("stop-before-payment", until_step_7, "not met a sold-out order, then another one: a payment is requested"),
        ("stop-before-payment", after_the_poll, "it moved too far: Payments has polled the request. Next: payments-1"),
        ("missing-products", only_the_first, "the order is REJECTED: not available: Garden gnome"),
        ("missing-products", one_too_few, "the order is REJECTED: not available: Copper kettle"),
        ("missing-products", raising, "your code raised KeyError: 'copper kettle' (line "),
        ("verbs", commits_first, "crash after save, commit: the answer is lost: it was never published"),
        ("verbs", never_looks, "crash after save: the order was saved 2 times: each time the stock decreases"),
        ("verbs", drops_repeats, "crash after save: the answer is lost: it was never published"),
        ("verbs", never_commits_a_repeat, "the offset is never committed: the record is delivered again and again"),
        ("verbs", catches_everything, "crash after save, commit: the answer is lost: it was never published"),
        ("retry", a_key_for_each_attempt, "charges: 3, with the keys ['order-1-1', 'order-1-2', 'order-1-3']"),
        ("retry", a_key_for_each_call, "after a restart of the service: one charge charges: 2, with the keys"),
        ("retry", until_charged, "attempts: 3, with the keys ['order-1', 'order-1', 'order-1']"),
        ("retry", gives_up_silently, "it returned None instead of 'ConnectionError: no answer to attempt 3'"),
        ("charge", never_denied, "the order is APPROVED; in the payment broker's ledger: denied"),
        ("charge", failed_without_an_answer, "the order is REJECTED; in the payment broker's ledger: charged"),
        ("late-payment", refunds_every_cancellation, "paid, cancelled: the commands are ['approve', 'refund']"),
        ("late-payment", keeps_the_money, "cancelled, paid: the commands are [] instead of ['refund']"),
        ("late-payment", refunds_again, "cancelled, paid, paid: the commands are ['refund', 'refund'] instead of"),
        ("late-payment", only_the_state, "returned 'paid', not a state and a command"),
    ],
)  # fmt: skip
def test_a_wrong_answer_fails_with_a_sentence_that_helps(name: str, answer: Any, sentence: str, check: Check) -> None:
    assert sentence in sentence_of(check(name, answer))


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("stop-before-payment", seven_steps, "no payment is requested yet. Next: "),
        ("missing-products", line_by_line, "is APPROVED; 20 of Wooden spoon are sold that the store does not have"),
        ("charge", without_the_address, "e-mails went to no address"),
    ],
)
def test_the_walk_opens_the_first_wrong_run(name: str, answer: Any, sentence: str, check: Check) -> None:
    feedback = check(name, answer)

    assert sentence in sentence_of(feedback)
    assert feedback.walk()._lab.moments


def test_the_crash_matrix_shows_the_call_before_the_crash(check: Check) -> None:
    assert "order-1  good           wrong         good       good" in check("verbs", drops_repeats).text


NONSENSE: list[Any] = [5, "x", b"x", [], [7], {}, {"x": 1}, ("x", None), (b"x", b"x"), object(), sum, iter("x")]
WITHOUT_A_LAB = ["record-of", "key-of", "assign", "retry", "verbs", "read-any-version", "late-payment"]


@pytest.mark.parametrize("name", WITHOUT_A_LAB)
def test_a_function_that_returns_nonsense_fails_without_an_error_of_ours(name: str, check: Check) -> None:
    for value in NONSENSE:
        assert "not met" in sentence_of(check(name, lambda *arguments, value=value: value))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("place-of", "it returned [<object object>] instead of"),
        ("missing-products", "it returned [<object object>], not a list of SKUs of the order"),
        ("charge", "it returned [<object object>], not PaymentProcessed or PaymentFailed"),
    ],
)
def test_the_same_in_a_lab(name: str, sentence: str, check: Check) -> None:
    assert sentence in sentence_of(check(name, lambda *arguments: [object()]))
