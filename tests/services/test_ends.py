"""Ends: cancellation, expiry, refund and refused parcels, and each race of docs/contract.md in both orders."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sample import (
    ADA,
    AT,
    EMAIL,
    FIRST,
    SECOND,
    cancel_order,
    line,
    order_approved,
    order_cancelled,
    order_received,
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

from checkout.domain import ReservationStatus, TooLate
from checkout.framework.service import Tick
from checkout.messages import (
    BookParcel,
    Message,
    OrderCancelled,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    RefundCard,
    ReservationExpired,
    SendEmail,
    ShipmentRefused,
)
from checkout.replies import CardCharged, CardRefunded, ChargeUnclear, ParcelRefused, RefundRefused
from checkout.services.notifications import Notifications
from checkout.services.orders import Orders
from checkout.services.payments import Payments
from checkout.services.shipments import Shipments
from checkout.services.stock import Stock

PAID = PaymentProcessed(FIRST)
NewHarness = Callable[..., Any]


@pytest.fixture
def orders(new_harness: NewHarness) -> Any:
    return new_harness(Orders())


@pytest.fixture
def payments(new_harness: NewHarness) -> Any:
    return new_harness(Payments())


@pytest.fixture
def stock(new_harness: NewHarness) -> Any:
    stock = new_harness(Stock(hold=60))
    stock.service.now = lambda: AT
    return stock


@pytest.fixture
def notifications(new_harness: NewHarness) -> Any:
    return new_harness(Notifications())


def handle_one_by_one(harness: Any, *messages: Message) -> list[Message]:
    """Handles messages in batches of one, and returns what the last one sends."""
    return [harness.handle(message) for message in messages][-1]


def status_of(orders: Any, id: str = FIRST) -> tuple[str, str | None]:
    order = orders.state(cancel_order(id))[id]
    return order.status, order.reason


def quantities(stock: Any) -> tuple[int, int]:
    """The wooden spoons on hand, and how many of them are reserved."""
    product = stock.state(order_received(line(1), id=SECOND)).products[1]
    return product.on_hand, product.reserved


def tick(after: timedelta = timedelta(seconds=60)) -> Tick:
    return Tick("expire", AT + after)


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


# -- Stock holds until Orders has decided -----------------------------------------------------------------------------


def test_a_reservation_expires_once_and_its_products_stay_reserved(stock: Any) -> None:
    stock.handle(order_received(line(1, 2)))

    early, expired, again = stock.handle(tick(timedelta(seconds=59))), stock.handle(tick()), stock.handle(tick())

    assert (early, again) == ([], [])
    assert expired == [ReservationExpired(FIRST, "it was not paid within 1 min")]
    assert quantities(stock) == (100, 2)


@pytest.mark.parametrize("end", [order_approved(), payment_failed(), order_cancelled()])
def test_a_reservation_that_has_ended_does_not_expire(stock: Any, end: Message) -> None:
    handle_one_by_one(stock, order_received(line(1, 2)), end)

    assert stock.handle(tick(timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("end", "left"), [(order_approved(), (98, 0)), (order_cancelled(), (100, 0)), (payment_failed(), (100, 0))]
)
def test_what_orders_decides_after_the_expiry_holds(stock: Any, end: Message, left: tuple[int, int]) -> None:
    """A sale without reserved products is impossible: nothing is released before Orders has decided."""
    stock.handle(order_received(line(1, 2)))
    stock.handle(tick())

    stock.handle(end)

    assert quantities(stock) == left


def test_a_cancellation_releases_the_products(stock: Any) -> None:
    handle_one_by_one(stock, order_received(line(1, 2)), order_cancelled())

    assert quantities(stock) == (100, 0)


def test_an_order_that_comes_after_its_cancellation_reserves_nothing(stock: Any) -> None:
    sent = handle_one_by_one(stock, order_cancelled(), order_received(line(1, 2)))

    assert sent == []
    assert quantities(stock) == (100, 0)


@pytest.mark.parametrize(
    "messages",
    [
        [order_approved(), order_cancelled()], [order_cancelled(), order_approved()],
        [payment_failed(), order_cancelled()], [order_cancelled(), payment_failed()],
    ],
    ids=["approved first", "approved last", "denied first", "denied last"],
)
def test_a_cancellation_and_another_end_leave_all_products_in_either_order(stock: Any, messages: list[Message]) -> None:
    handle_one_by_one(stock, order_received(line(1, 2)), *messages)

    assert quantities(stock) == (100, 0)
    assert stock.state(order_cancelled()).reservations[FIRST].status is ReservationStatus.CANCELLED


def test_a_second_reservation_expires_on_its_own(stock: Any) -> None:
    stock.handle(order_received(line(1, 2)))
    stock.service.now = lambda: AT + timedelta(seconds=30)
    stock.handle(order_received(line(2), id=SECOND))

    first, second = stock.handle(tick()), stock.handle(tick(timedelta(seconds=90)))

    assert [message.id for message in (*first, *second)] == [FIRST, SECOND]


def test_a_tick_with_another_message_in_its_batch_expires_and_handles_both(stock: Any) -> None:
    stock.handle(order_received(line(1, 2)))

    sent = stock.handle(tick(), order_approved())

    assert [type(message) for message in sent] == [ReservationExpired]
    assert quantities(stock) == (98, 0)


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


