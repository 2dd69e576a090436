"""The payment broker: charges once per idempotency key, obeys its fault switches."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from checkout.simulators import external_system
from checkout.simulators.external_system import ConnectionDropped, KeyReused, SimulatedFailure
from checkout.simulators.payment_broker import Charge, Outcome, PaymentBroker, Switches

SPOONS = Charge("order-1", Decimal("10.00"))
TABLES = Charge("order-2", Decimal("1900.00"))


@pytest.fixture
def broker() -> PaymentBroker:
    return PaymentBroker()


def test_a_ledger_forgets_its_oldest_entries(broker: PaymentBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_system, "MOST_ENTRIES", 3)

    for number in range(5):
        broker.charge(f"key-{number}", Charge(f"order-{number}", Decimal("1.00")))

    assert [entry["order"] for entry in broker.ledger.entries()] == ["order-2", "order-3", "order-4"]
    assert broker.ledger.entries("order-4")[0]["id"] == "charge-5"


def test_a_repeated_key_is_charged_once_and_gets_the_same_response(broker: PaymentBroker) -> None:
    first = broker.charge("key", SPOONS)

    second = broker.charge("key", SPOONS)

    assert first == second == Outcome("charged", id="charge-1")
    assert [(entry["id"], entry["attempts"]) for entry in broker.ledger.entries()] == [("charge-1", 2)]


def test_eight_threads_with_the_same_keys_charge_each_key_once(broker: PaymentBroker) -> None:
    def charge_all() -> None:
        for number in range(2_000):
            broker.charge(str(number), SPOONS)

    threads = [threading.Thread(target=charge_all) for _ in range(8)]
    with switching_threads_often():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {entry["attempts"] for entry in broker.ledger.entries()} == {8}
    assert broker.charge("another", SPOONS).id == "charge-2001"


@contextmanager
def switching_threads_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def test_a_key_with_another_body_is_refused_and_counted_as_a_conflict(broker: PaymentBroker) -> None:
    broker.charge("key", SPOONS)

    with pytest.raises(KeyReused, match="key key was used with another body"):
        broker.charge("key", TABLES)

    entry = broker.ledger.entry("key")
    assert entry and (entry["amount"], entry["attempts"], entry["conflicts"]) == (Decimal("10.00"), 1, 1)


@pytest.mark.parametrize(("amount", "status"), [("1000.00", "charged"), ("1000.01", "denied")])
def test_an_amount_above_the_limit_is_denied(broker: PaymentBroker, amount: str, status: str) -> None:
    outcome = broker.charge("key", Charge("order-1", Decimal(amount)))

    assert (outcome.status, outcome.reason) == (status, "above the limit" if status == "denied" else None)


def test_a_denial_is_kept_when_the_switch_is_off_again(broker: PaymentBroker) -> None:
    broker.switches = Switches(deny="card expired")
    denied = broker.charge("key", SPOONS)
    broker.switches = Switches()

    again = broker.charge("key", SPOONS)

    assert again == denied == Outcome("denied", reason="card expired")


def test_deny_next_counts_neither_repeats_nor_amounts_above_the_limit(broker: PaymentBroker) -> None:
    broker.switches = Switches(deny="card expired", deny_next=2)

    reasons = [broker.charge(key, SPOONS).reason for key in ("a", "a")] + [broker.charge("b", TABLES).reason]
    reasons += [broker.charge(key, SPOONS).reason for key in ("c", "d")]

    assert reasons == ["card expired", "card expired", "above the limit", "card expired", None]
    assert broker.switches == Switches()


def test_a_simulated_failure_charges_nothing(broker: PaymentBroker) -> None:
    broker.switches = Switches(fail=1)

    with pytest.raises(SimulatedFailure):
        broker.charge("key", SPOONS)

    assert broker.ledger.entries() == []
    assert broker.charge("key", SPOONS).status == "charged"


def test_a_dropped_connection_has_charged_and_the_next_attempt_gets_the_outcome(broker: PaymentBroker) -> None:
    broker.switches = Switches(drop_after_charging=1)

    with pytest.raises(ConnectionDropped):
        broker.charge("key", SPOONS)

    assert broker.charge("key", SPOONS) == Outcome("charged", id="charge-1")


@pytest.mark.parametrize(
    "amount", ["0", "-1", "0.001", "1000000.01", "NaN", "sNaN", "Infinity", "1e999999999", "1e-999999999"]
)
def test_an_invalid_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="the amount must"):
        Charge("order-1", Decimal(amount))


class CountedKey(str):
    """An idempotency key that counts how often it is compared."""

    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        self.comparisons += 1
        return str.__eq__(self, other)


def test_a_charge_does_not_search_through_earlier_charges(broker: PaymentBroker) -> None:
    for number in range(1000):
        broker.charge(str(number), SPOONS)

    key = CountedKey("key")
    broker.charge(key, SPOONS)

    assert key.comparisons < 10
