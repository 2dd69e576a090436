"""Memory log: Kafka's semantics in this process: partitions, groups, offsets, redelivery, refused commits."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

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


class MemoryBroker:
    """Topics and consumer groups that live as long as this object. Thread-safe: one lock guards all of it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._changed, self._clock = threading.Condition(), clock
        self._records: dict[str, list[list[Record]]] = {}
        self._groups: dict[str, _Group] = {}
        self._spread = itertools.count()

    def create(self, topics: Mapping[str, int]) -> None:
        """Makes these topics with so many partitions; one that exists stays as it is."""
        with self._changed:
            for topic, partitions in topics.items():
                self._records.setdefault(topic, [[] for _ in range(partitions)])

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> "MemoryLog":
        """A member of the group, in the seat of an earlier one of that name. With `assign` it is no member and
        takes all partitions. Raises LogUnavailable for a topic that does not exist."""
        with self._changed:
            if missing := [topic for topic in topics if topic not in self._records]:
                raise LogUnavailable(f"there is no topic {missing[0]}: create it first")
            return MemoryLog(self, group, topics, replica, assign)

    def read(self, topics: Sequence[str], from_offsets: Mapping[Partition, int] | None = None) -> Iterator[Record]:
        """Every record of these topics from these offsets, or 0, to the present end, in order in each partition."""
        begin = from_offsets or {}
        with self._changed:
            found = [self._of(partition)[begin.get(partition, 0) :] for partition in self._partitions(topics)]
        return itertools.chain.from_iterable(found)

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """The offset of the next record of each partition of these topics."""
        with self._changed:
            return {partition: len(self._of(partition)) for partition in self._partitions(topics)}

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """How far a group is behind, without joining it."""
        with self._changed:
            committed = self._group(group).committed
            return {partition: Lag(committed.get(partition, 0), end) for partition, end in self.ends(topics).items()}

    def topics(self) -> dict[str, int]:
        """The topics, each with its number of partitions."""
        with self._changed:
            return {topic: len(self._records[topic]) for topic in sorted(self._records)}

    def remove_member(self, group: str, replica: str) -> None:
        """Does at once what a session time-out does to a silent member: the others get its partitions."""
        with self._changed:
            self._group(group).leave(replica)

    def delete(self) -> None:
        """Removes all topics and groups."""
        with self._changed:
            for member in [member for group in self._groups.values() for member in group.members.values()]:
                member.own([])
            self._groups, self._records = {}, {}

    def close(self) -> None:
        """Lets go of nothing: it is here for the surface."""

    def _group(self, name: str) -> "_Group":
        return self._groups.setdefault(name, _Group())

    def _partitions(self, topics: Sequence[str]) -> list[Partition]:
        return [(topic, number) for topic in topics for number in range(len(self._records.get(topic, ())))]

    def _of(self, partition: Partition) -> list[Record]:
        topic, number = partition
        return self._records[topic][number] if topic in self._records else []

    def _append(self, message: ProducerRecord) -> RecordMetadata:
        topic, key, value, headers, number = message
        check_size(message)
        if topic.endswith(DEAD_LETTERS):
            self.create({topic: 1})
        if topic not in self._records:
            raise LogUnavailable(f"there is no topic {topic}: create it first")
        partitions = self._records[topic]
        if number is None or number not in range(len(partitions)):
            number = (next(self._spread) if key is None else murmur2(key) & 0x7FFFFFFF) % len(partitions)
        offset, now = len(partitions[number]), int(self._clock() * 1000)
        held = b"" if key is None and value is None else value
        partitions[number].append(Record(topic, number, offset, key, held, list(headers), now))
        return RecordMetadata(number, offset)


class _Group:
    def __init__(self) -> None:
        self.committed: dict[Partition, int] = {}
        self.members: dict[str, MemoryLog] = {}

    def join(self, member: "MemoryLog") -> None:
        if earlier := self.members.get(member.replica):
            member.own(earlier.owned)
            earlier.own([])
        self.members[member.replica] = member
        self._share()

    def leave(self, replica: str) -> None:
        if member := self.members.pop(replica, None):
            member.own([])
            self._share()

    def _share(self) -> None:
        owned = {member: list(member.owned) for member in self.members.values()}
        taken = set(itertools.chain.from_iterable(owned.values()))
        for partition in dict.fromkeys(itertools.chain.from_iterable(member.wanted for member in owned)):
            if partition not in taken:
                takers = [member for member in owned if partition in member.wanted]
                owned[min(takers, key=lambda member: len(owned[member]))].append(partition)
        while _move_one(owned):
            pass
        for member, partitions in owned.items():
            member.own(partitions)


class MemoryLog:
    """One member of a group. A rebalance is cooperative, and done inside the call that causes it."""

    def __init__(self, broker: MemoryBroker, group: str, topics: Sequence[str], replica: str, assign: bool) -> None:
        self.replica, self.wanted = replica, broker._partitions(topics)
        self.owned: list[Partition] = []
        self._broker, self._group, self._assigned, self._gone = broker, broker._group(group), assign, False
        self._names, self._positions = (group, topics), dict[Partition, int]()
        if assign:
            self.own(self.wanted)
        else:
            self._group.join(self)

    def assignment(self) -> set[Partition]:
        """The partitions this member owns now."""
        with self._broker._changed:
            return set(self.owned)

    def poll(self, limit: int, wait: float) -> list[Record]:
        """Up to `limit` records, in order within each partition; waits at most `wait` seconds for the first."""
        with self._broker._changed:
            self._take_seat()
            self._broker._changed.wait_for(self._has_records, wait)
            found: list[Record] = []
            for partition in self.owned:
                start = self._positions[partition]
                records = self._broker._of(partition)[start : start + limit - len(found)]
                self._positions[partition] = start + len(records)
                found += records
            self.owned.append(self.owned.pop(0)) if found else None  # else a full partition starves the others
            return found

    def send(self, messages: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Appends all and returns each one's place."""
        with self._broker._changed:
            places = [self._broker._append(message) for message in messages]
            self._broker._changed.notify_all()
            return places

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Moves the group to these next offsets, where this member still owns the partition."""
        with self._broker._changed:
            if self._assigned and self._group.members:
                self._positions |= {p: self._group.committed.get(p, 0) for p in offsets.keys() & self._positions}
                raise CommitRefused(f"{self.replica} is no member, and the group has some: close them first")
            kept = {partition: offset for partition, offset in offsets.items() if partition in self.owned}
            self._group.committed.update(kept)
            if lost := offsets.keys() - kept:
                raise CommitRefused(f"{self.replica} has lost {sorted(lost)}")

    def seek(self, partition: Partition, offset: int) -> None:
        """Goes to this offset for the next poll; the group's committed offset stays."""
        with self._broker._changed:
            if partition not in self.owned:
                raise ValueError(f"{self.replica} does not own {partition[0]}[{partition[1]}]")
            self._positions[partition] = offset

    def lag(self) -> dict[Partition, Lag]:
        """How far this group is behind, for every partition of its topics, whoever owns it."""
        return self._broker.lags(*self._names)

    def close(self) -> None:
        """Leaves the group, so that the others get its partitions at once."""
        with self._broker._changed:
            if self._group.members.get(self.replica) is self:
                self._group.leave(self.replica)
            self.abandon()

    def abandon(self) -> None:
        """Goes as a crash does: its partitions stay without owner until it is evicted or its name joins again."""
        self._gone = True

    def own(self, partitions: Sequence[Partition]) -> None:
        """Takes these partitions: those it had go on, the others begin at the committed offset."""
        committed = self._group.committed
        self._positions = {p: self._positions.get(p, committed.get(p, 0)) for p in partitions}
        self.owned = list(partitions)

    def _has_records(self) -> bool:
        return any(self._positions[p] < len(self._broker._of(p)) for p in self.owned)

    def _take_seat(self) -> None:
        if self._gone:
            raise LogUnavailable(f"{self.replica} has left its group: join again")
        if not self._assigned and (seated := self._group.members.get(self.replica)) is not self:
            if seated:
                raise LogUnavailable(f"another process is {self.replica} now: give each replica its own name")
            self._group.join(self)


def _move_one(owned: dict[MemoryLog, list[Partition]]) -> bool:
    for taker in sorted(owned, key=lambda member: len(owned[member])):
        for giver in sorted(owned, key=lambda member: -len(owned[member])):
            wanted = [partition for partition in owned[giver] if partition in taker.wanted]
            if wanted and len(owned[giver]) > len(owned[taker]) + 1:
                owned[taker].append(wanted[-1])
                owned[giver].remove(wanted[-1])
                return True
    return False


def murmur2(data: bytes) -> int:
    """The hash by which Kafka's producers choose a key's partition."""
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
