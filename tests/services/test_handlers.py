"""Handlers: the docstring of each names the steps in which its message is delivered and its messages are sent."""

import re

import pytest

from checkout.messages import MESSAGES, Message
from checkout.registry import SERVICES

OUTCOMES = ("sold out", "payment denied", "cancelled", "expired", "late payment", "refund refused", "parcel refused")
HANDLERS = [
    pytest.param(service, message, handler, id=f"{service.name}-{handler.__name__}")
    for service in SERVICES
    for message, handler in [*service.handlers.items(), *service.replies.items()]
]


def possible_steps(service: type, message: type[Message]) -> set[int]:
    """The steps, in any story, in which the handler's message is delivered and the messages that it causes are sent."""
    delivered = {steps[-1] for stories in message.steps.values() for steps in stories.values()}
    caused = [m.steps.get(message.__name__, {}) for m in MESSAGES if m.sender == service.name]
    sent = {steps[0] for stories in caused for steps in stories.values()}
    return sent | delivered if message in service.handlers else sent


@pytest.mark.parametrize(("service", "message", "handler"), HANDLERS)
def test_the_docstring_of_a_handler_opens_with_its_steps(
    service: type, message: type[Message], handler: object
) -> None:
    steps = possible_steps(service, message)
    opening = (handler.__doc__ or "").partition(":")[0]

    if opening.startswith("After"):
        assert message in service.replies
    else:
        found = re.fullmatch(rf"Steps? (\d+)(?:-(\d+))?(?:, ({'|'.join(OUTCOMES)}))?", opening)
        assert found, opening
        assert {int(step) for step in found.groups()[:2] if step} <= steps


def test_there_are_twenty_six_handlers() -> None:
    assert len(HANDLERS) == 26
