"""Service: a subclass inherits handlers, and a handler has one message."""

import pytest

from checkout.framework.message import Message
from checkout.framework.service import Service, on
from checkout.messages import ProcessPayment, RefundPayment
from checkout.services.payments import Payments


class LegacyPayments(Payments):
    """A subclass of Payments without changes."""


def test_a_subclass_inherits_the_handlers() -> None:
    assert LegacyPayments.handlers == Payments.handlers
    assert LegacyPayments.replies == Payments.replies
    assert list(LegacyPayments.topics()) == [ProcessPayment.topic, RefundPayment.topic]


def test_a_handler_of_two_messages_is_refused() -> None:
    """Only the first decorator would count, and the messages of the other topic would have no handler."""

    def handle(service: Service, state: None, message: Message) -> None: ...

    marked = on(ProcessPayment)(handle)

    with pytest.raises(TypeError, match=r"handle has @on twice: write a method for each"):
        on(RefundPayment)(marked)
