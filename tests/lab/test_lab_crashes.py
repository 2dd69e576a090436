"""Crashes in the lab: nothing is lost or repeated with inbox and outbox, and both happen without them."""

from collections.abc import Callable

import pytest

from checkout.lab import Lab, crash_matrix
from checkout.lab.course.crash_matrix import GOOD, LOST, NOT_ACCEPTED, TWICE, WINDOWS

OpenLab = Callable[..., Lab]


def crashed_between(lab: Lab, service: str, first: str) -> Lab:
    """The service crashes between publish and commit, in either order, and restarts."""
    lab.place_order("wooden spoon", quantity=2)
    lab.break_at(service, "publish")
    lab.run()
    lab.clear_break(service, "publish")
    lab.step(verb=first)
    lab.crash(service)
    lab.restart(service)
    lab.run()
    return lab


def outcomes(lab: Lab) -> list[str]:
    return [moment.hop.outcome for moment in lab.moments if moment.hop.outcome != "applied"]


@pytest.mark.parametrize("first", ["publish", "commit"])
@pytest.mark.parametrize("service", ["orders", "stock", "payments", "shipments"])
def test_with_inbox_and_outbox_a_crash_has_no_effect_on_the_result(
    open_lab: OpenLab, service: str, first: str
) -> None:
    lab = crashed_between(open_lab(), service, first)

    assert lab.orders["status"].tolist() == ["APPROVED"]
    assert lab.stock.iloc[0][["on_hand", "reserved"]].tolist() == [98, 0]
    assert lab.ledger["status"].tolist() == ["charged"]
    assert [len(lab.parcels), lab.mailbox["copies"].tolist(), lab.groups["lag"].sum()] == [1, [1], 0]


def test_a_redelivered_message_is_dropped_as_duplicate(lab: Lab) -> None:
    crashed_between(lab, "stock", "publish")

    assert outcomes(lab) == ["crashed", "duplicate", "duplicate"]


def test_without_an_inbox_products_are_reserved_twice(memory_lab: OpenLab) -> None:
    lab = crashed_between(memory_lab(inbox=False, outbox=False), "stock", "publish")

    assert lab.orders["status"].tolist() == ["APPROVED"]
    assert lab.stock.iloc[0][["on_hand", "reserved"]].tolist() == [98, 2]


def test_without_an_outbox_an_order_is_never_finished(memory_lab: OpenLab) -> None:
    lab = crashed_between(memory_lab(inbox=False, outbox=False), "stock", "commit")

    assert lab.orders["status"].tolist() == ["RECEIVED"]
    assert [len(lab.mailbox), lab.groups["lag"].sum()] == [0, 0]


def test_an_order_that_is_not_committed_is_not_accepted(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.break_at("orders", "handle")
    lab.run()

    effect = lab.crash("orders")

    assert effect.endswith("the request for order-1 gets no response: the customer has to retry")
    assert "orders-1 has crashed" in lab.explain()
    assert lab.restart("orders") and lab.explain() == "Nothing moves: Orders has no order."


def test_a_crashed_service_is_explained_with_its_lag(lab: Lab) -> None:
    lab.crash("payments")
    lab.place_order("wooden spoon")

    note = lab.run().note

    assert note == (
        "Nothing moves: payments-1 has crashed, lag 1 on order.process-order-payment[0] (lab.restart('payments'))."
    )


def test_a_lost_response_is_retried_and_charged_once(lab: Lab) -> None:
    lab.outside.payment_broker.switches.drop_after_charging = 2
    lab.place_order("wooden spoon")

    lab.run()

    assert outcomes(lab) == ["failed", "failed"]
    assert lab.ledger[["status", "attempts"]].values.tolist() == [["charged", 3]]


@pytest.mark.slow
def test_the_crash_matrix_is_good_but_for_what_no_sender_can_exclude() -> None:
    matrix = crash_matrix()

    bad = {(service, window): cell for service, row in matrix.items() for window, cell in row.items() if cell != GOOD}
    assert sum(len(row) for row in matrix.values()) == 5 * len(WINDOWS)
    assert bad == {
        ("orders", "before handle"): NOT_ACCEPTED,
        ("notifications", "publish, dead, commit"): TWICE,  # a second copy, with the same Message-ID
    }


@pytest.mark.slow
def test_the_matrix_without_an_outbox_loses_and_without_an_inbox_repeats() -> None:
    without_outbox, without_inbox = crash_matrix(outbox=False), crash_matrix(inbox=False)

    lost = [cell for row in without_outbox.values() for cell in row.values() if cell == LOST]
    twice = [cell for row in without_inbox.values() for cell in row.values() if cell == TWICE]
    assert len(lost) == 11
    assert len(twice) == 7
    assert LOST not in [cell for row in without_inbox.values() for cell in row.values()]
