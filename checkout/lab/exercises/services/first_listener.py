"""Exercise first-listener: counts the approved orders of each customer."""

from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import is_service, lab_with, wrong_values
from checkout.lab.lab import Lab

NAME, ADA, GRACE = "regulars", "ada@example.org", "grace@example.org"


def examine(service: Any, found: Examination) -> None:
    """Approved and refused orders of two customers, orders from before the service joined; then crashes."""
    lab = lab_with(service)
    for product, customer in (("wooden spoon", "Ada"), ("enamel mug", "Grace"), ("copper kettle", "Ada")):
        lab.place_order(product, customer=customer)
    lab.run()
    _require(found, lab, "two approved orders of Ada and one of Grace", {ADA: 2, GRACE: 1})
    lab = lab_with(service)
    lab.place_order("garden gnome", customer="Grace")
    lab.place_order("oak table", quantity=2, customer="Grace")
    lab.run()
    _require(found, lab, "Grace's orders, sold out and payment denied, do not count", {GRACE: 0})
    lab = _two_orders()
    lab.run()
    lab.listen(service)
    lab.run()
    _require(found, lab, "a service that joins later counts the earlier orders, too", {ADA: 2})
    found.crash(NAME, partial(_two_orders, service), partial(_wrong_count, expected={ADA: 2}), last=2)


def _two_orders(*services: Any) -> Lab:
    lab = lab_with(*services)
    lab.place_order("wooden spoon", customer="Ada")
    lab.place_order("enamel mug", customer="Ada")
    return lab


def _wrong_count(lab: Lab, expected: dict[str, int]) -> str:
    return wrong_values(lab, NAME, expected)


def _require(found: Examination, lab: Lab, text: str, expected: dict[str, int]) -> None:
    wrong = _wrong_count(lab, expected)
    found.require(text, not wrong, wrong, lab)


EXERCISE = Exercise(
    "a subclass of StoredDictionary named 'regulars'",
    (
        "Which of the store's messages says that an order is approved? The handler gets only messages of that type.",
        "stored is a dictionary that the worker stores for you: its keys are the addresses, its values the numbers. An "
        "attribute of the service would be lost in a crash.",
        "stored[order.customer_email] = stored.get(order.customer_email, 0) + 1",
    ),
    examine,
    lambda built: is_service(built, NAME),
)
