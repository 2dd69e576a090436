"""Partition history: records, committed offsets, positions, owners, members, leaders and replicas at every hop."""

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from operator import attrgetter

import msgspec

from checkout.framework.message import KAFKA
from checkout.journal.hop import Hop, Outcome, text
from checkout.lab.engine.order_names import ANY_UUID, OrderNames
from checkout.lab.errors import check_hop
from checkout.lab.history.sentences import LAB, place_of, sentence
from checkout.lab.history.versions import Versions
from checkout.lab.partitions.partition_state import (
    BoardBroker,
    BoardRecord,
    GroupPosition,
    GroupRow,
    Member,
    MemberState,
    PartitionRow,
    PartitionState,
    Progress,
)
from checkout.messaging.log import DEAD_LETTERS, Partition, ProducerRecord, RecordMetadata, Replicas

SHOWN, MAX_SHOWN = 40, 200  # records of a partition: the last ones; with those that a group has still to read
LATEST = sys.maxsize
MEMBER_STATES = {"Crash": MemberState.CRASHED, "Restart": MemberState.RUNNING, "Evict": MemberState.EVICTED}
by_offset = attrgetter("offset")


class WithId(msgspec.Struct):
    """A message of the store: its id is that of its order."""

    id: str


class GroupHistory:
    """What is known of one consumer group, as of each hop."""

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.assigns_itself: Versions[bool] = Versions()
        self.members: dict[str, Versions[MemberState | None]] = {}
        self.progress: dict[Partition, Versions[Progress]] = {}


class PartitionHistory:
    """Follows a run and returns the state at any of its hops.

    A change between two hops belongs to the second one; at the end of the run it is part of the last state. `assumed`:
    the run is a journal, which holds no positions and no members: they are derived from the deliveries.
    """

    def __init__(self, names: OrderNames, assumed: bool = False) -> None:
        self._names, self._assumed, self._is_ready = names, assumed, assumed
        self.before_hop: Callable[[], object] = lambda: None
        self._hops: list[tuple[Hop, str]] = []  # with the name of its order
        self._topics: dict[str, Versions[int]] = {}  # numbers of partitions
        self._records: dict[Partition, list[BoardRecord]] = {}  # by offset
        self._begins: dict[Partition, Versions[int]] = {}
        self._ends: dict[Partition, Versions[int]] = {}
        self._groups: dict[str, GroupHistory] = {}
        self._replicas: Versions[Mapping[Partition, Replicas]] = Versions()
        self._brokers: Versions[list[BoardBroker]] = Versions()

    def set_ready(self) -> None:
        """The run is set up: what has been reported until now holds before the first hop."""
        self._is_ready = True

    def _now(self) -> int:
        return len(self._hops) + 1 if self._is_ready else 0

    def add_topics(self, topics: Mapping[str, int]) -> None:
        """These topics exist, with these numbers of partitions."""
        for topic, count in topics.items():
            self._topics.setdefault(topic, Versions()).set(self._now(), count)

    def subscribe(self, group: str, topics: Iterable[str], assigns_itself: bool = False) -> None:
        """The group reads these topics, too."""
        found = self._groups.setdefault(group, GroupHistory())
        found.topics.update(topics)
        found.assigns_itself.set(self._now(), assigns_itself)

    def set_member(self, group: str, member: str, state: MemberState | None) -> bool:
        """The member has this state; None: it has left. Returns whether that is new.

        A crashed member owns its partitions until it is evicted; one that has assigned itself owns nothing any more.
        """
        found = self._groups[group]
        states = found.members.setdefault(member, Versions())
        is_new = states.last is not state
        states.set(self._now(), state)
        if state is MemberState.EVICTED or (state is MemberState.CRASHED and found.assigns_itself.last):
            for partition in found.progress:
                self.move(group, member, partition, None)
        return is_new

    def move(self, group: str, member: str, partition: Partition, position: int | None) -> None:
        """The member owns the partition and reads from this offset next; None: it does not own it."""
        kept = self._progress(group, partition)
        before = kept.last or Progress()
        if position is not None:
            kept.set(self._now(), before._replace(position=position, owner=member))
        elif before.owner == member:  # else another member has got it meanwhile
            kept.set(self._now(), before._replace(position=None, owner=None))

    def commit(self, group: str, partition: Partition, offset: int) -> None:
        """The group has committed this offset."""
        kept = self._progress(group, partition)
        kept.set(self._now(), (kept.last or Progress())._replace(committed=offset))

    def _progress(self, group: str, partition: Partition) -> Versions[Progress]:
        found = self._groups.setdefault(group, GroupHistory())
        found.topics.add(partition[0])
        return found.progress.setdefault(partition, Versions())

    def set_begins(self, begins: Mapping[Partition, int]) -> None:
        """The beginning offset of each partition: older records are deleted."""
        for partition, offset in begins.items():
            self._begins.setdefault(partition, Versions()).set(self._now(), offset)

    def set_ends(self, ends: Mapping[Partition, int]) -> None:
        """The end offset of each partition, also where no hop has shown its last record."""
        for partition, offset in ends.items():
            self._ends.setdefault(partition, Versions()).set(self._now(), offset)

    def set_replicas(self, replicas: Mapping[Partition, Replicas]) -> None:
        """Leader, replicas and in-sync replicas of each partition."""
        self._replicas.set(self._now(), dict(replicas))

    def set_brokers(self, running: Mapping[int, bool]) -> None:
        """The brokers by id, and whether each runs."""
        self._brokers.set(self._now(), [BoardBroker(*broker) for broker in sorted(running.items())])

    def observe(self, hop: Hop, order: str) -> None:
        """Follows one hop of the journal; `order` is the name of its order. First calls `before_hop`."""
        self.before_hop()
        if self._assumed:
            self._assume(hop)
        if hop.topic is not None and hop.partition is not None and hop.offset is not None:
            is_sent = hop.sender == LAB
            of = self._order_in(bytes(hop.payload)) if is_sent else order
            message = "" if is_sent else hop.message
            self._add_record((hop.topic, hop.partition), hop.offset, hop.key, of, message)
        self._hops.append((hop, order))

    def _assume(self, hop: Hop) -> None:
        if hop.sender == LAB and hop.replica and hop.message in MEMBER_STATES:
            self.subscribe(hop.to, [])
            self.set_member(hop.to, hop.replica, MEMBER_STATES[hop.message])
        elif hop.sender == KAFKA and hop.topic is not None and hop.offset is not None:
            group = hop.group or hop.to
            member = hop.replica or f"{group}-1"
            self.move(group, member, (hop.topic, hop.partition or 0), hop.offset + 1)
            is_crashed = hop.outcome is Outcome.CRASHED
            self.set_member(group, member, MemberState.CRASHED if is_crashed else MemberState.RUNNING)

    def add_dead_letter(self, record: ProducerRecord, metadata: RecordMetadata) -> None:
        """A service has published this record. Only dead letters are added: the journal does not contain them."""
        if record.topic.endswith(DEAD_LETTERS):
            self._add_record((record.topic, metadata.partition), metadata.offset, text(record.key), "", "")

    def _add_record(self, partition: Partition, offset: int, key: str | None, order: str, message: str) -> None:
        # A delivery may be journaled before the publication: the first hop that names a record shows it.
        number, kept = self._now(), self._records.setdefault(partition, [])
        at = bisect_left(kept, offset, key=by_offset)
        if at < len(kept) and kept[at].offset == offset:
            return
        named = None if key is None else self._names.text(key)
        order = order or (named if named and named != key else "")
        kept.insert(at, BoardRecord(offset, named, order, message, number))
        ends = self._ends.setdefault(partition, Versions())
        ends.set(number, max(ends.last or 0, offset + 1))
        counts = self._topics.setdefault(partition[0], Versions())
        counts.set(number, max(counts.last or 0, partition[1] + 1))

    def _order_in(self, payload: bytes) -> str:
        # A record sent with `lab.send` has no order in its hop; a new order gets its name here.
        with suppress(msgspec.MsgspecError):
            id = msgspec.json.decode(payload, type=WithId).id
            return self._names.of(id) if ANY_UUID.fullmatch(id) else ""
        return ""

    def at(self, number: int | None = None, follows_last: bool = True) -> PartitionState:
        """Returns the state as of hop `number`, 0 for that before the first one; by default the state now.

        `follows_last`: of the last hop, return the state now, with what has been committed since. Raises LabError if
        there is no such hop.
        """
        count = len(self._hops)
        number = count if number is None else number
        check_hop(number, count)
        until = LATEST if number == count and follows_last else number
        hop, order = self._hops[number - 1] if number else (None, "")
        of_hop = (sentence(hop, order), order, place_of(hop)) if hop else ("", "", "")
        groups = [self._group(name, until) for name in self._groups]
        lowest: dict[Partition, int] = {}
        for each in (position for group in groups for position in group.positions):
            where, offset = (each.topic, each.partition), each.committed or 0
            lowest[where] = min(lowest.get(where, offset), offset)
        partitions = [
            self._partition((topic, at), until, lowest) for topic, counts in self._topics.items()
            for at in range(counts.at(until) or 0)
        ]  # fmt: skip
        return PartitionState(number, *of_hop, self._assumed, partitions, groups, self._brokers.at(until) or [])

    def _partition(self, where: Partition, until: int, lowest: Mapping[Partition, int]) -> PartitionRow:
        end = self._end(where, until)
        leader, replicas, in_sync = (self._replicas.at(until) or {}).get(where) or (None, [], [])
        begin = self._begin(where, until)
        first = max(begin, end - MAX_SHOWN, min(end - SHOWN, lowest.get(where, end)))
        kept = self._records.get(where, [])
        window = kept[bisect_left(kept, first, key=by_offset) : bisect_left(kept, end, key=by_offset)]
        records = [record for record in window if record.number <= until]
        return PartitionRow(*where, begin, end, records, leader, replicas, in_sync)

    def _begin(self, where: Partition, until: int) -> int:
        known = self._begins.get(where)
        if known is None and self._assumed:  # the journal of another store may begin later
            return next((record.offset for record in self._records.get(where, [])), 0)
        return (known.at(until) if known else None) or 0

    def _end(self, where: Partition, until: int) -> int:
        return (self._ends[where].at(until) if where in self._ends else None) or 0

    def _group(self, name: str, until: int) -> GroupRow:
        group = self._groups[name]
        states = {member: kept.at(until) for member, kept in group.members.items()}
        members = [Member(member, state) for member, state in sorted(states.items()) if state is not None]
        topics = {topic: counts.at(until) or 0 for topic, counts in self._topics.items() if topic in group.topics}
        positions = [self._position(group, (topic, at), until) for topic in topics for at in range(topics[topic])]
        return GroupRow(name, bool(group.assigns_itself.at(until)), members, positions)

    def _position(self, group: GroupHistory, where: Partition, until: int) -> GroupPosition:
        kept = group.progress.get(where)
        committed, position, owner = (kept.at(until) if kept else None) or Progress()
        start = self._begin(where, until) if committed is None else committed
        return GroupPosition(*where, committed, position, max(0, self._end(where, until) - start), owner)
