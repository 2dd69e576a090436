"""The contract of the two logs, sending: every case by name on both, so what holds in memory holds on Kafka."""

import time
from collections import Counter

import pytest
from messaging.polling import (
    ORDERS,
    STOCK,
    Broker,
    Join,
    orders,
    take,
    values,
)

from checkout.messaging.log import LogUnavailable, ProducerRecord, RecordMetadata


def test_records_of_a_key_go_to_one_partition_and_keys_to_all(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")

    stand = member.send(orders(60, partition=None) * 2)

    assert stand[:60] == [RecordMetadata(partition, stand[n].offset) for n, (partition, _) in enumerate(stand[60:])]
    assert {place.partition for place in stand} == {0, 1, 2}


def test_records_without_a_key_are_spread(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})

    stand = join("stock", [ORDERS], "stock-1").send([ProducerRecord(ORDERS, None, b"keyless")] * 60)

    assert Counter(place.partition for place in stand).keys() == {0, 1, 2}


def test_given_partition_is_taken(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    member = join("stock", [ORDERS], "stock-1")

    stand = member.send([ProducerRecord(ORDERS, b"order-1", b"", (), partition) for partition in (2, 0, 1)])

    assert [place.partition for place in stand] == [2, 0, 1]


@pytest.mark.parametrize("missing", [2, 99, -1])
def test_partition_that_the_topic_does_not_have_is_chosen_by_the_key(broker: Broker, join: Join, missing: int) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")

    by_key, by_number = member.send([*orders(1, partition=None), *orders(1, partition=missing)])

    assert by_number == RecordMetadata(by_key.partition, 1)


def test_offsets_start_at_0_and_rise_by_1_in_each_partition(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 2})
    member = join("stock", [ORDERS], "stock-1")

    stand = member.send([*orders(3, partition=0), *orders(2, partition=1)]) + member.send(orders(1, partition=0))

    assert stand == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (0, 3)]


def test_places_come_in_the_order_given_over_several_topics(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1, STOCK: 1})
    member = join("stock", [ORDERS, STOCK], "stock-1")

    stand = member.send([ProducerRecord(topic, None, b"") for topic in (ORDERS, STOCK, STOCK, ORDERS)])

    assert stand == [(0, 0), (0, 0), (0, 1), (0, 1)]


def test_nothing_to_send_is_no_trouble(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})

    stand = join("stock", [ORDERS], "stock-1").send([])

    assert stand == []


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
def test_key_value_and_headers_survive(broker: Broker, join: Join, message: ProducerRecord) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    before = time.time()

    member.send([message])

    (record,) = take(member, 1)
    assert record[:6] == (ORDERS, 0, 0, message.key, message.value, list(message.headers))
    assert before - 1 < record.timestamp / 1000 < time.time() + 1


def test_record_with_neither_key_nor_value_arrives_empty(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    member.send([ProducerRecord(ORDERS, None, None, [("theirs", b"1")])])

    (record,) = take(member, 1)
    assert record[3:6] == (None, b"", [("theirs", b"1")])


def test_value_of_1_MiB_survives_between_small_ones(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")
    large = ProducerRecord(ORDERS, b"order-1", b"x" * 1024 * 1024, [("kafka_correlationId", b"c" * 36)])

    member.send([*orders(1), large, *orders(1)])

    assert [len(value or b"") for value in values(take(member, 3))] == [14, 1024 * 1024, 14]


@pytest.mark.parametrize("size", [1_300_000, 3_000_000])
def test_record_too_large_is_refused_by_name_and_stops_nothing(broker: Broker, join: Join, size: int) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(ValueError, match=f"{ORDERS} takes 1,114,112 bytes, this record has {size:,}"):
        member.send([ProducerRecord(ORDERS, None, b"x" * size)])

    assert member.send(orders(1)) == [(0, 0)]


def test_dead_letter_topic_is_created_when_first_needed_and_takes_a_large_record(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 3})
    dead = f"{ORDERS}.stock.dlt"
    before = broker.topics()

    stand = join("stock", [ORDERS], "stock-1").send([ProducerRecord(dead, b"order-1", b"x" * 1_900_000, (), 2)] * 2)

    assert stand == [(0, 0), (0, 1)]
    assert broker.topics() == before | {dead: 1}


def test_unknown_topic_is_named(broker: Broker, join: Join) -> None:
    broker.create({ORDERS: 1})
    member = join("stock", [ORDERS], "stock-1")

    with pytest.raises(LogUnavailable, match=f"no topic {STOCK}: create it first"):
        member.send([ProducerRecord(STOCK, None, b"")])
    with pytest.raises(LogUnavailable, match=f"no topic {STOCK}: create it first"):
        join("stock", [STOCK], "stock-2")
