"""Domain: amounts, the status of an order, the quantities of a product."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkout.domain import (
    IllegalTransition,
    NotMoney,
    Order,
    OrderStatus,
    OutOfStock,
    PaymentMethod,
    Product,
    Reservation,
    ReservationStatus,
    is_amount,
    to_cents,
)

RECEIVED, RESERVED, APPROVED, REJECTED, CANCELLED, REFUNDED, NEEDS_OPERATOR = OrderStatus


FORWARD = {
    (RECEIVED, RESERVED), (RECEIVED, REJECTED), (RECEIVED, CANCELLED), (RESERVED, APPROVED), (RESERVED, REJECTED),
    (RESERVED, CANCELLED), (RESERVED, NEEDS_OPERATOR), (APPROVED, CANCELLED), (CANCELLED, REFUNDED),
    (CANCELLED, NEEDS_OPERATOR), (NEEDS_OPERATOR, REFUNDED),
}


def order_with_status(status: OrderStatus = RECEIVED) -> Order:
    return Order("order-1", "Ada", None, PaymentMethod.CREDIT, status)


def spoons(on_hand: int = 3, reserved: int = 0) -> Product:
    return Product(1, "Wooden spoon", Decimal("5.00"), on_hand, reserved)


@pytest.mark.parametrize(
    ("amount_text", "cents"),
    [
        ("0.30000000000000004", "0.30"), ("0.125", "0.13"), ("0.135", "0.14"), ("-0.125", "-0.13"), ("2.675", "2.68"),
        ("1.0E7", "10000000.00"), ("5", "5.00"), ("0E+30", "0.00"), ("0.001", "0.00"), ("0e999999999", "0.00"),
        ("1." + "1" * 5_000, "1.11"), ("9e20", "9" + "0" * 20 + ".00"),
    ],
)
def test_an_amount_is_rounded_half_up_to_two_decimals(amount_text: str, cents: str) -> None:
    rounded = to_cents(Decimal(amount_text))

    assert str(rounded) == cents


@pytest.mark.parametrize("amount_text", ["sNaN", "-sNaN5", "1e999999999", "-1e999999999", "1e21", "1e-999999999"])
def test_a_value_that_cannot_be_an_amount_is_refused(amount_text: str) -> None:
    with pytest.raises(NotMoney, match="an amount of money has"):
        to_cents(Decimal(amount_text))


@pytest.mark.parametrize("amount_text", ["NaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_not_finite_is_unchanged_and_invalid(amount_text: str) -> None:
    amount = to_cents(Decimal(amount_text))

    assert not is_amount(amount)
    assert str(amount) == amount_text


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
@settings(derandomize=True, max_examples=100)
def test_rounding_changes_an_amount_by_at_most_half_a_cent_and_only_once(amount: Decimal) -> None:
    rounded = to_cents(amount)

    assert rounded.as_tuple().exponent == -2
    assert abs(rounded - amount) <= Decimal("0.005")
    assert to_cents(rounded) == rounded


@given(st.decimals())
@settings(derandomize=True, max_examples=100)
def test_any_decimal_is_rounded_or_refused(amount: Decimal) -> None:
    try:
        rounded = to_cents(amount)
    except NotMoney:
        return

    assert not rounded.is_finite() or rounded == rounded.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("amount", "is_valid"),
    [("0", True), ("5.00", True), ("1000000.00", True), ("1000000.01", False), ("-0.01", False), ("NaN", False)],
)
def test_an_amount_is_between_zero_and_a_million(amount: str, is_valid: bool) -> None:
    assert is_amount(Decimal(amount)) is is_valid


def test_none_is_not_an_amount() -> None:
    assert not is_amount(None)


@pytest.mark.parametrize(("before", "after"), sorted(FORWARD))
def test_the_status_of_an_order_moves_forward(before: OrderStatus, after: OrderStatus) -> None:
    order = order_with_status(before)

    order.move(after, "a reason")

    assert (order.status, order.reason) == (after, "a reason")


BACKWARD = [(before, after) for before in OrderStatus for after in OrderStatus if (before, after) not in FORWARD]


@pytest.mark.parametrize(("before", "after"), BACKWARD)
def test_the_status_of_an_order_never_moves_back_repeats_or_skips(before: OrderStatus, after: OrderStatus) -> None:
    order = order_with_status(before)

    with pytest.raises(IllegalTransition, match=f"order order-1 is {before} and cannot become {after}"):
        order.move(after)

    assert order.status == before


def test_a_reserved_product_is_not_available_but_still_on_hand() -> None:
    product = spoons(on_hand=3)

    product.reserve(2)

    assert (product.available, product.reserved, product.on_hand) == (1, 2, 3)


def test_the_last_item_can_be_reserved() -> None:
    product = spoons(on_hand=3, reserved=2)

    product.reserve(1)

    assert product.available == 0


def test_a_sold_out_product_is_refused() -> None:
    product = spoons(on_hand=3, reserved=3)

    with pytest.raises(OutOfStock, match="^Wooden spoon is sold out$"):
        product.reserve(1)


def test_more_than_the_available_quantity_is_refused_and_nothing_is_reserved() -> None:
    product = spoons(on_hand=3)

    with pytest.raises(OutOfStock, match="^there are only 3 of Wooden spoon left$"):
        product.reserve(4)

    assert product.reserved == 0


def test_a_release_makes_a_quantity_available_and_a_decrease_removes_it() -> None:
    product = spoons(on_hand=5, reserved=4)

    product.release(1)
    product.decrease(2)

    assert (product.on_hand, product.reserved, product.available) == (3, 1, 2)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("SOLD", "SOLD"), ("SOLD", "RELEASED"), ("RELEASED", "SOLD"), ("RELEASED", "RELEASED"), ("SOLD", "EXPIRED"),
        ("CANCELLED", "SOLD"), ("CANCELLED", "CANCELLED"), ("EXPIRED", "EXPIRED"),
    ],
)
def test_a_reservation_ends_once(first: str, again: str) -> None:
    reservation = Reservation("order-1", {1: 2})
    reservation.move(ReservationStatus(first))

    with pytest.raises(IllegalTransition, match=f"of order order-1 are {first} and cannot become {again}"):
        reservation.move(ReservationStatus(again))

    assert reservation.status == first


@pytest.mark.parametrize("end", ["SOLD", "RELEASED", "CANCELLED"])
def test_an_expired_reservation_is_held_until_it_ends(end: str) -> None:
    reservation = Reservation("order-1", {1: 2})
    reservation.move(ReservationStatus.EXPIRED)
    was_held = reservation.is_held
    reservation.move(ReservationStatus(end))

    assert (was_held, reservation.is_held) == (True, False)


def test_what_is_taken_back_can_be_sold_again() -> None:
    product = spoons(on_hand=5, reserved=2)

    product.decrease(2)
    product.take_back(2)

    assert (product.on_hand, product.available) == (5, 5)
