"""Machine: states, and the messages that change them; finds where a set of messages can lead, in every order."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from checkout.checker.facts import (
    CANCEL,
    OPERATOR_NEEDED,
    ORDER_APPROVED,
    ORDER_CANCELLED,
    ORDER_RECEIVED,
    PAYMENT_FAILED,
    PAYMENT_PROCESSED,
    PAYMENT_REFUNDED,
    PAYMENT_REQUESTED,
    PLACE,
    PRODUCTS_RESERVED,
    REFUND_REQUESTED,
    RESERVATION_EXPIRED,
    RESERVATION_FAILED,
    SHIPMENT_REFUSED,
)


class Step(NamedTuple):
    """The state after a message, and the topics on which the service then publishes."""

    state: str
    publishes: frozenset[str] = frozenset()


Machine = Mapping[tuple[str, str], tuple[Step, ...]]  # by state and message: each possible step
Result = tuple[str, frozenset[str]]  # a state, and all that was published on the way to it
NOTHING = ""  # the state before the first message
UNPRICED = "a reservation without prices"  # stands for PRODUCTS_RESERVED
TIME = "time"  # a reservation has been held for too long


def _step(state: str, *publishes: str) -> tuple[Step, ...]:
    return (Step(state, frozenset(publishes)),)


def _ignored(state: str, *messages: str) -> dict[tuple[str, str], tuple[Step, ...]]:
    return {(state, message): _step(state) for message in messages}


CANCELLED, REFUSED = _step("CANCELLED", ORDER_CANCELLED), _step("REJECTED", ORDER_CANCELLED)
RESERVED = _step("RESERVED", PAYMENT_REQUESTED)
ORDERS: Machine = {
    (NOTHING, PLACE): _step("RECEIVED", ORDER_RECEIVED),
    (NOTHING, PRODUCTS_RESERVED): RESERVED,  # another Orders has accepted the order
    (NOTHING, UNPRICED): REFUSED,
    ("RECEIVED", PRODUCTS_RESERVED): RESERVED,
    ("RECEIVED", UNPRICED): REFUSED,
    ("RECEIVED", RESERVATION_FAILED): _step("REJECTED"),
    ("RECEIVED", PAYMENT_FAILED): _step("REJECTED"),
    ("RECEIVED", CANCEL): CANCELLED,
    ("RECEIVED", RESERVATION_EXPIRED): CANCELLED,
    ("RESERVED", RESERVATION_FAILED): _step("REJECTED"),
    ("RESERVED", PAYMENT_FAILED): _step("REJECTED"),
    ("RESERVED", CANCEL): CANCELLED,
    ("RESERVED", RESERVATION_EXPIRED): CANCELLED,
    ("RESERVED", PAYMENT_PROCESSED): _step("APPROVED", ORDER_APPROVED),
    ("RESERVED", OPERATOR_NEEDED): _step("NEEDS_OPERATOR"),
    ("APPROVED", SHIPMENT_REFUSED): _step("CANCELLED", ORDER_CANCELLED, REFUND_REQUESTED),
    ("CANCELLED", PAYMENT_PROCESSED): _step("CANCELLED", REFUND_REQUESTED),
    ("CANCELLED", PAYMENT_REFUNDED): _step("REFUNDED"),
    ("CANCELLED", OPERATOR_NEEDED): _step("NEEDS_OPERATOR"),
    ("NEEDS_OPERATOR", PAYMENT_PROCESSED): _step("NEEDS_OPERATOR", REFUND_REQUESTED),
    ("NEEDS_OPERATOR", PAYMENT_REFUNDED): _step("REFUNDED"),
    **_ignored("CANCELLED", PRODUCTS_RESERVED, UNPRICED, RESERVATION_FAILED, PAYMENT_FAILED),
    **_ignored("NEEDS_OPERATOR", RESERVATION_FAILED, PAYMENT_FAILED),
    **{
        (state, RESERVATION_EXPIRED): _step(state)
        for state in ("APPROVED", "REJECTED", "CANCELLED", "REFUNDED", "NEEDS_OPERATOR")
    },
}
HELD = ("HELD", "EXPIRED")
STOCK: Machine = {
    (NOTHING, ORDER_RECEIVED): _step("HELD", PRODUCTS_RESERVED) + _step("REFUSED", RESERVATION_FAILED),
    (NOTHING, ORDER_CANCELLED): _step("CANCELLED"),
    ("HELD", TIME): _step("EXPIRED", RESERVATION_EXPIRED),
    **{(state, ORDER_APPROVED): _step("SOLD") for state in HELD},
    **{(state, PAYMENT_FAILED): _step("RELEASED") for state in HELD},
    **{(state, ORDER_CANCELLED): _step("CANCELLED") for state in (*HELD, "SOLD", "RELEASED", "REFUSED")},
    **_ignored("CANCELLED", ORDER_RECEIVED, ORDER_APPROVED, PAYMENT_FAILED),
}
MACHINES = {"orders": ORDERS, "stock": STOCK}


@lru_cache(maxsize=4096)  # orders have few different lives
def reachable(service: str, given: frozenset[str], optional: frozenset[str]) -> frozenset[Result]:
    """Where the messages `given`, and any of the `optional` ones, can lead in some order; each is applied once.

    Empty when no order of them is legal.
    """
    machine, ends = MACHINES[service], set[Result]()
    seen = {(NOTHING, given | optional, frozenset[str]())}
    open_states = list(seen)
    while open_states:
        state, left, published = open_states.pop()
        if left <= optional:
            ends.add((state, published))
        for message in left:
            for step in machine.get((state, message), ()):
                reached = step.state, left - {message}, published | step.publishes
                if reached not in seen:
                    seen.add(reached)
                    open_states.append(reached)
    return frozenset(ends)
