"""Ages: what is older than the retention may be deleted in part, and nothing is missed then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from checker.breaking import change_rows, drop_records, drop_rows, problems
from checker.good_run import APPROVED, FOREIGN

from checkout.checker.check import check
from checkout.checker.evidence import OLD
from checkout.checker.facts import ORDER_APPROVED, ORDER_RECEIVED, PAYMENT_REQUESTED
from checkout.checker.witnesses import Witnesses

IN_A_WEEK = datetime.now(UTC) + timedelta(days=7, hours=1)
LONG_AGO = datetime.now(UTC) - timedelta(days=9)


def test_a_sold_reservation_whose_inbox_rows_are_deleted_was_not_held_for_too_long(good: Witnesses) -> None:
    since = {"reserved_at": LONG_AGO}
    old = change_rows(good, "orders", "orders", {"id": APPROVED}, placed_at=LONG_AGO)
    old = drop_rows(change_rows(old, "stock", "reservations", {"order_id": APPROVED}, **since), "stock", "inbox",
                    order_id=APPROVED)  # fmt: skip
    held = change_rows(old, "stock", "reservations", {"order_id": APPROVED}, status="HELD")

    assert problems(old, "I9") == []
    assert any(problem.startswith("reserved for ") for problem in problems(held, "I9"))


def test_an_unreadable_record_that_is_old_need_be_no_dead_letter_any_more(good: Witnesses) -> None:
    pruned = replace(good, records=[r for r in good.records if not r.topic.endswith("stock.dlt")])
    pruned = drop_rows(pruned, "stock", "outbox", kind="dead letter")

    assert len(problems(pruned, "I14")) == 1
    assert problems(replace(pruned, read_at=IN_A_WEEK), "I14") == []


def test_an_old_record_of_ours_need_be_in_no_outbox_any_more(good: Witnesses) -> None:
    pruned = drop_rows(good, "orders", "outbox", order_id=APPROVED, destination=ORDER_APPROVED)

    (result,) = check(replace(pruned, read_at=IN_A_WEEK), ["I17"]).results
    assert (len(problems(pruned, "I17")), result.violations, result.counts[OLD]) == (1, [], 1)


def test_money_of_an_old_order_of_another_orders_is_left_out(good: Witnesses) -> None:
    foreign = drop_rows(good, "orders", "orders", id=FOREIGN)
    deleted = drop_records(drop_records(foreign, ORDER_APPROVED, FOREIGN), ORDER_RECEIVED, FOREIGN)
    deleted = drop_records(deleted, PAYMENT_REQUESTED, FOREIGN)

    assert len(problems(deleted, "I19")) == 1
    assert problems(replace(deleted, read_at=IN_A_WEEK), "I19") == []


def test_an_order_without_a_date_is_old_if_kafka_has_deleted_records(good: Witnesses) -> None:
    parcel = dict(next(iter(good.parcels or ())), order="00000000-0000-4000-8000-00000000000f")
    unknown = replace(good, parcels=[*(good.parcels or ()), parcel])
    deleting = {group: {at: lag._replace(begin=1) for at, lag in lags.items()} for group, lags in good.lags.items()}

    assert problems(unknown, "I10") == [f"{parcel['id']} was booked, but the order is not approved"]
    assert problems(replace(unknown, lags=deleting), "I10") == []
