"""Message invariants: I12 to I15 hold in a good run, and each way to break them is found."""

import json
from dataclasses import replace

import pytest
from checker.breaking import (
    change_record,
    change_rows,
    change_value,
    drop_records,
    drop_rows,
    more_records,
    problems,
    record_of,
    repeat_rows,
)
from checker.good_run import APPROVED, FOREIGN, LATE

from checkout.checker.check import check
from checkout.checker.facts import (
    GROUPS,
    ORDER_APPROVED,
    ORDER_RECEIVED,
    PAYMENT_PROCESSED,
    PAYMENT_REQUESTED,
    PRODUCTS_RESERVED,
)
from checkout.checker.witnesses import Witnesses
from checkout.messaging.log import Lag


def test_copies_of_a_message_are_counted_and_may_come_from_other_programs(good: Witnesses) -> None:
    record = record_of(good, PRODUCTS_RESERVED, APPROVED)
    value = json.dumps(json.loads(record.value or b"") | {"total": 1}).encode()
    copied = more_records(good, record._replace(offset=98), record._replace(offset=99, key=None, value=value))

    (before,), (after,) = check(good, ["I12"]).results, check(copied, ["I12"]).results
    assert after.violations == []
    assert after.counts["copies"] == before.counts["copies"] + 2
    assert after.counts["copies with another content"] == before.counts["copies with another content"] + 1


@pytest.mark.parametrize(("partition", "found"), [(0, 1), (1, 0)])
def test_a_copy_with_our_key_and_partition_but_another_content_is_found(
    good: Witnesses, partition: int, found: int
) -> None:
    record = record_of(good, PRODUCTS_RESERVED, APPROVED)
    value = json.dumps(json.loads(record.value or b"") | {"total": 1}).encode()
    forged = more_records(good, record._replace(offset=99, partition=partition, value=value))

    assert problems(forged, "I12") == [
        f"{PRODUCTS_RESERVED}[0]@99 has another content than what its sender has stored"
    ] * found  # fmt: skip


def test_a_message_that_was_handled_twice_is_found(good: Witnesses) -> None:
    twice = repeat_rows(good, "stock", "inbox", order_id=APPROVED, source=ORDER_RECEIVED)

    assert problems(twice, "I12") == [f"stock has handled {ORDER_RECEIVED} 2 times"]


@pytest.mark.parametrize(("service", "destination"), [("stock", PRODUCTS_RESERVED), ("payments", "charge")])
def test_an_answer_that_was_given_twice_is_found(good: Witnesses, service: str, destination: str) -> None:
    twice = repeat_rows(good, service, "outbox", order_id=APPROVED, destination=destination)

    assert problems(twice, "I12") == [f"{service} has stored {destination} 2 times to be sent"]


@pytest.mark.parametrize("key", [b"Ada", None, b""])
def test_a_record_of_ours_with_another_key_is_found(good: Witnesses, key: bytes | None) -> None:
    broken = change_record(good, record_of(good, ORDER_RECEIVED, APPROVED), key=key)

    assert len(problems(broken, "I13")) == 1


def test_copies_on_two_partitions_are_found(good: Witnesses) -> None:
    record = record_of(good, PAYMENT_REQUESTED, APPROVED)

    (problem,) = problems(more_records(good, record._replace(partition=1)), "I13")
    assert problem.startswith("copies on several partitions: ")


def test_a_copy_by_another_program_needs_no_key(good: Witnesses) -> None:
    record = record_of(good, ORDER_RECEIVED, APPROVED)

    assert problems(more_records(good, record._replace(offset=99, key=None)), "I13") == []


def test_records_of_other_programs_need_no_key_and_no_partition(good: Witnesses) -> None:
    record = record_of(good, ORDER_RECEIVED, FOREIGN)

    assert problems(more_records(good, record._replace(partition=1)), "I13") == []


@pytest.mark.parametrize(("group", "topic"), [(group, topics[0]) for group, topics in GROUPS.items()])
def test_a_record_that_a_group_has_dropped_is_found(good: Witnesses, group: str, topic: str) -> None:
    dropped = drop_rows(good, group, "inbox", source=topic, order_id=APPROVED)

    copies = sum(r.topic == topic and APPROVED.encode() in (r.value or b"") for r in good.records)
    assert problems(dropped, "I14") == [
        f"{group} has received {topic}[0]@{r.offset}, but not applied it"
        for r in good.records if r.topic == topic and APPROVED.encode() in (r.value or b"")
    ]  # fmt: skip
    assert copies >= 1


def test_a_record_that_a_group_has_yet_to_receive_is_not_dropped(good: Witnesses) -> None:
    dropped = drop_rows(good, "shipments", "inbox", order_id=APPROVED)
    lags = {**good.lags, "shipments": {(ORDER_APPROVED, 0): Lag(committed=0, end=3)}}

    assert problems(replace(dropped, lags=lags), "I14") == []


def test_an_unreadable_record_that_is_no_dead_letter_was_dropped(good: Witnesses) -> None:
    dropped = replace(good, records=[r for r in good.records if not r.topic.endswith("stock.dlt")])
    dropped = drop_rows(dropped, "stock", "outbox", kind="dead letter")

    (problem,) = problems(dropped, "I14")
    assert problem.startswith("stock has received order.new-order-received[0]@")
    assert problem.endswith(", which cannot be read, and dropped it")


def test_a_record_that_another_program_has_answered_need_not_be_applied(good: Witnesses) -> None:
    replaced = drop_rows(good, "payments", "inbox", order_id=APPROVED)
    replaced = drop_rows(replaced, "payments", "outbox", order_id=APPROVED)

    assert problems(replaced, "I14") == []


def test_an_effect_of_a_record_that_is_not_on_its_topic_is_found(good: Witnesses) -> None:
    aborted = drop_records(good, PAYMENT_PROCESSED, LATE)

    (problem,) = problems(aborted, "I15")
    assert problem.startswith("orders has handled payment.order-payment-processed[0]@")
    assert problem.endswith(", where this order has no committed record")


def test_an_effect_of_another_content_is_found(good: Witnesses) -> None:
    changed = change_value(good, PAYMENT_REQUESTED, APPROVED, customerName="Eve")

    assert problems(changed, "I15") == [
        "payments has handled another content than that of order.process-order-payment[0]@0"
    ]


def test_records_that_kafka_has_deleted_are_not_missed(good: Witnesses) -> None:
    deleted = replace(good, records=[r for r in good.records if r.topic != PAYMENT_PROCESSED])
    lags = {**good.lags, "orders": {(PAYMENT_PROCESSED, 0): Lag(committed=9, end=9, begin=9)}}

    assert problems(replace(deleted, lags=lags), "I15") == []
    assert problems(replace(deleted, lags=lags), "I17") == []


def test_a_row_of_the_inbox_at_another_place_is_found(good: Witnesses) -> None:
    broken = change_rows(good, "stock", "inbox", {"source": ORDER_APPROVED, "order_id": APPROVED}, position=77)

    assert len(problems(broken, "I15")) == 1
