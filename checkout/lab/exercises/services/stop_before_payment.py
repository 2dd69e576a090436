"""Exercise stop-before-payment: moves a lab until a payment is requested, and no further."""

from collections.abc import Callable
from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import lab_with
from checkout.lab.lab import Lab

REQUESTED = "order.process-order-payment"
RUNS = {  # the products of the orders, by requirement
    "one order": ["wooden spoon"],
    "two orders": ["wooden spoon", "enamel mug"],
    "a sold-out order, then another one": ["garden gnome", "wooden spoon"],
}


def examine(move: Callable[[Lab], Any], found: Examination) -> None:
    """Labs with one and with several orders, moved by the learner's function."""
    for run, products in RUNS.items():
        lab = lab_with()
        for product in products:
            lab.place_order(product)
            lab.step()  # so the first order is always ahead of the second one
        text = f"{run}: a payment is requested, and Payments has not polled the request"
        found.judge(text, partial(move, lab), partial(_wrong_moment, lab), lab)


def _wrong_moment(lab: Lab, _result: Any) -> str:
    work = lab.status().work_in_progress
    if any(hop.to == "payments" for hop in lab.journal):
        return f"it moved too far: Payments has handled the request. {lab.explain()}"
    if work and work.service == "payments":
        return f"it moved too far: Payments has polled the request. {lab.explain()}"
    return "" if lab.records(REQUESTED) else f"no payment is requested yet. {lab.explain()}"


EXERCISE = Exercise(
    "a function of a lab",
    (
        "The step numbers depend on the story: a sold-out order has a step 7, too, and it is an e-mail. What is next "
        "for Payments does not depend on it.",
        "A break point makes lab.run() stop before a verb of a service: lab.break_at(service, verb). The verbs are "
        "poll, handle, publish and commit.",
        "lab.break_at('payments', 'poll'), and then lab.run().",
    ),
    examine,
)
