"""Machine: where messages can lead in some order, and that its states are those of the store."""

from itertools import chain

from checkout.checker.facts import (
    CANCEL,
    NEXT_STATUS,
    ORDER_APPROVED,
    ORDER_CANCELLED,
    ORDER_RECEIVED,
    PAYMENT_FAILED,
    PAYMENT_PROCESSED,
    PAYMENT_REQUESTED,
    PLACE,
    PRODUCTS_RESERVED,
    REFUND_REQUESTED,
    TOPICS,
    later_statuses,
    sender_of,
)
from checkout.checker.machine import MACHINES, NOTHING, ORDERS, STOCK, reachable
from checkout.domain import NEXT, NEXT_OF_RESERVATION

PAID = frozenset({PLACE, PRODUCTS_RESERVED, PAYMENT_PROCESSED})
PUBLISHED = frozenset({ORDER_RECEIVED, PAYMENT_REQUESTED})
NONE: frozenset[str] = frozenset()


def test_a_paid_order_is_approved() -> None:
    assert reachable("orders", PAID, NONE) == {("APPROVED", PUBLISHED | {ORDER_APPROVED})}


def test_a_paid_order_that_may_have_been_cancelled_is_approved_or_refunded() -> None:
    assert reachable("orders", PAID, frozenset({CANCEL})) == {
        ("APPROVED", PUBLISHED | {ORDER_APPROVED}),
        ("CANCELLED", PUBLISHED | {ORDER_CANCELLED, REFUND_REQUESTED}),
    } | {("CANCELLED", frozenset({ORDER_RECEIVED, ORDER_CANCELLED, REFUND_REQUESTED}))}


def test_messages_that_no_order_can_have_lead_nowhere() -> None:
    assert reachable("orders", PAID | {PAYMENT_FAILED}, NONE) == frozenset()
    assert reachable("stock", frozenset({ORDER_APPROVED}), NONE) == frozenset()


def test_the_statuses_and_their_changes_are_those_of_the_store() -> None:
    assert {str(status): {str(after) for after in following} for status, following in NEXT.items()} == {
        status: set(following) for status, following in NEXT_STATUS.items()
    }


def test_the_machine_of_orders_takes_only_legal_ways_and_each_of_them() -> None:
    taken = {(state, step.state) for (state, _), steps in ORDERS.items() for step in steps if state != step.state}

    legal = {(str(status), str(after)) for status, following in NEXT.items() for after in following}
    assert {way for way in taken if way[0] != NOTHING} == legal


def test_the_machine_of_stock_takes_only_legal_ways_and_each_of_them() -> None:
    taken = {(state, step.state) for (state, _), steps in STOCK.items() for step in steps if state != step.state}

    legal = {(str(status), str(after)) for status, following in NEXT_OF_RESERVATION.items() for after in following}
    assert {way for way in taken if way[0] != NOTHING} == legal


def test_each_machine_publishes_all_that_its_service_does() -> None:
    for service, machine in MACHINES.items():
        published = set(chain.from_iterable(step.publishes for steps in machine.values() for step in steps))

        assert published == {topic for topic in TOPICS if sender_of(topic) == service}


def test_later_statuses_include_the_status_itself() -> None:
    assert later_statuses("CANCELLED") == {"CANCELLED", "REFUNDED", "NEEDS_OPERATOR"}
    assert later_statuses("REJECTED") == {"REJECTED"}
