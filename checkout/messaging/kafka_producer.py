"""Kafka sender: many records in one flush."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from kafka import errors
from kafka.partitioner.default import murmur2

from checkout.messaging.kafka_client import STEP, KafkaConnection
from checkout.messaging.log import ProducerRecord, RecordMetadata, check_size


class Sender:
    """A producer that takes many records at once and waits for all; `find` says how many partitions a topic has.

    A producer that failed is not used again: kafka-python 3.0.12 waits for ever after a batch has expired.
    """

    def __init__(self, cluster: KafkaConnection, find: Callable[[str], int]) -> None:
        self._cluster, self._find = cluster, find
        self._partitions: dict[str, int] = {}
        self._spread = itertools.count()
        self._producer: Any = None

    def send(self, messages: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Each one's place. Raises LogUnavailable, and ValueError for a record too large for its topic."""
        for message in messages:  # the broker's refusal of a size would end this producer
            check_size(message)
        with self._cluster.answering():
            try:
                return self._flush(messages)
            except errors.KafkaError:
                self.close(0)
                raise

    def close(self, patience: float = 1.0) -> None:
        """Lets the producer go, with what it could not send; the next call takes a new one."""
        producer, self._producer = self._producer, None
        if producer:
            try:
                producer.close(patience)
            except errors.KafkaTimeoutError:  # kafka-python has no public way to close one that holds something
                producer._sender.force_close()

    def _flush(self, messages: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        self._producer = self._producer or self._cluster.producer()
        send, prefix = self._producer.send, self._cluster.prefix
        sent = [send(prefix + m.topic, _value(m), m.key, list(m.headers), self._choose(m)) for m in messages]
        self._cluster.patiently(lambda: self._producer.flush(STEP))
        return [RecordMetadata(done.partition, done.offset) for done in (future.get(0) for future in sent)]

    def _choose(self, message: ProducerRecord) -> int:
        topic, key, _, _, partition = message
        partitions = self._partitions.get(topic) or self._partitions.setdefault(topic, self._find(topic))
        if partition is not None and 0 <= partition < partitions:
            return partition
        return (next(self._spread) if key is None else murmur2(key) & 0x7FFFFFFF) % partitions


def _value(message: ProducerRecord) -> bytes | None:
    # kafka-python sends no record without both
    return b"" if message.key is None and message.value is None else message.value
