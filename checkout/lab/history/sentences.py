"""Sentences: hops in words, as cells, errors and the walk show them."""

from collections.abc import Iterable

from checkout.fields import OrderLine
from checkout.framework.message import KAFKA
from checkout.journal.hop import Hop, Outcome
from checkout.lab.engine.requests import PRODUCT_NAMES

LAB = "lab"  # the sender of what the learner does: no container, and no arrow
ELEMENTS = {
    "web": "the web app", "gateway": "the gateway", "kafka": "Kafka", "payment_broker": "the payment broker",
    "shipment_company": "the shipment company", "customer": "the customer",
}  # fmt: skip


def sentence(hop: Hop, order: str) -> str:
    """A hop as a sentence, with the order's name."""
    if hop.sender == LAB:
        return f"The lab: {hop.technology}."
    message, sender, to = f"{hop.message} of {order}" if order else hop.message, element(hop.sender), element(hop.to)
    if hop.to == KAFKA:
        clause = f"{sender} publishes on {to} {message}"
    else:
        clause = f"{sender} {'hands' if hop.sender == KAFKA else 'sends'} {message} to {to}"
    step = f"Step {hop.step}: " if hop.step else ""
    outcome = "" if hop.outcome is Outcome.APPLIED else f" ({hop.outcome})"
    return f"{step}{clause[0].upper()}{clause[1:]}{outcome}."


def place_of(hop: Hop) -> str:
    """A record's coordinates, or the technology of a call and the status of its response."""
    return hop.position or (f"{hop.technology}: {hop.status}" if hop.status else hop.technology)


def element(alias: str) -> str:
    """The name of a diagram element within a sentence."""
    return ELEMENTS.get(alias) or alias.replace("_", " ").title()


def order_lines(lines: Iterable[OrderLine]) -> str:
    """Order lines as text: `2 x Wooden spoon, 1 x Enamel mug`."""
    names = ((line, line.name or PRODUCT_NAMES.get(line.sku) or f"product {line.sku}") for line in lines)
    return ", ".join(f"{line.quantity} x {name}" for line, name in names)
