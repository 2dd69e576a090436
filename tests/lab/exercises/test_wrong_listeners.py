"""Exercises that build a listener or a queue: typical wrong answers fail, each with a sentence about what is wrong."""

from typing import Any

import pytest
from lab.exercises.conftest import Check, sentence_of

from checkout.framework.service import on
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.messages import OrderApproved, OrderReceived, PaymentFailed, ProductsReservationFailed

Stored = dict[str, Any]


class SetsAside(StoredDictionary):
    name = "vouchers"

    @on(OrderReceived)
    def set_aside(self, stored: Stored, order: OrderReceived) -> None:
        if stored.setdefault("left", 2):
            stored["left"] -= 1
            stored[order.id] = True


class ForgetsDenied(SetsAside):
    name = "vouchers"

    @on(ProductsReservationFailed)
    def release(self, stored: Stored, refusal: ProductsReservationFailed) -> None:
        stored["left"] += bool(stored.pop(refusal.id, False))


class ReleasesAlways(SetsAside):
    name = "vouchers"

    @on(ProductsReservationFailed)
    def release(self, stored: Stored, refusal: ProductsReservationFailed) -> None:
        stored["left"] += 1

    @on(PaymentFailed)
    def release_unpaid(self, stored: Stored, refusal: PaymentFailed) -> None:
        stored["left"] += 1


class VouchersInMemory(StoredDictionary):
    name = "vouchers"

    def __init__(self) -> None:
        self.orders: set[str] = set()

    @on(OrderReceived)
    def set_aside(self, stored: Stored, order: OrderReceived) -> None:
        if stored.setdefault("left", 2):
            stored["left"] -= 1
            self.orders.add(order.id)

    @on(ProductsReservationFailed)
    def release(self, stored: Stored, refusal: ProductsReservationFailed) -> None:
        stored["left"] += refusal.id in self.orders

    @on(PaymentFailed)
    def release_unpaid(self, stored: Stored, refusal: PaymentFailed) -> None:
        stored["left"] += refusal.id in self.orders


class CountsReceived(StoredDictionary):
    name = "regulars"

    @on(OrderReceived)
    def count(self, stored: Stored, order: OrderReceived) -> None:
        stored[order.customer_email or ""] = stored.get(order.customer_email or "", 0) + 1


class NoFirstOrder(StoredDictionary):
    name = "regulars"

    @on(OrderApproved)
    def count(self, stored: Stored, order: OrderApproved) -> None:
        stored[order.customer_email or ""] += 1


class CountsInMemory(StoredDictionary):
    name = "regulars"

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    @on(OrderApproved)
    def count(self, stored: Stored, order: OrderApproved) -> None:
        customer = order.customer_email or ""
        self.numbers[customer] = stored[customer] = self.numbers.get(customer, 0) + 1


class Queue:
    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.taken: list[tuple[str, str]] = []

    def put(self, message: str) -> None:
        self.waiting.append(message)

    def take(self, consumer: str) -> str | None:
        message = self.waiting.pop(0) if self.waiting else None
        self.taken += [(consumer, message)] if message else []
        return message

    def acknowledge(self, consumer: str, message: str) -> None:
        self.taken.remove((consumer, message))

    def lose(self, consumer: str) -> None:
        self.waiting = [message for owner, message in self.taken if owner == consumer] + self.waiting
        self.taken = [each for each in self.taken if each[0] != consumer]


class BackToTheEnd(Queue):
    def lose(self, consumer: str) -> None:
        self.waiting += [message for owner, message in self.taken if owner == consumer]


class BackFromAll(Queue):
    def lose(self, consumer: str) -> None:
        self.waiting = [message for _, message in self.taken] + self.waiting
        self.taken = []


class NeverAcknowledged(Queue):
    def acknowledge(self, consumer: str, message: str) -> None:
        pass


class OneEach(Queue):
    def take(self, consumer: str) -> str | None:
        return next((message for message in self.waiting if (consumer, message) not in self.taken), None)


WRONG = [  # without those that fail only in a crash
    ("vouchers", ForgetsDenied, "not met an order whose payment is denied: 2 are left left has 1 instead of 2"),
    ("vouchers", ReleasesAlways, "so its refusal releases none: 0 are left left has 1 instead of 0"),
    ("first-listener", CountsReceived, "grace@example.org has 2 instead of 0"),
    ("first-listener", NoFirstOrder, "raised an error: KeyError: 'ada@example.org'"),
    ("queue", BackToTheEnd, "take(b) returned 'order-3' instead of 'order-1'"),
    ("queue", BackFromAll, "not met the messages of the other consumers stay with them"),
    ("queue", NeverAcknowledged, "take(b) returned 'order-1' instead of 'order-2'"),
    ("queue", OneEach, "not met messages are taken in the order in which they were put, each once"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), WRONG)
def test_a_wrong_answer_fails_with_a_sentence_that_helps(name: str, answer: Any, sentence: str, check: Check) -> None:
    assert sentence in sentence_of(check(name, answer))


def test_the_right_queue_passes(check: Check) -> None:
    assert check("queue", Queue).is_right


@pytest.mark.parametrize(
    ("name", "answer", "sentence", "row"),
    [
        ("vouchers", VouchersInMemory, "crash at denied 1, after handle: left has 1 instead of 2", "denied 2  wrong"),
        ("first-listener", CountsInMemory, "crash at message 1, after handle: ada@example.org has 1 instead of 2",
         "message 2  wrong"),
    ],
)  # fmt: skip
def test_the_crash_matrix_opens_in_the_walk_at_its_first_wrong_run(
    name: str, answer: Any, sentence: str, row: str, check: Check
) -> None:
    feedback = check(name, answer)

    assert sentence in sentence_of(feedback)
    assert row in feedback.text
    assert "Crash" in {moment.hop.message for moment in feedback.walk()._lab.moments}
