"""Kafka partitioner: chooses the partition of a record as Kafka's producers do."""

import itertools
import struct

from checkout.messaging.log import ProducerRecord

SEED, FACTOR, BITS_32 = 0x9747B28C, 0x5BD1E995, 0xFFFFFFFF


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


def murmur2(key: bytes) -> int:
    """The hash of a key that Kafka's producers use, 0 to 2^32 - 1.

    Kafka-python has the same function, but its import takes longer than that of the whole lab in memory.
    """
    whole, found = len(key) & ~3, SEED ^ len(key)
    for (word,) in struct.iter_unpack("<I", key[:whole]):
        word = word * FACTOR & BITS_32
        found = found * FACTOR & BITS_32 ^ ((word ^ word >> 24) * FACTOR & BITS_32)
    if rest := key[whole:]:
        found = (found ^ int.from_bytes(rest, "little")) * FACTOR & BITS_32
    found = (found ^ found >> 13) * FACTOR & BITS_32
    return found ^ found >> 15
