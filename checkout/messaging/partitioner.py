"""Partitioner: chooses the partition of a record as Kafka's producers do."""

import itertools

from checkout.messaging.log import ProducerRecord


class Partitioner:
    """Takes the record's own partition if the topic has it, else one by the key's hash, else each in turn."""

    def __init__(self) -> None:
        self._round_robin = itertools.count()

    def choose(self, record: ProducerRecord, partitions: int) -> int:
        """Returns the partition of this record in a topic of `partitions` partitions."""
        if record.partition is not None and 0 <= record.partition < partitions:
            return record.partition
        number = next(self._round_robin) if record.key is None else murmur2(record.key) & 0x7FFFFFFF
        return number % partitions


def murmur2(data: bytes) -> int:
    """Returns the hash by which Kafka's producers choose a key's partition."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    whole = len(data) & ~3
    h = 0x9747B28C ^ len(data)
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15
