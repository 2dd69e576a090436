"""Causality: which hop led to which."""

from datetime import timedelta
from typing import Any

import pytest
from sample import AT

from checkout.journal.causality import causes, in_causal_order
from checkout.journal.hop import Hop

TOPIC = "payment.order-payment-processed"


def hop(sender: str, to: str, message: str, cause: str | None = None, **others: Any) -> Hop:
    return Hop(sender=sender, to=to, message=message, cause=cause, **{"at": AT} | others)


REQUEST = hop("kafka", "payments", "ProcessPayment", "ProductsReserved", topic="order.process-order-payment", offset=3)
CALL = hop("payments", "payment_broker", "ChargeCard", "ProcessPayment", url="http://provider/charges")
PUBLISHED = hop("payments", "kafka", "PaymentProcessed", "ChargeCard", topic=TOPIC, partition=0, offset=5)
DELIVERED = hop("kafka", "orders", "PaymentProcessed", "ChargeCard", topic=TOPIC, partition=0, offset=5)


@pytest.mark.parametrize(("earlier", "later"), [(REQUEST, CALL), (CALL, PUBLISHED), (PUBLISHED, DELIVERED)])
def test_a_message_is_sent_by_the_receiver_of_its_cause_by_its_caller_and_by_its_broker(
    earlier: Hop, later: Hop
) -> None:
    assert causes(earlier, later)
    assert not causes(later, earlier)


def test_a_record_at_another_offset_is_another_record() -> None:
    again = hop("kafka", "orders", "PaymentProcessed", "ChargeCard", topic=TOPIC, partition=0, offset=6)

    assert not causes(PUBLISHED, again)


def test_a_publication_is_not_answered_to_its_sender() -> None:
    other = hop("payments", "kafka", "PaymentArchived", "PaymentProcessed", topic="payment.archived", offset=1)

    assert not causes(PUBLISHED, other)


def test_a_call_is_answered_before_its_caller_publishes_for_the_same_cause() -> None:
    later = hop("payments", "kafka", "PaymentProcessed", "ProcessPayment", topic=TOPIC, at=AT + timedelta(seconds=1))
    sooner = hop("payments", "kafka", "PaymentProcessed", "ProcessPayment", topic=TOPIC, at=AT - timedelta(seconds=1))

    assert causes(CALL, later)
    assert not causes(CALL, sooner)


def test_no_hop_causes_itself() -> None:
    note = hop("orders", "orders", "Note")

    assert not causes(note, note)


def test_hops_that_wait_for_each_other_are_all_kept() -> None:
    ping, pong = hop("a", "b", "Ping", "Pong"), hop("b", "a", "Pong", "Ping")

    assert sorted(each.message for each in in_causal_order([ping, pong])) == ["Ping", "Pong"]
