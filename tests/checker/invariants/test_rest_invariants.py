"""Rest invariants: I16 and I17 hold in a good run, and each way to break them is found."""

from dataclasses import replace

from checker.breaking import (
    change_record,
    change_rows,
    drop_records,
    drop_rows,
    problems,
    record_of,
)
from checker.good_run import APPROVED

from checkout.checker.check import check
from checkout.checker.facts import ORDER_APPROVED, ORDER_RECEIVED, PAYMENT_REQUESTED
from checkout.checker.witnesses import Witnesses
from checkout.messaging.log import Lag


def test_a_group_with_lag_is_found(good: Witnesses) -> None:
    lags = {**good.lags, "shipments": {(ORDER_APPROVED, 0): Lag(committed=1, end=3)}}

    assert problems(replace(good, lags=lags), "I16") == [
        "group shipments has lag 2 on order.new-order-approved[0]: 1 of 3"
    ]


def test_a_group_whose_service_is_not_there_may_have_lag(good: Witnesses) -> None:
    lags = {**good.lags, "shipments": {(ORDER_APPROVED, 0): Lag(committed=0, end=3)}}
    databases = {name: tables for name, tables in good.databases.items() if name != "shipments"}

    assert problems(replace(good, lags=lags, databases=databases), "I16") == []
    assert len(problems(replace(good, lags=lags, databases={}), "I16")) == 1


def test_an_open_transaction_is_found(good: Witnesses) -> None:
    hanging = replace(good, open_transactions={(ORDER_RECEIVED, 2): (4, 7)})

    assert problems(hanging, "I16") == [
        "order.new-order-received[2] is readable up to 4 of 7: a transaction is open"
    ]


def test_without_offsets_nothing_can_be_said_of_lag(good: Witnesses) -> None:
    (result,) = check(replace(good, lags={}), ["I16"]).results

    assert (result.verdict, result.not_checked) == ("not checked", "no offsets of the consumer groups")


def test_a_row_that_was_not_sent_is_found(good: Witnesses) -> None:
    unsent = change_rows(good, "payments", "outbox", {"order_id": APPROVED, "destination": "charge"}, done_at=None)

    assert problems(unsent, "I17") == ["payments has not sent charge"]


def test_a_row_whose_record_is_there_was_sent_though_it_is_not_marked(good: Witnesses) -> None:
    where = {"order_id": APPROVED, "destination": PAYMENT_REQUESTED}
    unmarked = change_rows(good, "orders", "outbox", where, done_at=None, partition=None, position=None)

    assert problems(unmarked, "I17") == []
    assert problems(drop_records(unmarked, PAYMENT_REQUESTED, APPROVED), "I17") == [
        f"orders has not sent {PAYMENT_REQUESTED}"
    ]


def test_an_acknowledged_record_that_is_gone_is_found(good: Witnesses) -> None:
    lost = drop_records(good, ORDER_APPROVED, APPROVED)

    assert problems(lost, "I17") == [f"orders has sent {ORDER_APPROVED}, but not at {ORDER_APPROVED}[0]@0"]


def test_an_acknowledged_record_with_another_content_is_found(good: Witnesses) -> None:
    record = record_of(good, ORDER_APPROVED, APPROVED)
    changed = change_record(good, record, value=(record.value or b"") + b" ")

    assert problems(changed, "I17") == [
        f"orders has sent {ORDER_APPROVED}, but {ORDER_APPROVED}[0]@0 has another content"
    ]


def test_a_row_that_was_given_up_is_found(good: Witnesses) -> None:
    where = {"order_id": APPROVED, "destination": PAYMENT_REQUESTED}
    too_large = change_rows(good, "orders", "outbox", where, position=None, status="not sent: too large")

    assert problems(too_large, "I17") == [f"orders has sent {PAYMENT_REQUESTED}, but as not sent: too large"]


def test_a_record_of_ours_that_is_in_no_outbox_is_found(good: Witnesses) -> None:
    unstored = drop_rows(good, "orders", "outbox", order_id=APPROVED, destination=ORDER_APPROVED)

    assert problems(unstored, "I17") == [
        f"{ORDER_APPROVED}[0]@0 was published, but is not in the outbox of orders"
    ]
