"""Sentences: hops in words, as cells, errors and the walk show them."""

from collections.abc import Iterable

from msgspec.structs import replace

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
    verb = "publishes" if hop.to == KAFKA else "delivers" if hop.sender == KAFKA else "sends"
    clause = f"{sender} {verb} {message} to {to}"
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
    named = (replace(line, name=line.name or PRODUCT_NAMES.get(line.sku)) for line in lines)
    return ", ".join(line.description for line in named)
