"""Ends: cancellation, expiry, refund and refused parcels, and each race of docs/contract.md in both orders."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sample import (
    ADA,
    EMAIL,
    FIRST,
    cancel_order,
    order_approved,
    order_cancelled,
    payment_failed,
    payment_needs_operator,
    payment_refunded,
    place_order,
    process_payment,
    products_reserved,
    refund_payment,
    reservation_expired,
    reservation_failed,
    shipment_refused,
)
from services.service_harness import handle_one_by_one

from checkout.domain import TooLate
from checkout.messages import (
    BookParcel,
    Message,
    OrderCancelled,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    RefundCard,
    SendEmail,
    ShipmentRefused,
)
from checkout.replies import CardCharged, CardRefunded, ChargeUnclear, ParcelRefused, RefundRefused
from checkout.services.notifications import Notifications
from checkout.services.orders import Orders
from checkout.services.payments import Payments
from checkout.services.shipments import Shipments

PAID = PaymentProcessed(FIRST)
NewHarness = Callable[..., Any]


@pytest.fixture
def orders(new_harness: NewHarness) -> Any:
    return new_harness(Orders())


@pytest.fixture
def payments(new_harness: NewHarness) -> Any:
    return new_harness(Payments())


@pytest.fixture
def notifications(new_harness: NewHarness) -> Any:
    return new_harness(Notifications())


def status_of(orders: Any, id: str = FIRST) -> tuple[str, str | None]:
    order = orders.state(cancel_order(id))[id]
    return order.status, order.reason


# -- Orders decides ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [[place_order()], [place_order(), products_reserved()]])
def test_an_order_that_is_not_approved_can_be_cancelled(orders: Any, before: list[Message]) -> None:
    sent = handle_one_by_one(orders, *before, cancel_order())

    assert sent == [OrderCancelled(FIRST, "you have cancelled it", ADA, EMAIL)]
    assert status_of(orders) == ("CANCELLED", "you have cancelled it")


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ([place_order(), products_reserved(), PAID], "APPROVED"),
        ([place_order(), products_reserved(), payment_failed()], "REJECTED"),
        ([place_order(), reservation_failed()], "REJECTED"),
    ],
)
def test_a_decided_order_cannot_be_cancelled(orders: Any, before: list[Message], status: str) -> None:
    with pytest.raises(TooLate, match=f"is {status}: it can be cancelled only before it is approved"):
        handle_one_by_one(orders, *before, cancel_order())

    assert status_of(orders)[0] == status


def test_an_order_that_has_expired_is_not_cancelled_again(orders: Any) -> None:
    sent = handle_one_by_one(orders, place_order(), products_reserved(), reservation_expired(), cancel_order())

    assert sent == []
    assert status_of(orders) == ("CANCELLED", "it was not paid within 120 min")


@pytest.mark.parametrize("late", [products_reserved(), reservation_failed(), payment_failed(), reservation_expired()])
def test_an_answer_after_the_cancellation_changes_nothing(orders: Any, late: Message) -> None:
    sent = handle_one_by_one(orders, place_order(), cancel_order(), late)

    assert sent == []
    assert status_of(orders) == ("CANCELLED", "you have cancelled it")


def test_a_payment_before_the_expiry_approves_the_order(orders: Any) -> None:
    sent = handle_one_by_one(orders, place_order(), products_reserved(), PAID, reservation_expired())

    assert sent == []
    assert status_of(orders) == ("APPROVED", None)


@pytest.mark.parametrize("end", [cancel_order(), reservation_expired()])
def test_a_payment_after_the_end_of_the_order_is_refunded(orders: Any, end: Message) -> None:
    sent = handle_one_by_one(orders, place_order(), products_reserved(), end, PAID)

    assert sent == [refund_payment()]
    assert status_of(orders)[0] == "CANCELLED"

    orders.handle(payment_refunded())

    assert status_of(orders)[0] == "REFUNDED"


def test_a_refused_parcel_cancels_the_approved_order_and_requests_the_refund(orders: Any) -> None:
    sent = handle_one_by_one(orders, place_order(), products_reserved(), PAID, shipment_refused())

    assert sent[0] == OrderCancelled(FIRST, "it cannot be delivered: too heavy", ADA, EMAIL)
    assert sent[1:] == [refund_payment()]
    assert status_of(orders) == ("CANCELLED", "it cannot be delivered: too heavy")


def test_a_refund_that_is_refused_is_never_reported_as_success(orders: Any) -> None:
    handle_one_by_one(
        orders, place_order(), products_reserved(), cancel_order(), PAID, payment_needs_operator()
    )

    assert status_of(orders) == ("NEEDS_OPERATOR", "the refund was refused: too late")


def test_an_unclear_charge_of_an_open_order_is_left_to_an_operator(orders: Any) -> None:
    handle_one_by_one(orders, place_order(), products_reserved(), payment_needs_operator())

    assert status_of(orders)[0] == "NEEDS_OPERATOR"


# -- Payments refunds -------------------------------------------------------------------------------------------------


def test_a_charge_is_refunded_and_that_is_published(payments: Any) -> None:
    handle_one_by_one(payments, process_payment(), CardCharged(FIRST))

    requested, refunded = payments.handle(refund_payment()), payments.handle(CardRefunded(FIRST))

    assert requested == [RefundCard(FIRST, Decimal("10.00"))]
    assert refunded == [PaymentRefunded(FIRST, Decimal("10.00"), ADA, EMAIL)]


def test_the_amount_that_was_charged_is_refunded_whatever_the_request_says(payments: Any) -> None:
    handle_one_by_one(payments, process_payment(), CardCharged(FIRST))

    assert payments.handle(refund_payment(total="99.00")) == [RefundCard(FIRST, Decimal("10.00"))]


def test_a_refused_refund_needs_an_operator(payments: Any) -> None:
    sent = handle_one_by_one(
        payments, process_payment(), CardCharged(FIRST), refund_payment(), RefundRefused(FIRST, "too late")
    )

    assert sent == [PaymentNeedsOperator(FIRST, "the refund was refused: too late")]


def test_an_unclear_charge_needs_an_operator(payments: Any) -> None:
    sent = handle_one_by_one(payments, process_payment(), ChargeUnclear(FIRST, "another amount"))

    assert sent == [PaymentNeedsOperator(FIRST, "another amount")]


@pytest.mark.parametrize("before", [[], [process_payment()], [process_payment(total=None)]])
def test_a_refund_without_a_charge_needs_an_operator(payments: Any, before: list[Message]) -> None:
    (sent,) = handle_one_by_one(payments, *before, refund_payment())

    assert isinstance(sent, PaymentNeedsOperator)
    assert "a refund is requested" in sent.message


# -- Shipments and Notifications --------------------------------------------------------------------------------------


def test_a_refused_parcel_is_published(new_harness: NewHarness) -> None:
    shipments = new_harness(Shipments())

    booked, refused = shipments.handle(order_approved()), shipments.handle(ParcelRefused(FIRST, "too heavy"))

    assert [type(message) for message in booked] == [BookParcel]
    assert refused == [ShipmentRefused(FIRST, "too heavy")]


def test_the_customer_is_told_of_the_cancellation_and_of_the_refund(notifications: Any) -> None:
    (cancelled,), (refunded,) = notifications.handle(order_cancelled()), notifications.handle(payment_refunded())

    assert (cancelled.kind, cancelled.subject) == ("cancelled", "Your order is cancelled")
    assert "your order is cancelled: you have cancelled it.\nIf your card was charged" in cancelled.text
    assert (refunded.kind, refunded.subject) == ("refunded", "Your payment is refunded")
    assert "you got 10.00 EUR back" in refunded.text


def test_a_denial_after_the_cancellation_is_not_told(notifications: Any) -> None:
    assert handle_one_by_one(notifications, order_cancelled(), payment_failed()) == []


def test_a_cancellation_after_the_denial_is_told(notifications: Any) -> None:
    (mail,) = handle_one_by_one(notifications, payment_failed(), order_cancelled())

    assert isinstance(mail, SendEmail)
    assert mail.kind == "cancelled"


