"""Exercise loyalty: three typical wrong answers fail, each with a sentence about what is wrong."""

from typing import Any

import pytest
from lab.exercises.conftest import Check

from checkout.framework.service import on
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.messages import OrderApproved, OrderCancelled

Stored = dict[str, Any]


class Replaces(StoredDictionary):
    name = "loyalty"

    @on(OrderApproved)
    def reward(self, stored: Stored, order: OrderApproved) -> None:
        stored[order.customer_email or ""] = int(order.total or 0)  # the earlier points are gone


class NeverTakesBack(StoredDictionary):
    name = "loyalty"

    @on(OrderApproved)
    def reward(self, stored: Stored, order: OrderApproved) -> None:
        customer = order.customer_email or ""
        stored[customer] = stored.get(customer, 0) + int(order.total or 0)


class InMemory(StoredDictionary):
    name = "loyalty"

    def __init__(self) -> None:
        self.of_orders: dict[str, int] = {}

    @on(OrderApproved)
    def reward(self, stored: Stored, order: OrderApproved) -> None:
        customer = order.customer_email or ""
        self.of_orders[order.id] = int(order.total or 0)  # lost in a crash
        stored[customer] = stored.get(customer, 0) + self.of_orders[order.id]

    @on(OrderCancelled)
    def take_back(self, stored: Stored, cancelled: OrderCancelled) -> None:
        stored[cancelled.customer_email or ""] -= self.of_orders.pop(cancelled.id)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Replaces, "ada@example.org has 8 points instead of 18"),
        (NeverTakesBack, "grace@example.org has 5 points instead of 0"),
        (InMemory, "its handler of order.order-cancelled raised an error"),
    ],
)
def test_a_wrong_answer_fails_with_a_sentence_that_helps(answer: Any, sentence: str, check: Check) -> None:
    feedback = check("loyalty", answer)

    assert not feedback.is_right
    assert sentence in " ".join(feedback.text.split())


def test_the_crash_matrix_of_a_wrong_answer_opens_in_the_walk_at_its_first_wrong_run(check: Check) -> None:
    feedback = check("loyalty", InMemory)

    assert "cancelled 2  wrong" in feedback.text
    assert "loyalty-1" in {moment.hop.replica for moment in feedback.walk()._lab.moments}
