"""Wiring: who listens to what, and the arrows of each story, as the code has them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checkout.framework.service import Service
from checkout.messages import STORIES, Message
from checkout.services.notifications import Notifications
from checkout.services.orders import Orders
from checkout.services.payments import Payments
from checkout.services.shipments import Shipments
from checkout.services.stock import Stock

SERVICES: tuple[type[Service], ...] = (Orders, Stock, Payments, Shipments, Notifications)


class StoryArrow(NamedTuple):
    """One arrow of a story, as messages and handlers imply it."""

    step: int
    sender: str
    to: str
    message: str
    technology: str


def listeners(message: type[Message]) -> list[str]:
    """The services with a handler for this message."""
    return [service.name for service in SERVICES if message in service.handlers]


def arrows(story: str) -> list[StoryArrow]:
    """The arrows of a story, in step order."""
    told = STORIES[story]
    return sorted((arrow for message in told for arrow in _arrows(message, told)), key=lambda arrow: arrow.step)


def _arrows(message: type[Message], told: Iterable[type[Message]]) -> Iterator[StoryArrow]:
    causes = {None, *(other.__name__ for other in told)}
    steps = next(steps for cause, steps in message.steps.items() if cause in causes)
    name, technology = message.__name__, message.technology
    yield StoryArrow(steps[0], message.sender, message.via, name, technology)
    for listener in listeners(message) if len(steps) > 1 else ():
        yield StoryArrow(steps[1], message.via, listener, name, technology)


def facts() -> list[dict[str, object]]:
    """Every arrow of every story as data, for holding the diagrams against the code."""
    keys = ("step", "from", "to", "message", "technology", "view")
    return [dict(zip(keys, (*arrow, story), strict=True)) for story in STORIES for arrow in arrows(story)]


def story_of(messages: Iterable[str]) -> str:
    """Which story these messages, by name, belong to."""
    seen = set(messages)
    if "ProductsReservationFailed" in seen:
        return "ordering-sold-out"
    return "ordering-payment-denied" if "PaymentFailed" in seen else "ordering"
