"""Lag: end offset minus committed offset of a consumer group, followed hop by hop."""

from collections.abc import Callable, Iterable

from checkout.framework.message import KAFKA
from checkout.framework.service import Service
from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.sentences import LAB
from checkout.messaging.log import Partition
from checkout.registry import SERVICES


class ConsumerLag:
    """End offsets from published and delivered records, committed offsets as the lab reports them.

    `on_commit` is called with each of them: group, partition and offset.
    """

    def __init__(self, services: Iterable[type[Service]] = SERVICES) -> None:
        self.on_commit: Callable[[str, Partition, int], object] = lambda group, partition, offset: None
        self._ends: dict[Partition, int] = {}
        self._committed: dict[tuple[str, Partition], int] = {}
        self._topics: dict[str, set[str]] = {}
        self._totals: dict[str, int] = {}  # of groups that read a partition with records
        for service in services:
            self.subscribe(service.name, service.topics())

    def subscribe(self, group: str, topics: Iterable[str]) -> None:
        """The group reads these topics, from offset 0 until it commits another one."""
        new = set(topics) - self._topics.setdefault(group, set())
        self._topics[group] |= new
        for partition in (each for each in self._ends if each[0] in new):
            self._totals[group] = self._totals.get(group, 0) + self.of(group, partition)

    def commit(self, group: str, partition: Partition, offset: int) -> None:
        """The group has committed this offset, the one of the record it reads next."""
        before = self.of(group, partition)
        self._committed[group, partition] = offset
        if group in self._totals and partition[0] in self._topics[group]:
            self._totals[group] += self.of(group, partition) - before
        self.on_commit(group, partition, offset)

    def observe(self, hop: Hop) -> None:
        """Follows one hop of the journal."""
        if hop.topic is not None and hop.partition is not None and hop.offset is not None:
            self._add_record((hop.topic, hop.partition), hop.offset)
            if hop.group:
                self.subscribe(hop.group, [hop.topic])

    def _add_record(self, partition: Partition, offset: int) -> None:
        if offset < self._ends.get(partition, 0):
            return
        groups = [group for group, topics in self._topics.items() if partition[0] in topics]
        before = {group: self.of(group, partition) for group in groups}
        self._ends[partition] = offset + 1
        for group, lag in before.items():
            self._totals[group] = self._totals.get(group, 0) + self.of(group, partition) - lag

    def of(self, group: str, partition: Partition) -> int:
        """The lag of the group on one partition, in records."""
        return max(0, self._ends.get(partition, 0) - self._committed.get((group, partition), 0))

    def totals(self) -> tuple[tuple[str, int], ...]:
        """The lag of each group over all partitions that have records, of groups that read at least one of them."""
        return tuple(sorted(self._totals.items()))


class AssumedLag(ConsumerLag):
    """The lag in a run of which only the journal is left. A journal holds no commits, so they are assumed:

    - A record is delivered at the committed offset of its group.
    - It is committed when its replica goes on: before the next hop, unless that is a publication of the same replica
      (publish precedes commit) or an action of the lab (it may be the crash of the replica).
    - A delivery with the outcome `crashed` is not committed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._uncommitted: Hop | None = None

    def observe(self, hop: Hop) -> None:
        """Follows one hop, and commits the delivery before it where the rule says so."""
        last = self._uncommitted
        if last and hop.sender != LAB and not (hop.is_publication and hop.replica == last.replica):
            self._commit_through(last, (last.offset or 0) + 1)
            self._uncommitted = None
        super().observe(hop)
        if hop.sender == KAFKA and hop.offset is not None:
            self._commit_through(hop, hop.offset)
            self._uncommitted = None if hop.outcome is Outcome.CRASHED else hop

    def _commit_through(self, hop: Hop, offset: int) -> None:
        self.commit(hop.group or hop.to, (hop.topic or "", hop.partition or 0), offset)
