"""Ends of reservations: Stock keeps products reserved until Orders has decided, and releases them once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sample import (
    AT,
    FIRST,
    SECOND,
    line,
    order_approved,
    order_cancelled,
    order_received,
    payment_failed,
)
from services.service_harness import handle_one_by_one

from checkout.domain import ReservationStatus
from checkout.framework.service import Tick
from checkout.messages import (
    Message,
    ReservationExpired,
)
from checkout.services.stock import Stock

NewHarness = Callable[..., Any]


@pytest.fixture
def stock(new_harness: NewHarness) -> Any:
    stock = new_harness(Stock(hold=60))
    stock.service.now = lambda: AT
    return stock


def quantities(stock: Any) -> tuple[int, int]:
    """The wooden spoons on hand, and how many of them are reserved."""
    product = stock.state(order_received(line(1), id=SECOND)).products[1]
    return product.on_hand, product.reserved


def tick(after: timedelta = timedelta(seconds=60)) -> Tick:
    return Tick("expire", AT + after)


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
