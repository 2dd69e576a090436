"""Handlers: each opens with the steps in which its message is delivered and its answers are sent."""

import re

import pytest

from checkout.messages import MESSAGES, Message
from checkout.registry import SERVICES

HANDLERS = [
    pytest.param(service, message, handler, id=f"{service.name}-{handler.__name__}")
    for service in SERVICES
    for message, handler in [*service.handlers.items(), *service.replies.items()]
]


def steps_in_views(service: type, message: type[Message]) -> set[int]:
    """Where a handler stands: the step that brings its message, and the first of what it sends because of it."""
    taken = {steps[1] for steps in message.steps.values() if message in service.handlers}
    caused = [m.steps[message.__name__] for m in MESSAGES if m.sender == service.name and message.__name__ in m.steps]
    return taken | {min(steps[0] for steps in caused)} if caused else taken


@pytest.mark.parametrize(("service", "message", "handler"), HANDLERS)
def test_a_handler_opens_with_its_steps(service: type, message: type[Message], handler: object) -> None:
    expected = steps_in_views(service, message)
    opening = (handler.__doc__ or "").partition(":")[0]

    if opening.startswith("After"):
        assert not expected
    else:
        found = re.fullmatch(r"Steps? (\d+)(?:-(\d+))?(?:, (sold out|payment denied))?", opening)
        assert found, opening
        assert {int(step) for step in found.groups()[:2] if step} == expected


def test_every_handler_was_looked_at() -> None:
    assert len(HANDLERS) == 16
