"""Exercise idempotent: a handler that counts each order once, in a service without an inbox."""

from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import is_service, lab_with, wrong_values
from checkout.lab.lab import Lab

NAME, APPROVED, ADA, GRACE = "coupons", "order.new-order-approved", "ada@example.org", "grace@example.org"


def examine(service: Any, found: Examination) -> None:
    """Two customers, then all records again, then one of them published a second time; then crashes."""
    lab = _ordered(service)
    lab.run()
    _require(found, lab, "three approved orders: Ada has 2 coupons, Grace has 1")
    lab.rewind(NAME, APPROVED, 0)
    lab.run()
    _require(found, lab, "all records are delivered again, from offset 0: no more coupons")
    first = lab.records(APPROVED)[0]
    lab.send(APPROVED, first.value.decode() if first.value else "")
    lab.run()
    _require(found, lab, "Ada's first approval is published a second time, at another offset: no more coupons")
    found.crash(NAME, partial(_ordered, service), _wrong, last=3)


def _ordered(service: Any) -> Lab:
    lab = lab_with(service, inbox=False)
    for customer in ("Ada", "Grace", "Ada"):
        lab.place_order("wooden spoon", customer=customer)
    return lab


def _wrong(lab: Lab) -> str:
    return wrong_values(lab, NAME, {ADA: 2, GRACE: 1}, " coupons")


def _require(found: Examination, lab: Lab, text: str) -> None:
    wrong = _wrong(lab)
    found.require(text, not wrong, wrong, lab)


EXERCISE = Exercise(
    "a subclass of StoredDictionary named 'coupons'",
    (
        "What do a record and its repeat have in common, and what do two orders of one customer not?",
        "Remember what has been counted, and where it survives a crash: in stored, with the coupons.",
        "if order.id in stored: return. Then count, and set stored[order.id].",
    ),
    examine,
    lambda built: is_service(built, NAME),
)
