"""Kafka partitioner: chooses the partition of a record as Kafka's producers do."""

import itertools

from kafka.partitioner.default import murmur2

from checkout.messaging.log import ProducerRecord


class Partitioner:
    """Takes the record's own partition if the topic has it, else one by the key's hash, else each in turn."""

    def __init__(self) -> None:
        self._round_robin = itertools.count()

    def choose(self, record: ProducerRecord, partitions: int) -> int:
        """Returns the partition of this record in a topic of `partitions` partitions."""
        if record.partition is not None and 0 <= record.partition < partitions:
            return record.partition
        number = next(self._round_robin) if record.key is None else int(murmur2(record.key)) & 0x7FFFFFFF
        return number % partitions
