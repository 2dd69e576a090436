"""Polling: how the tests wait for records and rebalances: with a deadline, and a word about what they waited for."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping

from checkout.messaging.kafka_log import KafkaBroker, KafkaLog
from checkout.messaging.log import CommitRefused, Partition, ProducerRecord, Record
from checkout.messaging.memory_log import MemoryBroker, MemoryLog

Broker = MemoryBroker | KafkaBroker
Member = MemoryLog | KafkaLog
Join = Callable[..., Member]

ORDERS = "order.new-order-received"
STOCK = "stock.order-products-reserved"
SECONDS = 20.0  # until something that must happen is given up


def orders(count: int, partition: int | None = 0) -> list[ProducerRecord]:
    """So many small records."""
    return [ProducerRecord(ORDERS, b"order-%d" % n, b"wooden spoon %d" % n, (), partition) for n in range(count)]


def values(records: Iterable[Record]) -> list[bytes | None]:
    """What these records hold."""
    return [record.value for record in records]


def places(records: Iterable[Record]) -> set[tuple[int, int]]:
    """Where these records stand."""
    return {(record.partition, record.offset) for record in records}


def take(member: Member, count: int, limit: int = 100) -> list[Record]:
    """Polls until this member has got so many records."""
    return take_all([member], count, limit)


def take_all(members: Iterable[Member], count: int, limit: int = 100) -> list[Record]:
    """Polls these members until they have got so many records together."""
    found: list[Record] = []
    poll_until(members, lambda: len(found) >= count, f"{count} records", found, limit)
    return found


def settle(*members: Member, partitions: int, wait: float = 0.02) -> list[Record]:
    """Polls until these members share so many partitions fairly; what they got on the way."""
    found: list[Record] = []

    def shared() -> bool:
        owned = [len(member.assignment()) for member in members]
        together = set().union(*(member.assignment() for member in members))
        return len(together) == sum(owned) == partitions and max(owned) - min(owned) <= 1

    poll_until(members, shared, f"{len(members)} members to share {partitions} partitions", found, wait=wait)
    return found


def poll_until(
    members: Iterable[Member],
    done: Callable[[], bool],
    waited_for: str,
    found: list[Record],
    limit: int = 100,
    wait: float = 0.02,
) -> None:
    """Polls these members in turn until it is done. No member may get what it does not own after that poll."""
    deadline = time.monotonic() + SECONDS
    while not done():
        for member in members:
            records = member.poll(limit, wait)
            assert {(record.topic, record.partition) for record in records} <= member.assignment()
            found += records
        assert time.monotonic() < deadline, f"waited {SECONDS:.0f} s for {waited_for}: got {len(found)} records"


def commit_in_time(member: Member, offsets: Mapping[Partition, int], *others: Member) -> list[Record]:
    """Commits as soon as no rebalance refuses it any more; what the members got meanwhile."""
    found: list[Record] = []

    def accepted() -> bool:
        with contextlib.suppress(CommitRefused):
            member.commit(offsets)
            return True
        return False

    poll_until([member, *others], accepted, f"commit of {offsets} to be accepted", found)
    return found
