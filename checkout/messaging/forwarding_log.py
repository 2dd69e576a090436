"""Forwarding log: a log that passes each call on to another one; a subclass changes what it needs to."""

from collections.abc import Mapping, Sequence

from checkout.messaging.log import Lag, Log, Partition, ProducerRecord, Record, RecordMetadata


class ForwardingLog:
    """A `Log` in front of another, for subclasses that watch or delay some of its calls; see `Log` for each."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def assignment(self) -> set[Partition]:
        """Returns the partitions assigned to this member."""
        return self._log.assignment()

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns the next records."""
        return self._log.poll(max_records, timeout)

    def wake(self) -> None:
        """Ends the wait of `poll`."""
        self._log.wake()

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records in one flush."""
        return self._log.send(records)

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits for the group the offset of the next record of each partition."""
        self._log.commit(offsets)

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which the next `poll` starts."""
        self._log.seek(partition, offset)

    def lag(self) -> dict[Partition, Lag]:
        """Returns the group's lag for every partition of its topics."""
        return self._log.lag()

    def close(self) -> None:
        """Leaves the group."""
        self._log.close()

    def abandon(self) -> None:
        """Disconnects without leaving the group."""
        self._log.abandon()
