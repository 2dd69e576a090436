"""Exercise loyalty: points for approved orders, taken back when an order is cancelled afterwards."""

from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import is_service, lab_with, wrong_values
from checkout.lab.lab import Lab

NAME, ADA, GRACE = "loyalty", "ada@example.org", "grace@example.org"


def examine(service: Any, found: Examination) -> None:
    """Orders that are approved, sold out, denied and refused by the shipment company; then crashes."""
    lab = lab_with(service)
    lab.place_order("wooden spoon", quantity=2, customer="Ada")
    lab.run()
    _require(found, lab, "an approved order of 10.00 EUR earns Ada 10 points", {ADA: 10})
    lab.place_order("enamel mug", customer="Ada")
    lab.run()
    _require(found, lab, "her second order, 8.50 EUR, adds 8: one for each whole EUR", {ADA: 18})
    lab.place_order("garden gnome", customer="Grace")
    lab.place_order("oak table", quantity=2, customer="Grace")
    lab.run()
    _require(found, lab, "Grace's orders, sold out and payment denied, earn nothing", {ADA: 18, GRACE: 0})
    lab.refuse_parcels()
    lab.place_order("wooden spoon", customer="Grace")
    lab.run()
    _require(found, lab, "the points of an order that is cancelled after its approval are taken back", {GRACE: 0})
    for row, prepare, points in (("approved", _approved, {ADA: 18}), ("cancelled", _cancelled, {GRACE: 0})):
        found.crash(NAME, partial(prepare, service), partial(_wrong_points, expected=points), row=row)


def _approved(service: Any) -> Lab:
    lab = lab_with(service)
    lab.place_order("wooden spoon", quantity=2, customer="Ada")
    lab.place_order("enamel mug", customer="Ada")
    return lab


def _cancelled(service: Any) -> Lab:
    lab = lab_with(service)
    lab.refuse_parcels()
    lab.place_order("wooden spoon", customer="Grace")
    return lab


def _wrong_points(lab: Lab, expected: dict[str, int]) -> str:
    return wrong_values(lab, NAME, expected, " points")


def _require(found: Examination, lab: Lab, text: str, expected: dict[str, int]) -> None:
    wrong = _wrong_points(lab, expected)
    found.require(text, not wrong, wrong, lab)


EXERCISE = Exercise(
    "a subclass of StoredDictionary named 'loyalty'",
    (
        "Which record says that an order is approved, which one that it is cancelled? Each needs a handler with @on.",
        "The cancellation does not contain the total: store the points of each order under its id, too.",
        "In the handler of OrderCancelled: points = stored.pop(cancelled.id, 0), and subtract them from those of "
        "cancelled.customer_email.",
    ),
    examine,
    lambda built: is_service(built, NAME),
)
