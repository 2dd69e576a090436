"""Exercise idempotent: three typical wrong answers fail, each with a sentence about what is wrong."""

from typing import Any

import pytest
from lab.exercises.conftest import Check

from checkout.framework.service import on
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.messages import OrderApproved

Stored = dict[str, Any]


class RemembersCustomers(StoredDictionary):
    name = "coupons"

    @on(OrderApproved)
    def give(self, stored: Stored, order: OrderApproved) -> None:
        stored.setdefault(order.customer_email or "", 1)


class RemembersTheLast(StoredDictionary):
    name = "coupons"

    @on(OrderApproved)
    def give(self, stored: Stored, order: OrderApproved) -> None:
        if stored.get("last") != order.id:
            stored["last"] = order.id
            stored[order.customer_email or ""] = stored.get(order.customer_email or "", 0) + 1


class RemembersInMemory(StoredDictionary):
    name = "coupons"

    def __init__(self) -> None:
        self.counted: set[str] = set()

    @on(OrderApproved)
    def give(self, stored: Stored, order: OrderApproved) -> None:
        if order.id not in self.counted:
            self.counted.add(order.id)
            stored[order.customer_email or ""] = stored.get(order.customer_email or "", 0) + 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (RemembersCustomers, "ada@example.org has 1 coupons instead of 2"),
        (RemembersTheLast, "not met all records are delivered again"),
    ],
)
def test_a_wrong_answer_fails_with_a_sentence_that_helps(answer: Any, sentence: str, check: Check) -> None:
    feedback = check("idempotent", answer)

    assert not feedback.is_right
    assert sentence in " ".join(feedback.text.split())


def test_the_walk_shows_the_crash_of_the_first_wrong_run(check: Check) -> None:
    feedback = check("idempotent", RemembersInMemory)

    assert "crash at message 1, after handle: ada@example.org has 3 coupons instead of 2" in feedback.text
    assert "message 1  good           wrong" in feedback.text
    hops = [moment.hop for moment in feedback.walk()._lab.moments if moment.hop.to == "coupons"]
    applied = [hop.order for hop in hops if hop.message == "OrderApproved" and hop.is_applied]
    assert "Crash" in [hop.message for hop in hops]
    assert (len(applied), len(set(applied))) == (4, 3)
