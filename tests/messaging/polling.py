"""Polling: waits for records and rebalances with a deadline, and reports what it waited for."""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping

from checkout.messaging.log import CommitRefused, Log, Partition, ProducerRecord, Record

Join = Callable[..., Log]

ORDERS = "order.new-order-received"
STOCK = "stock.order-products-reserved"
SECONDS = 20.0  # deadline


def orders(count: int, partition: int | None = 0) -> list[ProducerRecord]:
    """Returns `count` small records."""
    return [ProducerRecord(ORDERS, b"order-%d" % n, b"wooden spoon %d" % n, (), partition) for n in range(count)]


def values(records: Iterable[Record]) -> list[bytes | None]:
    """The values of these records."""
    return [record.value for record in records]


def positions(records: Iterable[Record]) -> set[tuple[int, int]]:
    """The partition and offset of these records."""
    return {(record.partition, record.offset) for record in records}


def take(member: Log, count: int, limit: int = 100) -> list[Record]:
    """Polls until this member has `count` records."""
    return take_all([member], count, limit)


def take_all(members: Iterable[Log], count: int, limit: int = 100) -> list[Record]:
    """Polls these members until they have `count` records together."""
    found: list[Record] = []
    poll_until(members, lambda: len(found) >= count, f"{count} records", found, limit)
    return found


def settle(*members: Log, partitions: int, wait: float = 0.02) -> list[Record]:
    """Polls until these members share the partitions evenly; returns the records received meanwhile."""
    found: list[Record] = []

    def shared() -> bool:
        owned = [len(member.assignment()) for member in members]
        together = set().union(*(member.assignment() for member in members))
        return len(together) == sum(owned) == partitions and max(owned) - min(owned) <= 1

    poll_until(members, shared, f"{len(members)} members to share {partitions} partitions", found, wait=wait)
    return found


def poll_until(
    members: Iterable[Log],
    done: Callable[[], bool],
    waited_for: str,
    found: list[Record],
    limit: int = 100,
    wait: float = 0.02,
) -> None:
    """Polls these members in turn until `done`. No member may receive records of partitions not assigned to it."""
    deadline = time.monotonic() + SECONDS
    while not done():
        for member in members:
            records = member.poll(limit, wait)
            assert {(record.topic, record.partition) for record in records} <= member.assignment()
            found += records
        assert time.monotonic() < deadline, f"waited {SECONDS:.0f} s for {waited_for}: got {len(found)} records"


def commit_in_time(member: Log, offsets: Mapping[Partition, int], *others: Log) -> list[Record]:
    """Commits once no rebalance refuses it; returns the records received meanwhile."""
    found: list[Record] = []

    def accepted() -> bool:
        with contextlib.suppress(CommitRefused):
            member.commit(offsets)
            return True
        return False

    poll_until([member, *others], accepted, f"commit of {offsets} to be accepted", found)
    return found
