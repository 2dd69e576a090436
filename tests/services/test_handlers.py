"""Handlers: the docstring of each names the steps in which its message is delivered and its messages are sent."""

import re

import pytest

from checkout.messages import MESSAGES, Message
from checkout.registry import SERVICES

HANDLERS = [
    pytest.param(service, message, handler, id=f"{service.name}-{handler.__name__}")
    for service in SERVICES
    for message, handler in [*service.handlers.items(), *service.replies.items()]
]


def expected_steps(service: type, message: type[Message]) -> set[int]:
    """The step in which the handler's message is delivered, and the first step of the messages that it causes."""
    delivered = {steps[1] for steps in message.steps.values() if message in service.handlers}
    sent = [m.steps[message.__name__] for m in MESSAGES if m.sender == service.name and message.__name__ in m.steps]
    return delivered | {min(steps[0] for steps in sent)} if sent else delivered


@pytest.mark.parametrize(("service", "message", "handler"), HANDLERS)
def test_the_docstring_of_a_handler_opens_with_its_steps(
    service: type, message: type[Message], handler: object
) -> None:
    steps = expected_steps(service, message)
    opening = (handler.__doc__ or "").partition(":")[0]

    if opening.startswith("After"):
        assert not steps
    else:
        found = re.fullmatch(r"Steps? (\d+)(?:-(\d+))?(?:, (sold out|payment denied))?", opening)
        assert found, opening
        assert {int(step) for step in found.groups()[:2] if step} == steps


def test_there_are_sixteen_handlers() -> None:
    assert len(HANDLERS) == 16
