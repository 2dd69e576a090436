"""Exercise retry: calls a payment broker whose answers may be lost, and charges each order once."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import differs, first, shown
from checkout.simulators.external_system import ConnectionDropped, SimulatedFailure
from checkout.simulators.payment_broker import Charge, PaymentBroker, Switches

AMOUNT = Decimal("10.00")
Pay = Callable[[Callable[[str, str, Decimal], str], str, Decimal], Any]


class Case(NamedTuple):
    """The faults of a payment broker, the orders to pay, and the expected results, attempts and charges."""

    faults: dict[str, Any]
    orders: list[str]
    results: list[str]
    attempts: int
    charges: int


CASES = {
    "an answer at once: it returns 'charged' after one attempt": Case({}, ["order-1"], ["charged"], 1, 1),
    "a denial is an answer: it returns 'denied' after one attempt": Case(
        {"deny": "the card has expired"}, ["order-1"], ["denied"], 1, 0
    ),
    "two answers are lost: three attempts, and one charge": Case(
        {"drop_after_charging": 2}, ["order-1"], ["charged"], 3, 1
    ),
    "no answer at all: the ConnectionError of the third attempt is raised": Case(
        {"fail": 100}, ["order-1"], ["ConnectionError: no answer to attempt 3"], 3, 0
    ),
    "the same order again, after a restart of the service: one charge": Case(
        {}, ["order-1", "order-1"], ["charged", "charged"], 2, 1
    ),
    "two orders of the same amount: two charges": Case({}, ["order-1", "order-2"], ["charged", "charged"], 2, 2),
}


class Calls:
    """The calls of a learner's function to a payment broker with these faults."""

    def __init__(self, faults: dict[str, Any]) -> None:
        self.broker, self.keys = PaymentBroker(), list[str]()
        self.broker.switches = Switches(**faults)

    def charge(self, key: str, order: str, amount: Decimal) -> str:
        """Charges the card; returns "charged" or "denied". Raises ConnectionError when no answer arrives."""
        self.keys.append(key)
        try:
            return self.broker.charge(key, Charge(order, amount)).status
        except (ConnectionDropped, SimulatedFailure) as error:
            raise ConnectionError(f"no answer to attempt {len(self.keys)}") from error

    def pay(self, function: Pay, order: str) -> Any:
        """What the function returns for an order; a ConnectionError as a text."""
        try:
            return function(self.charge, order, AMOUNT)
        except ConnectionError as error:
            return f"ConnectionError: {error}"

    @property
    def charges(self) -> int:
        """How often a card was charged."""
        return sum(entry["status"] == "charged" for entry in self.broker.ledger.entries())


def examine(function: Pay, found: Examination) -> None:
    """A payment broker that answers, denies, loses answers, and is not available."""
    for text, case in CASES.items():
        _judge(found, function, text, case)


def _judge(found: Examination, function: Pay, text: str, case: Case) -> None:
    calls = Calls(case.faults)

    def wrong(results: list[Any]) -> str:
        attempts = len(calls.keys)
        return first([
            f"charges: {calls.charges}, with the keys {shown(calls.keys)}" if calls.charges != case.charges else "",
            f"attempts: {attempts}, with the keys {shown(calls.keys)}" if attempts != case.attempts else "",
            *(differs(made, right) for made, right in zip(results, case.results, strict=True)),
        ])  # fmt: skip

    found.judge(text, lambda: [calls.pay(function, order) for order in case.orders], wrong)


EXERCISE = Exercise(
    "a function of a function charge, an order and an amount",
    (
        "The payment broker recognises a repeated request by its idempotency key. What must be the same in all "
        "attempts for an order, even after a restart?",
        "Use the order as the key. Only a ConnectionError is a reason to try again: a denial is an answer.",
        "for attempt in (1, 2, 3): try: return charge(order, order, amount); except ConnectionError: if attempt == 3: "
        "raise",
    ),
    examine,
)
