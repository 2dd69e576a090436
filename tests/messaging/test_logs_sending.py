"""The contract of both logs, sending: every case runs in memory and on Kafka."""

import time
from collections import Counter

import pytest
from messaging.polling import (
    ORDERS,
    STOCK,
    Join,
    orders,
    take,
    values,
)

from checkout.messaging.log import Broker, LogUnavailable, ProducerRecord, RecordMetadata, RecordTooLarge


def test_records_of_a_key_go_to_one_partition_and_keys_to_all(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")

    sent_to = member.send(orders(60, partition=None) * 2)

    assert [metadata.partition for metadata in sent_to[:60]] == [metadata.partition for metadata in sent_to[60:]]
    assert {metadata.partition for metadata in sent_to} == {0, 1, 2}


def test_records_without_a_key_go_to_all_partitions(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})

    sent_to = join("stock", [ORDERS], "stock-1").send([ProducerRecord(ORDERS, None, b"keyless")] * 60)

    assert Counter(metadata.partition for metadata in sent_to).keys() == {0, 1, 2}


def test_given_partition_is_used(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")

    sent_to = member.send([ProducerRecord(ORDERS, b"order-1", b"", (), partition) for partition in (2, 0, 1)])

    assert [metadata.partition for metadata in sent_to] == [2, 0, 1]


@pytest.mark.parametrize("missing", [2, 99, -1])
def test_partition_that_the_topic_does_not_have_is_chosen_by_the_key(broker: Broker, join: Join, missing: int) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")

    by_key, by_number = member.send([*orders(1, partition=None), *orders(1, partition=missing)])

    assert by_number == RecordMetadata(by_key.partition, 1)


def test_offsets_of_a_partition_start_at_0_and_increase_by_1(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")

    sent_to = member.send([*orders(3, partition=0), *orders(2, partition=1)]) + member.send(orders(1, partition=0))

    assert sent_to == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (0, 3)]


def test_metadata_is_in_the_order_of_the_records_over_several_topics(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1, STOCK: 1})
    member = join("stock", [ORDERS, STOCK], "stock-1")

    sent_to = member.send([ProducerRecord(topic, None, b"") for topic in (ORDERS, STOCK, STOCK, ORDERS)])

    assert sent_to == [(0, 0), (0, 0), (0, 1), (0, 1)]


def test_sending_no_records_returns_no_metadata(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})

    sent_to = join("stock", [ORDERS], "stock-1").send([])

    assert sent_to == []


@pytest.mark.parametrize(
    "message",
    [
        ProducerRecord(ORDERS, b"order-1", b"wooden spoon", [("kafka_correlationId", "späti".encode())]),
        ProducerRecord(ORDERS, None, b"keyless"),
        ProducerRecord(ORDERS, b"", b"", [("", b"")]),
        ProducerRecord(ORDERS, b"order-1", None),
        ProducerRecord(ORDERS, b"order-1", b"twice", [("a", b"1"), ("a", b"2")]),
    ],
    ids=["all", "no key", "empty", "no value", "a header twice"],
)
def test_key_value_and_headers_are_delivered_unchanged(broker: Broker, join: Join, message: ProducerRecord) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    before = time.time()

    member.send([message])

    (record,) = take(member, 1)
    assert record[:6] == (ORDERS, 0, 0, message.key, message.value, list(message.headers))
    assert before - 1 < record.timestamp / 1000 < time.time() + 1


def test_record_with_neither_key_nor_value_has_an_empty_value(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    member.send([ProducerRecord(ORDERS, None, None, [("theirs", b"1")])])

    (record,) = take(member, 1)
    assert record[3:6] == (None, b"", [("theirs", b"1")])


def test_value_of_1_MiB_is_delivered_between_small_ones(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    large = ProducerRecord(ORDERS, b"order-1", b"x" * 1024 * 1024, [("kafka_correlationId", b"c" * 36)])

    member.send([*orders(1), large, *orders(1)])

    assert [len(value or b"") for value in values(take(member, 3))] == [14, 1024 * 1024, 14]


def test_no_record_is_sent_with_one_above_the_limit(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    large = ProducerRecord(ORDERS, None, b"x" * 1_300_000)

    with pytest.raises(RecordTooLarge) as refusal:
        member.send([*orders(1), large])

    assert refusal.value.record is large
    assert broker.ends([ORDERS]) == {(ORDERS, 0): 0}


@pytest.mark.parametrize("size", [1_300_000, 3_000_000])
def test_record_above_the_limit_is_refused_and_the_next_is_sent(broker: Broker, join: Join, size: int) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(ValueError, match=f"{ORDERS} takes 1,114,112 bytes, this record has {size:,}"):
        member.send([ProducerRecord(ORDERS, None, b"x" * size)])

    assert member.send(orders(1)) == [(0, 0)]


def test_dead_letter_topic_is_created_at_its_first_record_and_accepts_a_large_one(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    dead = f"{ORDERS}.stock.dlt"
    before = broker.topics()

    sent_to = join("stock", [ORDERS], "stock-1").send([ProducerRecord(dead, b"order-1", b"x" * 1_900_000, (), 2)] * 2)

    assert sent_to == [(0, 0), (0, 1)]
    assert broker.topics() == before | {dead: 1}


def test_unknown_topic_is_refused_by_name(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(LogUnavailable, match=f"no topic {STOCK}: create it first"):
        member.send([ProducerRecord(STOCK, None, b"")])
    with pytest.raises(LogUnavailable, match=f"no topic {STOCK}: create it first"):
        join("stock", [STOCK], "stock-2")
