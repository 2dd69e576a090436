"""The simulated systems as objects: the same responses as over HTTP and SMTP."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sample import FIRST
from worker.outbox_rows import CHARGE, MAIL, PARCEL, external_call

from checkout.domain import PaymentMethod
from checkout.messages import ChargeCard, Message
from checkout.replies import CardCharged, CardDenied, EmailSent, ParcelBooked
from checkout.simulators.in_process import SimulatedSystems
from checkout.worker.calls.external_calls import Unanswered, idempotency_key


@pytest.fixture
def outside() -> SimulatedSystems:
    return SimulatedSystems()


@pytest.fixture
def ask(outside: SimulatedSystems) -> Callable[[Message], Any]:
    return lambda message: outside.adapters()[type(message).__name__](external_call(message))


@pytest.mark.parametrize(
    ("message", "status", "reply"),
    [
        (CHARGE, "201", CardCharged(FIRST)), (PARCEL, "201", ParcelBooked(FIRST, "parcel-1")),
        (MAIL, "250", EmailSent(FIRST, "approved")),
        (ChargeCard(FIRST, Decimal("1000.01"), PaymentMethod.DEBIT), "402", CardDenied(FIRST, "above the limit")),
    ],
)
def test_a_call_is_answered(ask: Callable[[Message], Any], message: Message, status: str, reply: object) -> None:
    answer = ask(message)

    assert (answer.status, answer.reply) == (status, reply)


@pytest.mark.parametrize("message", [CHARGE, PARCEL, MAIL])
def test_the_same_call_again_has_the_same_answer_and_one_effect(
    outside: SimulatedSystems, ask: Callable[[Message], Any], message: Message
) -> None:
    first, again = ask(message), ask(message)

    entries = [
        *outside.payment_broker.ledger.entries(), *outside.shipment_company.ledger.entries(), *outside.mailbox.mails()
    ]
    assert first == again
    assert len(entries) == 1
    assert entries[0].get("attempts", entries[0].get("copies")) == 2
    assert entries[0].get("key", entries[0].get("message_id")) == idempotency_key(external_call(message))


@pytest.mark.parametrize(
    ("message", "system", "switch"),
    [
        (CHARGE, "payment_broker", "fail"), (CHARGE, "payment_broker", "busy"),
        (CHARGE, "payment_broker", "drop_after_charging"),
        (PARCEL, "shipment_company", "fail"), (PARCEL, "shipment_company", "drop_after_booking"),
        (MAIL, "mailbox", "fail"), (MAIL, "mailbox", "drop_after_receiving"),
    ],
)
def test_a_system_that_fails_leaves_the_outcome_unknown(
    outside: SimulatedSystems, ask: Callable[[Message], Any], message: Message, system: str, switch: str
) -> None:
    setattr(getattr(outside, system).switches, switch, 1)

    with pytest.raises(Unanswered):
        ask(message)

    assert ask(message).reply
