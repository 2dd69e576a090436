"""The payment broker: charges once per idempotency key, obeys its fault switches."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import httpx
import msgspec
import pytest
from litestar import Litestar

from checkout.simulators import external_system, payment_broker
from checkout.simulators.external_system import ConnectionDropped, KeyReused, SimulatedFailure
from checkout.simulators.payment_broker import Charge, Outcome, PaymentBroker, Switches

SPOONS = Charge("order-1", Decimal("10.00"))
TABLES = Charge("order-2", Decimal("1900.00"))


@pytest.fixture(scope="module")
def application() -> Litestar:
    return payment_broker.app(PaymentBroker())


@pytest.fixture
def broker() -> PaymentBroker:
    return PaymentBroker()


def charge(client: httpx.Client, key: str, **changed: object) -> httpx.Response:
    body = {"order": "order-1", "amount": 10.00, "currency": "EUR", "method": "CREDIT"} | changed
    return client.post("/charges", json=body, headers={"Idempotency-Key": key})


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


def test_a_charge_is_answered_and_found_in_the_ledger(client: httpx.Client) -> None:
    answer = charge(client, "key-1", order="order-11", amount=10.5)

    assert (answer.status_code, answer.json()["status"]) == (201, "charged")
    entry = {
        "key": "key-1",
        "order": "order-11",
        "amount": 10.5,
        "currency": "EUR",
        "method": "CREDIT",
        "status": "charged",
        "id": answer.json()["id"],
        "reason": None,
        "attempts": 1,
        "conflicts": 0,
    }
    assert client.get("/charges/key-1").json() == entry
    assert client.get("/charges", params={"order": "order-11"}).json() == [entry]
    assert entry in client.get("/charges").json()
    assert '"amount":10.50,' in client.get("/charges/key-1").text


def test_a_denial_is_402_with_its_reason(client: httpx.Client) -> None:
    answer = charge(client, "key-2", amount=1900)

    assert (answer.status_code, answer.json()) == (402, {"status": "denied", "reason": "above the limit"})


def test_a_reused_key_is_422(client: httpx.Client) -> None:
    charge(client, "key-3")

    answer = charge(client, "key-3", amount=11)

    assert (answer.status_code, list(answer.json())) == (422, ["message"])


def test_a_dropped_connection_gives_no_answer_and_charges_once(client: httpx.Client) -> None:
    client.put("/switches", json={"drop_after_charging": 1})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        charge(client, "key-4", order="order-14")
    again = charge(client, "key-4", order="order-14")

    entries = client.get("/charges", params={"order": "order-14"}).json()
    assert [(entry["id"], entry["attempts"]) for entry in entries] == [(again.json()["id"], 2)]


def test_a_busy_provider_answers_409_charges_nothing_and_later_charges_once(client: httpx.Client) -> None:
    client.put("/switches", json={"busy": 1})

    answer = charge(client, "key-6", order="order-16")

    assert (answer.status_code, answer.json()) == (
        409, {"message": "a request with this key is being processed: try again later"}
    )
    assert client.get("/charges", params={"order": "order-16"}).json() == []
    assert charge(client, "key-6", order="order-16").status_code == 201


def test_a_simulated_failure_is_500_and_decrements_the_switch(client: httpx.Client) -> None:
    client.put("/switches", json={"fail": 2})

    answer = charge(client, "key-5")

    assert (answer.status_code, list(answer.json())) == (500, ["message"])
    assert client.get("/switches").json()["fail"] == 1
    assert client.get("/charges/key-5").status_code == 404


def test_a_slow_response_comes_after_the_charge(client: httpx.Client) -> None:
    client.put("/switches", json={"delay": 0.5})

    with pytest.raises(httpx.ReadTimeout):
        client.post(
            "/charges",
            content=msgspec.json.encode({"order": "order-16", "amount": 1}),
            headers={"Idempotency-Key": "key-6", "Content-Type": "application/json"},
            timeout=0.2,
        )

    assert client.get("/charges/key-6").json()["status"] == "charged"


@pytest.mark.parametrize(
    "switches", [{"deny_next": 1}, {"delay": -1}, {"fail": -1}, {"fail": "all"}, {"dely": 1}, {"deny": ""}, []]
)
def test_a_wrong_switch_is_422_and_changes_nothing(client: httpx.Client, switches: object) -> None:
    answer = client.put("/switches", json=switches)

    assert (answer.status_code, list(answer.json())) == (422, ["message"])
    assert client.get("/switches").json() == msgspec.to_builtins(Switches())
