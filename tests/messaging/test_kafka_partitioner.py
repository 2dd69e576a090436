"""Partitioner: the partitions that Kafka's producers would choose."""

import pytest
from hypothesis import given
from hypothesis.strategies import binary
from kafka.partitioner import default
from messaging.polling import ORDERS

from checkout.messaging.kafka_partitioner import Partitioner, murmur2
from checkout.messaging.log import ProducerRecord


@pytest.mark.parametrize(
    ("key", "java_hash"),  # as Kafka's producers in Java compute it
    [
        (b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829), (b"abc", 479470107),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_a_key_has_the_partition_that_producers_in_java_choose(key: bytes, java_hash: int) -> None:
    partitioner = Partitioner()

    chosen = [partitioner.choose(ProducerRecord(ORDERS, key, b""), count) for count in (3, 12, 100_000)]

    assert chosen == [(java_hash & 0x7FFFFFFF) % count for count in (3, 12, 100_000)]


@given(binary(max_size=64))
def test_a_key_has_the_hash_that_producers_in_python_compute(key: bytes) -> None:
    assert murmur2(key) == default.murmur2(key) % 2**32


def test_records_without_a_key_take_the_partitions_in_turn() -> None:
    partitioner = Partitioner()

    chosen = [partitioner.choose(ProducerRecord(ORDERS, None, b""), 3) for _ in range(4)]

    assert chosen == [0, 1, 2, 0]
