"""Exercise draw: the arrows of a dynamic view, compared with a run that no view of the project shows."""

from typing import Any

from checkout.c4.findings import DiagramError
from checkout.framework.service import on
from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import first, lab_with
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.lab.lab import Lab
from checkout.messages import ProductsReservationFailed

LABELS = {"customer": "Customer", "web": "Web App", "gateway": "API Gateway", "orders": "Orders", "stock": "Stock",
          "notifications": "Notifications", "wishes": "Wishes", "kafka": "Message Broker"}  # fmt: skip
Drawn = tuple[str, str, str, str]  # step, sender, receiver, technology
HEAD = ["@startuml", "!include <C4/C4_Dynamic>", *(f'Container({alias}, "{label}")' for alias, label in LABELS.items())]


class Wishes(StoredDictionary):
    """Counts the orders that cannot be fulfilled."""

    name = "wishes"

    @on(ProductsReservationFailed)
    def count(self, stored: dict[str, Any], refusal: ProductsReservationFailed) -> None:
        """Step 6, sold out: count the order."""
        stored["refused"] = stored.get("refused", 0) + 1


def examine(arrows: str, found: Examination) -> None:
    """A sold-out order in a store with one more service."""
    from checkout.c4 import Diagram  # pandas and PlantUML: only this exercise needs them

    lab = lab_with(Wishes)
    lab.place_order("garden gnome")
    lab.run()
    try:
        diagram = Diagram.from_source("\n".join([*HEAD, arrows, "@enduml"]), "arrows")
        drawn: list[Drawn] = [(row.step, row[2], row.to, row.technology) for row in diagram.arrows.itertuples()]
    except DiagramError as error:
        finding = error.findings[0]
        seen = f"line {finding.line - len(HEAD)}: {finding.message}: {finding.fix}"
        found.require("PlantUML can read the arrows", False, seen)
        return
    unknown = first(end for _, *ends, _ in drawn for end in ends if end not in LABELS)
    seen = f"there is no element {unknown}" if unknown else "there is no arrow"
    if found.require(f"there are arrows between {', '.join(LABELS)}", bool(drawn) and not unknown, seen):
        _compare(found, lab, drawn, diagram.verify(lab.journal))


def _compare(found: Examination, lab: Lab, drawn: list[Drawn], conformance: Any) -> None:
    missing = [each.arrow for each in conformance.deviations if each.arrow and not each.tolerated]
    seen = first(f"step {arrow.index}, {arrow.source} to {arrow.target}, never happened as drawn" for arrow in missing)
    found.require("each arrow is a hop of the run, with its topic or endpoint", not seen, seen, lab)
    extra = [each.hop for each in conformance.deviations if not each.arrow]
    seen = f"hops without an arrow: {len(extra)}, the first of them in step {extra[0].step}" if extra else ""
    found.require("each hop of the run has an arrow", not seen, seen, lab)
    steps = {hop.arrow: str(hop.step) for hop in lab.journal if hop.order}
    seen = first(f"{sender} to {to} is step {steps[sender, to, technology]}, and is drawn as step {step}"
                 for step, sender, to, technology in drawn
                 if steps.get((sender, to, technology), step) != step)  # fmt: skip
    found.require("each arrow has the number of its step", not seen, seen, lab)


EXERCISE = Exercise(
    "a text with the arrows of a view",
    (
        "Stock publishes its refusal, and each service that subscribes to this topic gets an arrow from kafka. "
        "lab.journey('order-1') of such an order has the steps.",
        "The refusal is one record, so its three deliveries have the same step. The technology is the topic.",
        'Rel(stock, kafka, "publishes to", "stock.order-products-reservation-failed", $index=5), then three arrows '
        "from kafka with $index=6, then the e-mail to the customer with the technology SMTP.",
    ),
    examine,
    lambda built: isinstance(built, str),
)
