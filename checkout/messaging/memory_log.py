"""Memory log: topics, consumer groups, offsets, redelivery and refused commits as in Kafka, in this process."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from checkout.messaging.kafka_partitioner import Partitioner
from checkout.messaging.log import (
    DEAD_LETTERS,
    CommitRefused,
    Lag,
    LogUnavailable,
    Partition,
    ProducerRecord,
    Record,
    RecordMetadata,
    check_size,
)
from checkout.messaging.memory_group import MemoryGroup


class MemoryBroker:
    """A `Broker` whose topics and groups live as long as this object. Thread-safe: one lock guards all of them.

    `clock` returns the time of new records in seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._changed, self._clock = threading.Condition(), clock
        self._records: dict[str, list[list[Record]]] = {}  # by topic, then partition
        self._groups: dict[str, MemoryGroup] = {}
        self._partitioner = Partitioner()

    def create(self, topics: Mapping[str, int]) -> None:
        """Creates topics with their numbers of partitions; an existing topic stays as it is."""
        with self._changed:
            self._records |= {t: [[] for _ in range(count)] for t, count in topics.items() if t not in self._records}

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> "MemoryLog":
        """Joins a group as `replica`; with `assign`, takes all partitions without becoming a member."""
        with self._changed:
            if missing := [topic for topic in topics if topic not in self._records]:
                raise LogUnavailable(f"there is no topic {missing[0]}: create it first")
            return MemoryLog(self, group, topics, replica, assign)

    def read(self, topics: Sequence[str], from_offsets: Mapping[Partition, int] | None = None) -> Iterator[Record]:
        """Reads these topics from the given offsets to the present end offsets."""
        with self._changed:
            found = [self._records_of(p)[(from_offsets or {}).get(p, 0) :] for p in self._partitions(topics)]
        return itertools.chain.from_iterable(found)

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Returns the end offset of each partition of these topics."""
        with self._changed:
            return {partition: len(self._records_of(partition)) for partition in self._partitions(topics)}

    def begins(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Returns offset 0 for each partition of these topics: nothing is deleted."""
        return dict.fromkeys(self.ends(topics), 0)

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """Returns the lag of a group without joining it."""
        with self._changed:
            committed = self._group(group).committed
            return {partition: Lag(committed.get(partition, 0), end) for partition, end in self.ends(topics).items()}

    def topics(self) -> dict[str, int]:
        """Returns the topics with their numbers of partitions."""
        with self._changed:
            return {topic: len(self._records[topic]) for topic in sorted(self._records)}

    def remove_member(self, group: str, replica: str) -> None:
        """Removes a member from a group at once, as the session timeout does."""
        with self._changed:
            self._group(group).remove(replica)

    def delete(self) -> None:
        """Deletes all topics and groups."""
        with self._changed:
            for member in [member for group in self._groups.values() for member in group.members.values()]:
                member.assign([])
            self._groups, self._records = {}, {}

    def close(self) -> None:
        """Does nothing: there is no connection to close."""

    def _group(self, name: str) -> MemoryGroup:
        return self._groups.setdefault(name, MemoryGroup())

    def _partitions(self, topics: Sequence[str]) -> list[Partition]:
        return [(topic, number) for topic in topics for number in range(len(self._records.get(topic, ())))]

    def _records_of(self, partition: Partition) -> list[Record]:
        topic, number = partition
        return self._records[topic][number] if topic in self._records else []

    def _append(self, record: ProducerRecord) -> RecordMetadata:
        topic, key, value, headers, _ = record
        if topic.endswith(DEAD_LETTERS):
            self.create({topic: 1})
        if topic not in self._records:
            raise LogUnavailable(f"there is no topic {topic}: create it first")
        number = self._partitioner.choose(record, len(self._records[topic]))
        sent = b"" if key is None and value is None else value
        offset = len(partition := self._records[topic][number])
        partition.append(Record(topic, number, offset, key, sent, list(headers), int(self._clock() * 1000)))
        return RecordMetadata(number, offset)


class MemoryLog:
    """A `Log` on a `MemoryBroker`. A rebalance is cooperative and completes inside the call that causes it."""

    def __init__(self, broker: MemoryBroker, group: str, topics: Sequence[str], replica: str, assign: bool) -> None:
        self.replica, self.subscribed = replica, broker._partitions(topics)
        self.assigned, self._positions = list[Partition](), dict[Partition, int]()
        self._starts: dict[Partition, int] = {}  # the lowest position since each partition was assigned
        self._broker, self._group, self._is_member, self._closed = broker, broker._group(group), not assign, False
        self._group_name, self._topics, self._is_woken = group, topics, False
        if self._is_member:
            self._group.join(self)
        else:
            self.assign(self.subscribed)

    def assignment(self) -> set[Partition]:
        """Returns the partitions assigned to this member."""
        with self._broker._changed:
            return set(self.assigned)

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records; waits at most `timeout` seconds for the first, or for `wake`."""
        with self._broker._changed:
            self._rejoin_if_removed()
            self._broker._changed.wait_for(lambda: self._is_woken or self._has_records(), timeout)
            self._is_woken = False
            found: list[Record] = []
            for partition in self.assigned:
                start = self._positions[partition]
                records = self._broker._records_of(partition)[start : start + max_records - len(found)]
                self._positions[partition] = start + len(records)
                found += records
            if found:
                self.assigned.append(self.assigned.pop(0))  # else a full partition starves the others
            return found

    def wake(self) -> None:
        """Ends the wait of `poll`; if none is waiting, of the next one."""
        with self._broker._changed:
            self._is_woken = True
            self._broker._changed.notify_all()

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Appends all records; returns the metadata of each."""
        with self._broker._changed:
            for record in records:
                check_size(record)
            sent = [self._broker._append(record) for record in records]
            self._broker._changed.notify_all()
            return sent

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits the next offsets of the partitions that are still assigned to this member."""
        with self._broker._changed:
            if not self._is_member and self._group.members:
                self._positions |= {p: self._group.committed.get(p, 0) for p in offsets.keys() & self._positions}
                raise CommitRefused(f"{self.replica} is no member, and the group has some: close them first")
            # An offset from before a rebalance must not take back what another member has committed since.
            kept = {p: offset for p, offset in offsets.items() if p in self._starts and offset >= self._starts[p]}
            self._group.committed.update(kept)
            if lost := offsets.keys() - kept:
                raise CommitRefused(f"{sorted(lost)} are no longer assigned to {self.replica}, or were not since")

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which the next `poll` starts."""
        with self._broker._changed:
            if partition not in self.assigned:
                raise ValueError(f"{partition[0]}[{partition[1]}] is not assigned to {self.replica}")
            self._positions[partition] = offset
            self._starts[partition] = min(self._starts[partition], offset)

    def lag(self) -> dict[Partition, Lag]:
        """Returns the group's lag for every partition of its topics."""
        return self._broker.lags(self._group_name, self._topics)

    def close(self) -> None:
        """Leaves the group; its other members get the partitions at once."""
        with self._broker._changed:
            if self._group.members.get(self.replica) is self:
                self._group.remove(self.replica)
            self.abandon()

    def abandon(self) -> None:
        """Stops without leaving the group, as a crash does."""
        self._closed = True

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Sets the assignment. Partitions that were assigned keep their position; new ones start at the commit."""
        committed = {p: self._group.committed.get(p, 0) for p in partitions}
        self._positions = {p: self._positions.get(p, committed[p]) for p in partitions}
        self._starts = {p: self._starts.get(p, committed[p]) for p in partitions}
        self.assigned = list(partitions)

    def _has_records(self) -> bool:
        return any(self._positions[p] < len(self._broker._records_of(p)) for p in self.assigned)

    def _rejoin_if_removed(self) -> None:
        if self._closed:
            raise LogUnavailable(f"{self.replica} has left its group: join again")
        if self._is_member and (member := self._group.members.get(self.replica)) is not self:
            if member:
                raise LogUnavailable(f"another process is {self.replica} now: give each replica its own name")
            self._group.join(self)
