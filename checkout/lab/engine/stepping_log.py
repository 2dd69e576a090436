"""Gate: a log that hands out one record at a time, the earliest sent, and only when it is opened."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence

from checkout.messaging.log import (
    CommitRefused,
    Lag,
    Log,
    LogUnavailable,
    Partition,
    ProducerRecord,
    Record,
    RecordMetadata,
)

PATIENCE = 15.0  # seconds for a record that is known to be there
MOST = 500  # records taken from the log at a time
Position = tuple[str, int, int]


class Sent:
    """What one lab has sent: the order in which it came, over all topics, and the end of each partition."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.turn: dict[Position, int] = {}
        self.ends: dict[Partition, int] = {}

    def next_turn(self) -> int:
        """A number for something that has just come to wait for its turn."""
        return next(self._numbers)

    def note(self, message: ProducerRecord, place: RecordMetadata) -> None:
        """A record stands on its topic now."""
        self.turn[message.topic, *place] = self.next_turn()
        self.ends[message.topic, place.partition] = place.offset + 1


class Gate:
    """The log of one replica. It knows which of the records sent wait for it without asking the broker."""

    def __init__(self, log: Log, sent: Sent, settle_all: Callable[[], object] = lambda: None) -> None:
        self.log, self._sent, self._settle_all = log, sent, settle_all
        self.is_open = False
        self._positions: dict[Partition, int] = {}
        self._held: dict[Position, Record] = {}
        self._note_assignment()

    def assignment(self) -> set[Partition]:
        """The partitions this replica owns now."""
        return self.log.assignment()

    def waiting(self) -> tuple[int, Position] | None:
        """The earliest sent record that waits for this replica, and its turn."""
        behind = [(p, at) for p, at in self._positions.items() if at < self._sent.ends.get(p, 0)]
        turns = [(self._sent.turn.get((*p, at), 0), (*p, at)) for p, at in behind]
        return min(turns, default=None)

    def poll(self, limit: int, wait: float) -> list[Record]:
        """The record whose turn it is, when the gate is open; it waits until the broker has delivered it."""
        due = self.waiting() if self.is_open else None
        if due is None:
            return []
        deadline = time.monotonic() + PATIENCE
        while due[1] not in self._held:
            self._fetch(0.2)
            if due[1] not in self._held:
                self._catch_up()
            if time.monotonic() > deadline:
                raise LogUnavailable(f"{due[1][0]}[{due[1][1]}]@{due[1][2]} did not come: is Kafka running?")
            if (due := self.waiting()) is None:  # a rebalance has given it to another
                return []
        record = self._held.pop(due[1])
        self._positions[record.topic, record.partition] = record.offset + 1
        return [record]

    def settle(self, wait: float = 0.2) -> None:
        """Takes part in a rebalance; what comes meanwhile is kept for later."""
        self._fetch(wait)

    def send(self, messages: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all in one flush and notes where they stand."""
        places = self.log.send(messages)
        for message, place in zip(messages, places, strict=True):
            self._sent.note(message, place)
        return places

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Moves the group to these next offsets; refused, the records come again."""
        try:
            self.log.commit(offsets)
        except CommitRefused:
            committed = self.log.lag()
            for partition in offsets.keys() & self.assignment():
                self.seek(partition, committed[partition].committed)
            raise

    def seek(self, partition: Partition, offset: int) -> None:
        """Goes to this offset for the next record of the partition."""
        self.log.seek(partition, offset)
        self._positions[partition] = offset
        self._held = {at: record for at, record in self._held.items() if at[:2] != partition}

    def lag(self) -> dict[Partition, Lag]:
        """How far this group is behind."""
        return self.log.lag()

    def close(self) -> None:
        """Leaves the group."""
        self.log.close()

    def abandon(self) -> None:
        """Goes as a crash does."""
        self.log.abandon()

    def _catch_up(self) -> None:
        # Members that were silent for too long have lost their partitions and join anew, which takes all of them;
        # meanwhile one may have read on where this one stood.
        self._settle_all()
        for partition, lag in self.log.lag().items():
            if partition in self._positions:
                self._positions[partition] = max(self._positions[partition], lag.committed)

    def _fetch(self, wait: float) -> None:
        records = self.log.poll(MOST, wait)
        self._note_assignment()
        for record in records:
            if self._positions.get((record.topic, record.partition), record.offset + 1) <= record.offset:
                self._held[record[:3]] = record

    def _note_assignment(self) -> None:
        owned = self.log.assignment()
        if owned - self._positions.keys():
            committed = self.log.lag()
            self._positions |= {p: committed[p].committed for p in owned - self._positions.keys()}
        self._positions = {p: at for p, at in self._positions.items() if p in owned}
        self._held = {at: record for at, record in self._held.items() if at[:2] in owned}
