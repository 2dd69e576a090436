"""Service: a subclass inherits handlers."""

from checkout.messages import ProcessPayment, RefundPayment
from checkout.services.payments import Payments


class LegacyPayments(Payments):
    """A subclass of Payments without changes."""


def test_a_subclass_inherits_the_handlers() -> None:
    assert LegacyPayments.handlers == Payments.handlers
    assert LegacyPayments.replies == Payments.replies
    assert list(LegacyPayments.topics()) == [ProcessPayment.topic, RefundPayment.topic]
