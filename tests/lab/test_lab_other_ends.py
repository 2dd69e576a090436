"""Other ends in a lab: cancelled, expired, refunded and undeliverable orders, the same on both logs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import MetaData

from checkout.framework.service import Service, on
from checkout.lab import Lab, LabError
from checkout.messages import ProcessPayment
from checkout.registry import arrows

OpenLab = Callable[..., Lab]


class SilentPayments(Service):
    """Reads requests for payments and never asks the payment broker."""

    name = "payments"
    tables = MetaData()

    @on(ProcessPayment)
    def ignore(self, state: Any, request: ProcessPayment) -> None:
        """Step 8."""


def assert_story(lab: Lab, view: str, status: str) -> None:
    """Asserts that exactly the arrows of a view have happened, with the steps of that view."""
    happened = [(moment.hop.step, moment.hop.sender, moment.hop.to) for moment in lab.moments if moment.order]
    assert sorted(happened) == sorted(arrow[:3] for arrow in arrows(view))
    assert (lab.view, lab.orders["status"].tolist()) == (view, [status])
    assert lab.stock["reserved"].sum() == 0


def step_to(lab: Lab, step: int) -> None:
    """Moves the lab until an arrow of this step has happened."""
    while lab.step().hop.hop.step != step:
        pass


def subjects(lab: Lab) -> list[str]:
    return list(lab.mailbox["subject"])


def test_an_order_cancelled_before_payments_reads_it_frees_its_products(open_lab: OpenLab) -> None:
    lab = open_lab()
    order = lab.place_order("wooden spoon", quantity=2)
    step_to(lab, 8)
    lab.crash("payments")

    said = lab.cancel_order(order)
    coming = lab.explain()
    lab.run()

    assert said == "the cancellation of order-1 waits at the web app"
    assert "orders-1 commits" in coming or "the web app sends the cancellation of order-1" in coming
    assert lab.orders["reason"].tolist() == ["you have cancelled it"]
    crashed = [moment for moment in lab.moments if moment.hop.outcome == "crashed"]
    assert len(crashed) == 1 and lab.view == "ordering-cancelled"
    assert subjects(lab) == ["Your order is cancelled"]


def test_a_payment_after_the_cancellation_is_refunded(open_lab: OpenLab) -> None:
    lab = open_lab()
    order = lab.place_order("wooden spoon", quantity=2)
    step_to(lab, 7)
    lab.cancel_order(order.id)

    lab.run()

    assert_story(lab, "ordering-late-payment", "REFUNDED")
    assert subjects(lab) == ["Your order is cancelled", "Your payment is refunded"]


def test_a_refused_refund_needs_an_operator_until_refunds_are_possible_again(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("wooden spoon")
    step_to(lab, 7)
    lab.cancel_order("order-1")
    lab.refuse_refunds("the card is lost")

    lab.run()

    assert_story(lab, "ordering-refund-refused", "NEEDS_OPERATOR")
    needed = "an operator has to act on order-1 (the refund was refused: the card is lost)"
    assert lab.explain() == f"Nothing moves, but {needed}."
    lab.refuse_refunds("")
    lab.place_order("enamel mug")
    step_to(lab, 7)
    lab.cancel_order("order-2")
    lab.run()
    assert lab.orders["status"].tolist() == ["NEEDS_OPERATOR", "REFUNDED"]


def test_a_refused_parcel_ends_in_a_refund(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.refuse_parcels()
    lab.place_order("oak table")

    lab.run()

    assert_story(lab, "ordering-parcel-refused", "REFUNDED")
    assert lab.orders["reason"].tolist() == ["it cannot be delivered: the address does not exist"]
    lab.refuse_parcels("")
    lab.place_order("oak table")
    lab.run()
    assert lab.orders["status"].tolist() == ["REFUNDED", "APPROVED"]


def test_an_order_that_is_not_paid_within_two_hours_expires(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.replace("payments", SilentPayments)
    lab.place_order("wooden spoon", quantity=2)
    lab.run()
    early = lab.status().next

    lab.wait(hours=2)
    lab.run()

    assert early == "Nothing moves, but order-1 is RESERVED: no topic and no outbox holds a message for it."
    assert_story(lab, "ordering-expired", "CANCELLED")


def test_orders_refuses_to_cancel_an_approved_order_and_the_lab_shows_it(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    lab.cancel_order("order-1")
    moments = lab.run()

    refusal = "The lab: Orders refuses CancelOrder: order order-1 is APPROVED: it can be cancelled only before it is"
    assert [moment.sentence for moment in moments if moment.sentence.startswith(refusal)] != []
    assert (lab.view, lab.orders["status"].tolist()) == ("ordering", ["APPROVED"])


def test_an_unknown_order_cannot_be_cancelled(lab: Lab) -> None:
    with pytest.raises(LabError, match="there is no order-7: orders are order-1, order-2"):
        lab.cancel_order("order-7")

    assert lab.explain() == "Nothing moves: place an order."
