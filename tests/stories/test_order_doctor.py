"""Order doctor on real processes: each fault that leaves an order waiting is named, with its step and its remedy."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from command_line import checkout

from checkout.processes.supervisor import Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
MANY = 1_000_000


def doctor(store: Supervisor, id: str) -> Any:
    """The diagnosis of an order as `checkout doctor ORDER --json` prints it."""
    run = checkout(store.settings.home, "doctor", id, "--json")
    assert run.returncode in (0, 1), run.stderr
    found = json.loads(run.stdout)
    assert run.returncode == bool(found["waits"])
    return found


@contextmanager
def killed(shopper: Any, service: str) -> Iterator[None]:
    shopper.store.processes[f"{service}-1"].pid.kill_with_children()
    yield
    shopper.store.launch(f"{service}-1")
    shopper.store.wait_until_ready([f"{service}-1"])


@contextmanager
def paused(shopper: Any, service: str) -> Iterator[None]:
    number = shopper.store.processes[f"{service}-1"].pid.number
    os.kill(number, signal.SIGSTOP)
    yield
    os.kill(number, signal.SIGCONT)


@contextmanager
def switched(shopper: Any, system: str, **switches: Any) -> Iterator[None]:
    shopper.set_switches(system, **switches)
    yield
    shopper.set_switches(system)


class Fault(NamedTuple):
    """What is done to the store, the arrow at which an order then waits, and words of the sentence about it."""

    cause: Callable[..., Any]
    of: str
    kind: str
    step: int
    words: str
    switches: dict[str, Any] = {}


FAULTS = (
    Fault(killed, "stock", "delivery", 4, "stock-1 has ended"),
    Fault(paused, "payments", "delivery", 8, "payments-1 is paused"),
    Fault(switched, "payment_broker", "call", 9, "the last one: HTTP 500", {"fail": MANY}),
)
OTHER_FAULTS = (
    Fault(killed, "notifications", "delivery", 13, "notifications-1 has ended"),
    Fault(switched, "mailbox", "call", 14, "without a usable reply", {"fail": MANY}),
    Fault(killed, "payments", "delivery", 8, "payments-1 has ended"),
    Fault(killed, "shipments", "delivery", 13, "shipments-1 has ended"),
    Fault(paused, "stock", "delivery", 4, "stock-1 is paused"),
    Fault(switched, "payment_broker", "call", 9, "has no reply yet", {"delay": 8}),
    Fault(switched, "shipment_company", "call", 14, "the last one: HTTP 500", {"fail": MANY}),
)
RECEIVERS = {"mailbox": "customer"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.of} {fault.words}")
def test_a_fault_is_named_while_the_order_waits_and_gone_when_it_has_ended(shopper: Any, fault: Fault) -> None:
    assert_named(shopper, fault)


def assert_named(shopper: Any, fault: Fault) -> None:
    """Asserts that the doctor names a fault while it lasts, and that the order is approved afterwards."""
    expected = [(fault.kind, fault.step, RECEIVERS.get(fault.of, fault.of))]
    with fault.cause(shopper, fault.of, **fault.switches):
        id = shopper.order((1, 1))
        found: dict[str, Any] = {}

        def is_named() -> bool:
            found.update(doctor(shopper.store, id))
            waits = [(wait["kind"], wait["step"], wait["to"]) for wait in found["waits"]]
            return waits == expected and fault.words in found["sentence"]

        shopper.wait_until(is_named, f"{fault}: {found}", 30)

    [order] = shopper.wait_for_end(id)
    assert order["status"] == "APPROVED"
    shopper.wait_until(lambda: not doctor(shopper.store, id)["waits"], "nothing waits", 10)
    assert doctor(shopper.store, id)["sentence"] == f"Order {id} is APPROVED, and nothing waits for it."


def test_an_order_that_needs_an_operator_says_why(shopper: Any) -> None:
    with switched(shopper, "payment_broker", delay=1.5, refuse_refunds="the card is closed"):
        id = shopper.order((2, 1))
        shopper.wait_until(lambda: len(shopper.charges(id)) == 1, "the payment provider has charged the card", 10)
        shopper.cancel(id)
        shopper.wait_until(lambda: shopper.read_order(id)["status"] == "NEEDS_OPERATOR", "an operator is needed", 20)
        shopper.wait_for_end(id)

    shopper.wait_until(lambda: not doctor(shopper.store, id)["waits"], "nothing waits", 10)
    found = doctor(shopper.store, id)
    assert found["sentence"] == f"Order {id} needs an operator: the refund was refused: the card is closed."


def test_an_unknown_order_and_another_home_are_refused(shopper: Any, tmp_path: Any) -> None:
    unknown = checkout(shopper.store.settings.home, "doctor", "00000000-0000-4000-8000-000000000000")
    elsewhere = checkout(tmp_path, "doctor", "00000000-0000-4000-8000-000000000000")

    assert (unknown.returncode, elsewhere.returncode) == (1, 3)
    assert "no service knows an order 00000000-0000-4000-8000-000000000000" in unknown.stderr
    assert "there are no databases below" in elsewhere.stderr
