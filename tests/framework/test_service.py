"""Service: a service made of another keeps its handlers, and may put its own in their place."""

from checkout.messages import ProcessPayment
from checkout.services.payments import Payments


class LegacyPayments(Payments):
    """Payments under another name."""


def test_a_service_made_of_another_has_its_handlers() -> None:
    assert LegacyPayments.handlers == Payments.handlers
    assert LegacyPayments.replies == Payments.replies
    assert list(LegacyPayments.topics()) == [ProcessPayment.topic]
