"""Money invariants: I5, I6, I7, I18 and I19 hold in a good run, and each way to break them is found."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from checker.breaking import (
    change_rows,
    change_value,
    drop_entries,
    drop_records,
    drop_rows,
    entries,
    more_entries,
    problems,
    request_of,
    requests,
)
from checker.good_run import APPROVED, CANCELLED, DENIED, LATE, REFUSED_PARCEL, REFUSED_REFUND

from checkout.checker.facts import ORDER_APPROVED, ORDER_RECEIVED, PAYMENT_REQUESTED
from checkout.checker.witnesses import Witnesses


def test_a_second_charge_is_found_with_both_keys(good: Witnesses) -> None:
    twice = more_entries(good, "charges", APPROVED, key="another")

    first, second = problems(twice, "I5")
    assert first.startswith("charged 2 times: charged 10.00 EUR, key ") and "key another" in first
    assert second == "APPROVED: 10.00 EUR must stay charged, 20.00 EUR are"


def test_an_approved_order_that_was_not_charged_is_found(good: Witnesses) -> None:
    free = drop_entries(good, "charges", APPROVED)

    assert problems(free, "I5") == ["APPROVED: 10.00 EUR must stay charged, 0 EUR are"]


def test_a_charge_that_nobody_has_requested_is_found(good: Witnesses) -> None:
    unasked = drop_records(good, PAYMENT_REQUESTED, APPROVED)

    assert any("charged without a payment request" in problem for problem in problems(unasked, "I5"))


def test_an_order_left_to_an_operator_may_stay_charged(good: Witnesses) -> None:
    assert problems(drop_entries(good, "charges", REFUSED_REFUND), "I5") == []


@pytest.mark.parametrize(("ledger", "order", "what"), [("charges", APPROVED, "charge"), ("refunds", LATE, "refund")])
def test_a_new_key_for_another_attempt_is_found(good: Witnesses, ledger: str, order: str, what: str) -> None:
    (problem,) = problems(more_entries(good, ledger, order, key="another"), "I6")

    assert problem.startswith(f"2 keys for one {what}: ")


def test_a_new_key_after_a_denial_is_a_new_attempt(good: Witnesses) -> None:
    assert problems(more_entries(good, "charges", DENIED, key="another"), "I6") == []


def test_a_key_that_came_with_another_body_is_found(good: Witnesses) -> None:
    (problem,) = problems(entries(good, "charges", APPROVED, conflicts=2), "I6")

    assert problem.endswith(" came 2 times with another body")


def test_another_amount_than_the_catalogue_s_is_found_even_if_it_was_denied(good: Witnesses) -> None:
    for order, price in ((APPROVED, "10.00"), (DENIED, "1900.00")):
        (problem,) = problems(entries(good, "charges", order, amount=Decimal("9.99")), "I7")

        assert problem.startswith(f"costs {price} EUR, but 9.99 EUR were charged")


def test_the_price_is_that_of_the_catalogue_and_not_the_one_on_the_topics(good: Witnesses) -> None:
    dearer = change_rows(good, "stock", "products", {"sku": 1}, price=Decimal("6.00"))

    assert any(problem.startswith("costs 12.00 EUR, but 10.00 EUR were charged") for problem in problems(dearer, "I7"))


def test_a_wrong_total_is_found_in_the_database_and_on_the_topic(good: Witnesses) -> None:
    in_database = change_rows(good, "orders", "orders", {"id": APPROVED}, total=Decimal("1.00"))
    on_topic = change_value(good, ORDER_APPROVED, APPROVED, total=1.0)

    for broken in (in_database, on_topic):
        assert problems(broken, "I7") == ["costs 10.00 EUR, but its total is 1.00 EUR"]


def test_other_quantities_than_the_client_has_requested_are_found(good: Witnesses) -> None:
    body = {"products": [{"sku": 1, "quantity": 1}]}
    changed = msgspec.structs.replace(request_of(good, APPROVED), body=body)
    broken = requests(good, lambda log: [changed if each.order == APPROVED else each for each in log])

    (problem,) = problems(broken, "I7")
    assert problem.startswith("requested {1: 1}, but order.new-order-received[0]@0 has {1: 2}")


def test_an_order_of_another_orders_is_charged_what_that_one_asks_for(good: Witnesses) -> None:
    foreign = drop_rows(drop_rows(good, "orders", "inbox", order_id=APPROVED), "orders", "outbox", order_id=APPROVED)
    asked = change_value(foreign, PAYMENT_REQUESTED, APPROVED, payment={"total": 3.0})

    assert any(problem.startswith("costs 3.00 EUR") for problem in problems(asked, "I7"))


def test_a_product_without_a_price_cannot_be_charged(good: Witnesses) -> None:
    unknown = change_value(good, ORDER_RECEIVED, APPROVED, products=[{"sku": 999, "quantity": 1}])

    assert any("for products without a price" in problem for problem in problems(unknown, "I7"))


@pytest.mark.parametrize("order", [LATE, REFUSED_PARCEL])
def test_a_charge_that_is_not_refunded_is_found(good: Witnesses, order: str) -> None:
    (problem,) = problems(drop_entries(good, "refunds", order), "I18")

    assert problem.startswith("REFUNDED, but its charge is not refunded: charged 10.00 EUR")


def test_a_second_refund_is_found(good: Witnesses) -> None:
    twice = more_entries(good, "refunds", LATE, key="another")

    assert any(problem.startswith("refunded 2 times") for problem in problems(twice, "I18"))


def test_a_part_of_the_amount_is_no_refund(good: Witnesses) -> None:
    part = entries(good, "refunds", LATE, amount=Decimal("1.00"))

    assert problems(part, "I18") == ["10.00 EUR were charged, but 1.00 EUR refunded"]


def test_a_refund_of_an_order_that_goes_on_is_found(good: Witnesses) -> None:
    refunded = entries(good, "refunds", LATE, order=APPROVED)

    assert any(problem.startswith("refunded, but APPROVED") for problem in problems(refunded, "I18"))


def test_a_refused_refund_needs_an_operator(good: Witnesses) -> None:
    unnoticed = change_rows(good, "orders", "orders", {"id": REFUSED_REFUND}, status="CANCELLED")

    assert any(problem.startswith("the refund was refused, but the order is CANCELLED")
               for problem in problems(unnoticed, "I18"))  # fmt: skip


def test_money_that_belongs_to_no_approved_order_is_found(good: Witnesses) -> None:
    for broken in (drop_entries(good, "refunds", LATE), more_entries(good, "charges", APPROVED, key="another")):
        assert problems(broken, "I19") == [
            "37.00 EUR are captured and not refunded, but the approved orders cost 27.00 EUR"
        ]


def test_the_ledger_of_a_provider_that_started_later_says_nothing_of_earlier_orders(good: Witnesses) -> None:
    last = max(row["placed_at"] for row in good.databases["orders"]["orders"] if row["placed_at"])
    restarted = replace(drop_entries(good, "charges", APPROVED), ledgers_since=last)

    assert problems(restarted, "I5") == []
    assert problems(restarted, "I19") == []


def test_a_cancelled_order_without_a_charge_needs_no_refund(good: Witnesses) -> None:
    assert CANCELLED not in {entry["order"] for entry in good.charges or ()}
    assert problems(good, "I18") == []
