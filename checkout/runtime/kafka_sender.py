"""Kafka sender: many records in one flush."""

import contextlib
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from kafka import errors as refused
from kafka.partitioner.default import murmur2

from checkout.runtime.kafka_client import PATIENCE, Cluster
from checkout.runtime.log import Outgoing, Place, check_size


class Sender:
    """A producer that takes many records at once and waits for all of them, and never longer than some 10 seconds.

    `find` says how many partitions a topic has.
    """

    def __init__(self, cluster: Cluster, find: Callable[[str], int]) -> None:
        self._cluster, self._find = cluster, find
        self._partitions: dict[str, int] = {}
        self._spread = itertools.count()
        self._producer: Any = None
        self._unsure = False

    def send(self, messages: Sequence[Outgoing]) -> list[Place]:
        """Each one's place. Raises LogUnavailable, and ValueError for a record too large for its topic."""
        for message in messages:  # the broker's refusal of a size would end this producer
            check_size(message)
        with self._cluster.answering():
            try:
                return self._flush(messages)
            except refused.RetriableError:
                self._unsure = True
                raise
            except refused.KafkaError:
                self.close()
                raise

    def close(self) -> None:
        """Lets the producer go, with what it could not send; the next call takes a new one."""
        producer, self._producer = self._producer, None
        if producer:
            with contextlib.suppress(refused.KafkaError):
                producer.close(1)

    def _flush(self, messages: Sequence[Outgoing]) -> list[Place]:
        self._producer = self._producer or self._cluster.producer()
        if self._unsure:  # what a failed call left goes first, else it piles up while the broker is away
            self._producer.flush(PATIENCE)
        send, prefix = self._producer.send, self._cluster.prefix
        sent = [send(prefix + m.topic, m.value, m.key, list(m.headers), self._choose(m)) for m in messages]
        self._producer.flush(PATIENCE + 1)
        self._unsure = False
        return [Place(done.partition, done.offset) for done in (future.get(0) for future in sent)]

    def _choose(self, message: Outgoing) -> int:
        topic, key, _, _, partition = message
        partitions = self._partitions.get(topic) or self._partitions.setdefault(topic, self._find(topic))
        if partition is not None and 0 <= partition < partitions:
            return partition
        return (next(self._spread) if key is None else murmur2(key) & 0x7FFFFFFF) % partitions
