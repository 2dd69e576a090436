"""Stepping log: a log that hands out one record at a time, in the order of sending, and only while it is open."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

from checkout.journal.hop import coordinates
from checkout.messaging.forwarding_log import ForwardingLog
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
from checkout.system.deadline import wait_until

DELIVERY_TIMEOUT = 15.0  # seconds within which the broker delivers a record that has been sent
FETCH_TIMEOUT = 0.2  # seconds
MAX_RECORDS = 500  # fetched from the log at a time
RecordPosition = tuple[str, int, int]  # topic, partition, offset
CommitListener = Callable[[Partition, int], object]
PositionListener = Callable[[Partition, int | None], object]


class SentRecords:
    """The records that one lab has sent: their order over all topics, and the end offset of each partition.

    `on_sent` is called with each record and its metadata.
    """

    def __init__(self) -> None:
        self.on_sent: Callable[[ProducerRecord, RecordMetadata], object] = lambda record, metadata: None
        self._numbers = itertools.count(1)
        self.sequence: dict[RecordPosition, int] = {}
        self.ends: dict[Partition, int] = {}
        self._no_records: set[RecordPosition] = set()  # markers of transactions, and records of aborted ones

    def next_sequence(self) -> int:
        """The next sequence number. Records, requests and responses share one sequence: the lowest goes first."""
        return next(self._numbers)

    def add(self, record: ProducerRecord, metadata: RecordMetadata) -> None:
        """Registers a record that the broker has acknowledged."""
        self.sequence[record.topic, *metadata] = self.next_sequence()
        self.ends[record.topic, metadata.partition] = metadata.offset + 1
        self.on_sent(record, metadata)

    def unknown(self, ends: Mapping[Partition, int]) -> dict[Partition, int]:
        """The partitions that end beyond the records registered here, with the first offset that is not."""
        known = {partition: self.ends.get(partition, 0) for partition in ends}
        return {partition: at for partition, at in sorted(known.items()) if at < ends[partition]}

    def add_unknown(self, records: Iterable[RecordPosition], ends: Mapping[Partition, int]) -> None:
        """Registers the records of others below these end offsets; what is no record there is skipped."""
        for topic, partition, offset in records:
            self.sequence[topic, partition, offset] = self.next_sequence()
        for where, start in self.unknown(ends).items():
            offsets = range(start, ends[where])
            self._no_records.update((*where, at) for at in offsets if (*where, at) not in self.sequence)
        self.ends |= ends

    def next_record(self, partition: Partition, offset: int) -> int:
        """The offset of the first record from this offset on, or the end offset."""
        end = self.ends.get(partition, 0)
        return next((each for each in range(offset, end) if (*partition, each) not in self._no_records), end)


class SteppingLog(ForwardingLog):
    """The log of one replica. It knows without asking the broker which of the sent records wait for the replica.

    `on_commit(partition, offset)` is called with each committed offset, `on_position(partition, offset)` with the
    offset that the replica reads next, None when it has lost the partition, and `rebalance_all()` when an expected
    record does not arrive because members have lost their partitions.
    """

    def __init__(
        self, log: Log, sent: SentRecords, on_commit: CommitListener = lambda partition, offset: None,
        rebalance_all: Callable[[], object] = lambda: None,
        on_position: PositionListener = lambda partition, position: None,
    ) -> None:  # fmt: skip
        super().__init__(log)
        self._sent, self._on_commit, self._rebalance_all = sent, on_commit, rebalance_all
        self._on_position = on_position
        self.is_open = False
        self._positions: dict[Partition, int] = {}
        self._fetched: dict[RecordPosition, Record] = {}
        self._update_assignment()

    def waiting(self) -> tuple[int, RecordPosition] | None:
        """The sequence number and position of the earliest sent record that waits for this replica."""
        coming = {p: self._sent.next_record(p, at) for p, at in self._positions.items()}
        behind = [(*p, at) for p, at in coming.items() if at < self._sent.ends.get(p, 0)]
        return min(((self._sent.sequence.get(at, 0), at) for at in behind), default=None)

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """The waiting record if the log is open, else none. Blocks until the broker has delivered it.

        Raises LogUnavailable when it does not arrive within DELIVERY_TIMEOUT.
        """
        if not self.is_open:
            return []
        try:
            wait_until(self._is_delivered, DELIVERY_TIMEOUT, pause=0)
        except TimeoutError:
            _, expected = self.waiting() or (0, ("", 0, 0))
            raise LogUnavailable(f"{coordinates(*expected)} did not arrive: is Kafka running?") from None
        waiting = self.waiting()
        if waiting is None:
            return []
        record = self._fetched.pop(waiting[1])
        self._move((record.topic, record.partition), record.offset + 1)
        return [record]

    def wake(self) -> None:
        """Does nothing: the lab polls only what waits."""

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all in one flush and registers them."""
        metadata = self._log.send(records)
        for record, each in zip(records, metadata, strict=True):
            self._sent.add(record, each)
        return metadata

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits these offsets of the group. After CommitRefused the uncommitted records are delivered again."""
        try:
            self._log.commit(offsets)
        except CommitRefused:
            for partition, lag in self._log.lag().items():
                if lag.committed:  # 0 may mean that there is none
                    self._on_commit(partition, lag.committed)
                if partition in offsets and partition in self.assignment():
                    self.seek(partition, lag.committed)
            raise
        for partition, offset in offsets.items():
            self._on_commit(partition, offset)

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset of the next record of the partition; the committed offset stays."""
        self._log.seek(partition, offset)
        self._move(partition, offset)
        self._fetched = {at: record for at, record in self._fetched.items() if at[:2] != partition}

    def close(self) -> None:
        """Leaves the group."""
        super().close()
        for partition in list(self._positions):
            self._lose(partition)

    def _is_delivered(self) -> bool:
        # A rebalance may take the awaited record away: then nothing is waiting any more.
        waiting = self.waiting()
        if waiting is None or waiting[1] in self._fetched:
            return True
        self.fetch(FETCH_TIMEOUT)
        if waiting[1] not in self._fetched:
            self._catch_up()
        return False

    def _catch_up(self) -> None:
        # Silent members have lost their partitions, and rejoining needs all of them to poll; meanwhile another
        # member may have read on from this one's position. Or the records are deleted.
        self._rebalance_all()
        for partition, lag in self._log.lag().items():
            if partition in self._positions:
                self._move(partition, max(self._positions[partition], _first_offset(lag)))

    def fetch(self, timeout: float) -> None:
        """Takes part in a rebalance for up to `timeout` seconds, and keeps the records that arrive meanwhile."""
        records = self._log.poll(MAX_RECORDS, timeout)
        self._update_assignment()
        for record in records:
            if self._positions.get((record.topic, record.partition), record.offset + 1) <= record.offset:
                self._fetched[record[:3]] = record

    def _update_assignment(self) -> None:
        owned = self._log.assignment()
        if owned - self._positions.keys():
            committed = self._log.lag()
            for partition in owned - self._positions.keys():
                self._move(partition, _first_offset(committed[partition]))
        for partition in self._positions.keys() - owned:
            self._lose(partition)
        self._fetched = {at: record for at, record in self._fetched.items() if at[:2] in owned}

    def _move(self, partition: Partition, position: int) -> None:
        self._positions[partition] = position
        self._on_position(partition, position)

    def _lose(self, partition: Partition) -> None:
        del self._positions[partition]
        self._on_position(partition, None)


def _first_offset(lag: Lag) -> int:
    # A committed offset whose record is deleted is reset to the earliest, as the consumers of the store are configured.
    return max(lag.committed, lag.begin)
