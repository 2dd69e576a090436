"""Stock invariants: I8 and I9 hold in a good run, and each way to break them is found."""

from dataclasses import replace
from datetime import timedelta

import pytest
from checker.breaking import (
    change_rows,
    change_value,
    drop_records,
    drop_rows,
    problems,
    rows,
)
from checker.good_run import APPROVED, CANCELLED, DENIED, RECEIVED

from checkout.checker.check import check
from checkout.checker.facts import ORDER_APPROVED, PAYMENT_FAILED
from checkout.checker.witnesses import Witnesses


def test_units_that_are_missing_at_the_end_are_found(good: Witnesses) -> None:
    lost = change_rows(good, "stock", "products", {"sku": 1}, on_hand=97)

    assert problems(lost, "I8") == ["product 1: 100 received, but 97 on hand and 2 sold"]
    (unknown,) = check(replace(lost, received=None), ["I8"]).results
    assert unknown.violations == []  # nobody has counted what was received
    assert unknown.counts["received: unknown"] == 5


def test_reserved_units_without_a_reservation_are_found(good: Witnesses) -> None:
    broken = change_rows(good, "stock", "products", {"sku": 1}, reserved=1)

    assert problems(broken, "I8") == ["product 1: 1 reserved, but the reservations hold 0"]


def test_more_reserved_than_on_hand_is_found(good: Witnesses) -> None:
    oversold = change_rows(good, "stock", "reservations", {"order_id": APPROVED}, status="HELD")
    oversold = change_rows(oversold, "stock", "products", {"sku": 1}, on_hand=1, reserved=2)

    assert "product 1: 2 held of 1 on hand" in problems(oversold, "I8")


def test_units_that_were_oversold_for_a_while_are_found(good: Witnesses) -> None:
    # Two tables were reserved and released again; had only one been received, they were never there.
    fewer = replace(good, received=RECEIVED | {4: 1})
    fewer = change_rows(fewer, "stock", "products", {"sku": 4}, on_hand=1)

    assert problems(fewer, "I8") == ["product 4: 2 held and sold of 1 received"]


def test_times_of_clocks_that_differ_are_not_compared(good: Witnesses) -> None:
    fewer = replace(good, received=RECEIVED | {4: 1})
    fewer = change_rows(fewer, "stock", "products", {"sku": 4}, on_hand=1)
    late = rows(fewer, "stock", "inbox", lambda found: [
        {**row, "at": row["at"] + timedelta(hours=1)} if number == 0 else row for number, row in enumerate(found)
    ])  # fmt: skip

    assert problems(late, "I8") == []


@pytest.mark.parametrize(
    ("order", "status"),
    [(APPROVED, "RELEASED"), (APPROVED, "CANCELLED"), (DENIED, "SOLD"), (CANCELLED, "SOLD"), (DENIED, "REFUSED")],
)
def test_a_reservation_that_has_ended_otherwise_than_its_order_is_found(
    good: Witnesses, order: str, status: str
) -> None:
    broken = change_rows(good, "stock", "reservations", {"order_id": order}, status=status)

    assert any(problem.startswith(f"its reservation is {status} after ") for problem in problems(broken, "I9"))


def test_a_reservation_that_outlives_its_order_is_found(good: Witnesses) -> None:
    unheard = change_rows(good, "stock", "reservations", {"order_id": DENIED}, status="HELD")
    unheard = drop_rows(drop_records(unheard, PAYMENT_FAILED, DENIED), "stock", "inbox", source=PAYMENT_FAILED)

    assert problems(unheard, "I9") == ["REJECTED, but its reservation is HELD"]


def test_a_reservation_that_does_not_expire_is_found(good: Witnesses) -> None:
    since = next(r["reserved_at"] for r in good.databases["stock"]["reservations"] if r["order_id"] == APPROVED)
    old = change_rows(good, "stock", "reservations", {"order_id": APPROVED}, reserved_at=since - timedelta(hours=3))

    (problem,) = problems(old, "I9")
    assert problem.startswith("reserved for 10,80") and problem.endswith("which is longer than 7200 s")


def test_a_sale_without_a_reservation_is_found(good: Witnesses) -> None:
    broken = drop_rows(good, "stock", "reservations", order_id=APPROVED)

    assert problems(broken, "I9") == [
        "sold by order.new-order-approved[0]@0, but its reservation is not there"
    ]


def test_a_sale_of_other_products_than_were_reserved_is_found(good: Witnesses) -> None:
    broken = change_value(good, ORDER_APPROVED, APPROVED, products=[{"sku": 1, "quantity": 5}])

    assert problems(broken, "I9") == [
        "order.new-order-approved[0]@0 sells {1: 5}, but {1: 2} were reserved"
    ]


def test_a_cancellation_before_the_order_reserves_nothing(good: Witnesses) -> None:
    early = change_rows(good, "stock", "reservations", {"order_id": CANCELLED}, quantities="{}", reserved_at=None)

    assert problems(early, "I9") == []
