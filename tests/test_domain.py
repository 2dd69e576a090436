"""The store's own rules: money, the life of an order, products on the shelf."""

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
    is_amount,
    to_cents,
)

RECEIVED, RESERVED, APPROVED, REJECTED = OrderStatus


def an_order(status: OrderStatus = RECEIVED) -> Order:
    return Order("order-1", "Ada", None, PaymentMethod.CREDIT, status)


def spoons(on_hand: int = 3, reserved: int = 0) -> Product:
    return Product(1, "Wooden spoon", Decimal("5.00"), on_hand, reserved)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("0.30000000000000004", "0.30"), ("0.125", "0.13"), ("0.135", "0.14"), ("-0.125", "-0.13"), ("2.675", "2.68"),
        ("1.0E7", "10000000.00"), ("5", "5.00"), ("0E+30", "0.00"), ("0.001", "0.00"), ("0e999999999", "0.00"),
        ("1." + "1" * 5_000, "1.11"), ("9e20", "9" + "0" * 20 + ".00"),
    ],
)
def test_an_amount_is_rounded_half_up_to_two_decimals(written: str, cents: str) -> None:
    rounded = to_cents(Decimal(written))

    assert str(rounded) == cents


@pytest.mark.parametrize("written", ["sNaN", "-sNaN5", "1e999999999", "-1e999999999", "1e21", "1e-999999999"])
def test_what_no_amount_can_be_is_not_money(written: str) -> None:
    with pytest.raises(NotMoney, match="an amount of money has"):
        to_cents(Decimal(written))


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_stays_to_be_refused_by_rule(written: str) -> None:
    amount = to_cents(Decimal(written))

    assert not is_amount(amount)
    assert str(amount) == written


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
@settings(derandomize=True, max_examples=100)
def test_rounding_moves_an_amount_by_at_most_half_a_cent_and_only_once(amount: Decimal) -> None:
    rounded = to_cents(amount)

    assert rounded.as_tuple().exponent == -2
    assert abs(rounded - amount) <= Decimal("0.005")
    assert to_cents(rounded) == rounded


@given(st.decimals())
@settings(derandomize=True, max_examples=100)
def test_any_decimal_at_all_is_rounded_or_refused_and_nothing_else(amount: Decimal) -> None:
    try:
        rounded = to_cents(amount)
    except NotMoney:
        return

    assert not rounded.is_finite() or rounded == rounded.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("amount", "is_one"),
    [("0", True), ("5.00", True), ("1000000.00", True), ("1000000.01", False), ("-0.01", False), ("NaN", False)],
)
def test_an_amount_is_between_nothing_and_a_million(amount: str, is_one: bool) -> None:
    assert is_amount(Decimal(amount)) is is_one


def test_no_amount_is_no_amount() -> None:
    assert not is_amount(None)


@pytest.mark.parametrize(
    ("before", "after"),
    [(RECEIVED, RESERVED), (RECEIVED, REJECTED), (RESERVED, APPROVED), (RESERVED, REJECTED)],
)
def test_an_order_goes_forward(before: OrderStatus, after: OrderStatus) -> None:
    order = an_order(before)

    order.move(after, "because")

    assert (order.status, order.reason) == (after, "because")


FORWARD = {(RECEIVED, RESERVED), (RECEIVED, REJECTED), (RESERVED, APPROVED), (RESERVED, REJECTED)}
BACKWARD = [(before, after) for before in OrderStatus for after in OrderStatus if (before, after) not in FORWARD]


@pytest.mark.parametrize(("before", "after"), BACKWARD)
def test_an_order_never_goes_backwards_nor_stays_nor_jumps(before: OrderStatus, after: OrderStatus) -> None:
    order = an_order(before)

    with pytest.raises(IllegalTransition, match=f"order order-1 is {before} and cannot become {after}"):
        order.move(after)

    assert order.status == before


def test_a_reserved_product_is_not_available_but_still_on_hand() -> None:
    product = spoons(on_hand=3)

    product.reserve(2)

    assert (product.available, product.reserved, product.on_hand) == (1, 2, 3)


def test_the_last_one_can_be_reserved() -> None:
    product = spoons(on_hand=3, reserved=2)

    product.reserve(1)

    assert product.available == 0


def test_a_sold_out_product_is_refused() -> None:
    product = spoons(on_hand=3, reserved=3)

    with pytest.raises(OutOfStock, match="^Wooden spoon is sold out$"):
        product.reserve(1)


def test_too_many_of_a_product_are_refused_and_nothing_is_reserved() -> None:
    product = spoons(on_hand=3)

    with pytest.raises(OutOfStock, match="^there are only 3 of Wooden spoon left$"):
        product.reserve(4)

    assert product.reserved == 0


def test_a_release_gives_back_and_a_decrease_takes_away() -> None:
    product = spoons(on_hand=5, reserved=4)

    product.release(1)
    product.decrease(2)

    assert (product.on_hand, product.reserved, product.available) == (3, 1, 2)


@pytest.mark.parametrize("again", ["SOLD", "RELEASED"])
@pytest.mark.parametrize("first", ["SOLD", "RELEASED"])
def test_a_reservation_ends_once(first: str, again: str) -> None:
    reservation = Reservation("order-1", {1: 2})
    reservation.end(first)

    with pytest.raises(IllegalTransition, match=f"the products of order order-1 are {first}, not HELD"):
        reservation.end(again)

    assert reservation.status == first
