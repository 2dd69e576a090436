"""Memory log: Kafka's semantics in this process: partitions, groups, offsets, redelivery, refused commits."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from checkout.runtime.log import (
    DEAD_LETTERS,
    CommitRefused,
    Lag,
    LogUnavailable,
    Outgoing,
    Partition,
    Place,
    Record,
    check_size,
)


class MemoryBroker:
    """Topics and consumer groups that live as long as this object. Thread-safe: one lock guards all of it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.changed = threading.Condition()
        self._clock = clock
        self._records: dict[str, list[list[Record]]] = {}
        self._groups: dict[str, Group] = {}
        self._spread = itertools.count()

    def create(self, topics: Mapping[str, int]) -> None:
        """Makes these topics with so many partitions; one that exists stays as it is."""
        with self.changed:
            for topic, partitions in topics.items():
                self._records.setdefault(topic, [[] for _ in range(partitions)])

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> "MemoryLog":
        """A member of the group, in the seat of an earlier one of that name. With `assign` it is no member and
        takes all partitions. Raises LogUnavailable for a topic that does not exist."""
        with self.changed:
            if missing := [topic for topic in topics if topic not in self._records]:
                raise LogUnavailable(f"there is no topic {missing[0]}: create it first")
            return MemoryLog(self, self.group(group), self.partitions(topics), replica, assign)

    def read(self, topics: Sequence[str], from_offsets: Mapping[Partition, int] | None = None) -> Iterator[Record]:
        """Every record of these topics from these offsets, or 0, to the present end, in order in each partition."""
        begin = from_offsets or {}
        with self.changed:
            found = [self.records(partition)[begin.get(partition, 0) :] for partition in self.partitions(topics)]
        return itertools.chain.from_iterable(found)

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """The offset of the next record of each partition of these topics."""
        with self.changed:
            return {partition: len(self.records(partition)) for partition in self.partitions(topics)}

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """How far a group is behind, without joining it."""
        with self.changed:
            committed = self.group(group).committed
            return {partition: Lag(committed.get(partition, 0), end) for partition, end in self.ends(topics).items()}

    def topics(self) -> dict[str, int]:
        """The topics, each with its number of partitions."""
        with self.changed:
            return {topic: len(self._records[topic]) for topic in sorted(self._records)}

    def evict(self, group: str, replica: str) -> None:
        """Does at once what a session time-out does to a silent member: the others get its partitions."""
        with self.changed:
            self.group(group).leave(replica)

    def delete(self) -> None:
        """Removes all topics and groups."""
        with self.changed:
            for group in self._groups.values():
                for replica in list(group.members):
                    group.leave(replica)
            self._groups.clear()
            self._records.clear()

    def close(self) -> None:
        """Lets go of nothing: it is here for the surface."""

    def group(self, name: str) -> "Group":
        """The group of this name, made when first asked for. For members, under the lock."""
        return self._groups.setdefault(name, Group())

    def partitions(self, topics: Sequence[str]) -> list[Partition]:
        """The partitions of those topics that exist. For members, under the lock."""
        return [(topic, number) for topic in topics for number in range(len(self._records.get(topic, ())))]

    def records(self, partition: Partition) -> list[Record]:
        """The records of a partition, the offset their index. For members, under the lock."""
        topic, number = partition
        return self._records[topic][number]

    def append(self, message: Outgoing) -> Place:
        """Puts one record at the end of its partition. For members, under the lock."""
        check_size(message)
        if message.topic.endswith(DEAD_LETTERS):
            self.create({message.topic: 1})
        if message.topic not in self._records:
            raise LogUnavailable(f"there is no topic {message.topic}: create it first")
        number = self._choose(message)
        records = self.records((message.topic, number))
        stamp = int(self._clock() * 1000)
        topic, key, value, headers, _ = message
        records.append(Record(topic, number, len(records), key, value, list(headers), stamp))
        return Place(number, len(records) - 1)

    def _choose(self, message: Outgoing) -> int:
        partitions = len(self._records[message.topic])
        if message.partition is not None and 0 <= message.partition < partitions:
            return message.partition
        place = next(self._spread) if message.key is None else murmur2(message.key) & 0x7FFFFFFF
        return place % partitions


class Group:
    """A consumer group: its committed offsets, and who owns what. Rebalances are cooperative and done at once."""

    def __init__(self) -> None:
        self.committed: dict[Partition, int] = {}
        self.members: dict[str, MemoryLog] = {}

    def join(self, member: "MemoryLog") -> None:
        """Seats a member; the earlier one of its name loses the seat."""
        if earlier := self.members.get(member.replica):
            member.own(earlier.owned)
            earlier.own([])
        self.members[member.replica] = member
        self._share()

    def leave(self, replica: str) -> None:
        """Frees a member's partitions for the others."""
        if member := self.members.pop(replica, None):
            member.own([])
            self._share()

    def _share(self) -> None:
        members = list(self.members.values())
        owned = {member: list(member.owned) for member in members}
        taken = {partition for partitions in owned.values() for partition in partitions}
        for partition in dict.fromkeys(itertools.chain.from_iterable(member.wanted for member in members)):
            if partition not in taken:
                eligible = [member for member in members if partition in member.wanted]
                owned[min(eligible, key=lambda member: len(owned[member]))].append(partition)
        while move := self._next_move(owned):
            giver, taker, partition = move
            owned[giver].remove(partition)
            owned[taker].append(partition)
        for member, partitions in owned.items():
            member.own(partitions)

    def _next_move(
        self, owned: Mapping["MemoryLog", list[Partition]]
    ) -> tuple["MemoryLog", "MemoryLog", Partition] | None:
        for taker in sorted(owned, key=lambda member: len(owned[member])):
            for giver in sorted(owned, key=lambda member: -len(owned[member])):
                wanted = [partition for partition in owned[giver] if partition in taker.wanted]
                if wanted and len(owned[giver]) > len(owned[taker]) + 1:
                    return giver, taker, wanted[-1]
        return None


class MemoryLog:
    """One member of a group in memory."""

    def __init__(
        self, broker: MemoryBroker, group: Group, wanted: Sequence[Partition], replica: str, assign: bool
    ) -> None:
        self.wanted, self.replica = wanted, replica
        self.owned: list[Partition] = []
        self._positions: dict[Partition, int] = {}
        self._broker, self._group, self._assigned, self._gone = broker, group, assign, False
        if assign:
            self.own(wanted)
        else:
            group.join(self)

    def assignment(self) -> set[Partition]:
        """The partitions this member owns now."""
        with self._broker.changed:
            return set(self.owned)

    def poll(self, limit: int, wait: float) -> list[Record]:
        """Up to `limit` records, in order within each partition; waits at most `wait` seconds for the first."""
        with self._broker.changed:
            self._take_seat()
            self._broker.changed.wait_for(self._has_records, wait)
            found: list[Record] = []
            for partition in self.owned:
                start = self._positions[partition]
                records = self._broker.records(partition)[start : start + limit - len(found)]
                self._positions[partition] = start + len(records)
                found += records
            self.owned.append(self.owned.pop(0)) if found else None  # else a full partition starves the others
            return found

    def send(self, messages: Sequence[Outgoing]) -> list[Place]:
        """Appends all and returns each one's place."""
        with self._broker.changed:
            places = [self._broker.append(message) for message in messages]
            self._broker.changed.notify_all()
            return places

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Moves the group to these next offsets, where this member still owns the partition."""
        with self._broker.changed:
            if self._assigned and self._group.members:
                raise CommitRefused(f"{self.replica} is no member, and the group has some: close them first")
            kept = {partition: offset for partition, offset in offsets.items() if partition in self.owned}
            self._group.committed.update(kept)
            if lost := offsets.keys() - kept:
                raise CommitRefused(f"{self.replica} has lost {', '.join(sorted(f'{t}[{n}]' for t, n in lost))}")

    def seek(self, partition: Partition, offset: int) -> None:
        """Goes to this offset for the next poll; the group's committed offset stays."""
        with self._broker.changed:
            if partition not in self.owned:
                raise ValueError(f"{self.replica} does not own {partition[0]}[{partition[1]}]")
            self._positions[partition] = offset

    def lag(self) -> dict[Partition, Lag]:
        """How far this group is behind, for every partition of its topics, whoever owns it."""
        with self._broker.changed:
            committed = self._group.committed
            return {
                partition: Lag(committed.get(partition, 0), len(self._broker.records(partition)))
                for partition in self.wanted
            }

    def close(self) -> None:
        """Leaves the group, so that the others get its partitions at once."""
        with self._broker.changed:
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
        return any(self._positions[p] < len(self._broker.records(p)) for p in self.owned)

    def _take_seat(self) -> None:
        if self._gone:
            raise LogUnavailable(f"{self.replica} has left its group: join again")
        if not self._assigned and (seated := self._group.members.get(self.replica)) is not self:
            if seated:
                raise LogUnavailable(f"another process is {self.replica} now: give each replica its own name")
            self._group.join(self)


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
