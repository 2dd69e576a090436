"""Exercise vouchers: sets a voucher aside for each order, and releases it when the order is refused."""

from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import is_service, lab_with, wrong_values
from checkout.lab.lab import Lab

NAME = "vouchers"


def examine(service: Any, found: Examination) -> None:
    """Orders that are waiting, approved, sold out and denied, one that finds no voucher left; then crashes."""
    lab = _lab(service, "wooden spoon")
    lab.break_at("payments", "poll")
    _require(found, lab, "an order that is not decided yet: 1 of the 2 vouchers is left", 1)
    lab.clear_break("payments", "poll")
    _require(found, lab, "the same order approved: its voucher is used, and 1 is left", 1)
    _require(found, _lab(service, "garden gnome"), "a sold-out order: its voucher is released, and 2 are left", 2)
    _require(found, _lab(service, "oak table"), "an order whose payment is denied: 2 are left", 2)
    text = "a third order gets no voucher, so its refusal releases none: 0 are left"
    _require(found, _lab(service, "wooden spoon", "enamel mug", "oak table"), text, 0)
    found.crash(NAME, partial(_lab, service, "oak table"), partial(_wrong_number, left=2), row="denied", last=2)


def _lab(service: Any, *products: str) -> Lab:
    lab = lab_with(service)
    for product in products:
        lab.place_order(product, quantity=2 if product == "oak table" else 1)  # two tables are above the card's limit
    return lab


def _require(found: Examination, lab: Lab, text: str, left: int) -> None:
    lab.run()
    seen = _wrong_number(lab, left)
    found.require(text, not seen, seen, lab)


def _wrong_number(lab: Lab, left: int) -> str:
    return wrong_values(lab, NAME, {"left": left})


EXERCISE = Exercise(
    "a subclass of StoredDictionary named 'vouchers'",
    (
        "There are two refusals, and each is a message of its own: ProductsReservationFailed and PaymentFailed. A "
        "method can have only one @on.",
        "Store which orders have a voucher, under their ids: a refusal may concern an order that got none.",
        "In both refusals: if stored.pop(refusal.id, None): stored['left'] += 1. The method for PaymentFailed can call "
        "the one for ProductsReservationFailed.",
    ),
    examine,
    lambda built: is_service(built, NAME),
)
