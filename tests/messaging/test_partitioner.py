"""Partitioner: the partitions that Kafka's producers would choose."""

from kafka.partitioner.default import murmur2 as kafkas_murmur2
from messaging.polling import ORDERS

from checkout.messaging.log import ProducerRecord
from checkout.messaging.partitioner import Partitioner, murmur2


def test_hash_equals_that_of_kafkas_producers() -> None:
    keys = [bytes(range(start, start + length)) for start in range(0, 200, 9) for length in range(50)]

    hashes = [murmur2(key) for key in keys]

    assert hashes == [kafkas_murmur2(key) for key in keys]


def test_records_without_a_key_take_the_partitions_in_turn() -> None:
    partitioner = Partitioner()

    chosen = [partitioner.choose(ProducerRecord(ORDERS, None, b""), 3) for _ in range(4)]

    assert chosen == [0, 1, 2, 0]
