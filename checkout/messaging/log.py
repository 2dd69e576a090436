"""Log: the interface to Kafka that a worker uses - records, `Log`, `Broker` - on a real Kafka or in memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from checkout.errors import CheckoutError

Partition = tuple[str, int]  # topic and partition number
Headers = Sequence[tuple[str, bytes]]
ReceivedHeaders = Sequence[tuple[str, bytes | None]]  # Kafka allows a header without a value

DEAD_LETTERS = ".dlt"  # suffix of a dead-letter topic's name


class Record(NamedTuple):
    """A record as a consumer receives it; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: ReceivedHeaders = ()
    timestamp: int = 0


class ProducerRecord(NamedTuple):
    """A record to send.

    Without `partition`, or with one that the topic does not have, the hash of the key chooses the partition, and
    records without a key are distributed in turn. A record with neither key nor value gets an empty value.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class RecordMetadata(NamedTuple):
    """Partition and offset of a record that was sent."""

    partition: int
    offset: int


class Lag(NamedTuple):
    """Progress of a consumer group on a partition: its committed offset (0 if none) and the partition's end offset.

    `begin`: the partition's beginning offset, above 0 when older records are deleted.
    """

    committed: int
    end: int
    begin: int = 0

    @property
    def records(self) -> int:
        """End offset minus committed offset. Deleted records between the two count as well."""
        return self.end - self.committed


class Replicas(NamedTuple):
    """The brokers of a partition by id: its leader (None while it has none), all replicas, and those in sync."""

    leader: int | None
    all: list[int]
    in_sync: list[int]


class CommitRefused(Exception):
    """A rebalance is in progress, or has assigned partitions to another member, which gets the uncommitted records."""


class LogUnavailable(CheckoutError):
    """The broker does not answer, or not in time; the message names the address and the remedy."""

    exit_code = 3


class ReplicaReplaced(LogUnavailable):
    """Another process has joined the group under this member's name: this one gets no more records, and should end."""

    exit_code = 1


class RecordTooLarge(ValueError):
    """The record is above the size limit of its topic."""

    def __init__(self, message: str, record: ProducerRecord) -> None:
        super().__init__(message)
        self.record = record


def max_record_bytes(topic: str) -> int:
    """The size limit of a topic's records in bytes: key, value and headers together.

    1,088 KiB, enough for a value of 1 MiB with headers; on a dead-letter topic 2 MiB.
    """
    return (2_048 if topic.endswith(DEAD_LETTERS) else 1_088) * 1_024


def check_size(record: ProducerRecord) -> None:
    """Raises RecordTooLarge for a record above the limit of its topic."""
    topic, key, value, headers, _ = record
    size = len(key or b"") + len(value or b"") + sum(len(name) + len(content) for name, content in headers)
    if size > max_record_bytes(topic):
        raise RecordTooLarge(f"{topic} takes {max_record_bytes(topic):,} bytes, this record has {size:,}", record)


class Log(Protocol):
    """One member of a consumer group, subscribed to its topics, and a producer. `Broker.join` returns one.

    Only one thread may use it; `wake` alone may be called by any thread.
    """

    def assignment(self) -> set[Partition]:
        """Returns the partitions assigned to this member; changes only during `poll`."""

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records, in order within each partition.

        `timeout`: seconds to wait for the first record, or for `wake`. While the broker is away the list is empty.
        Raises LogUnavailable when another process has joined the group under this member's name.
        """

    def wake(self) -> None:
        """Ends the wait of `poll`; if none is waiting, of the next one."""

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records in one flush; returns the metadata of each, in the same order, after acknowledgement.

        Creates a dead-letter topic (`...dlt`) at its first record. Raises RecordTooLarge for a record above its topic's
        size limit, before any is sent. Raises LogUnavailable for an unknown topic and when the broker does not answer;
        some records may have been sent then, so the caller sends all of them again.
        """

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits for the group the offset of the next record of each partition.

        Raises CommitRefused when some partitions are assigned to another member (the others are committed), and
        while a rebalance is in progress (none is committed). Raises LogUnavailable.
        """

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which the next `poll` starts; the committed offset stays.

        Raises ValueError for a partition that is not assigned to this member.
        """

    def lag(self) -> dict[Partition, Lag]:
        """Returns the group's lag for every partition of its topics, whichever member it is assigned to."""

    def close(self) -> None:
        """Leaves the group; its other members get the partitions at once."""

    def abandon(self) -> None:
        """Disconnects without leaving the group, as a crash does.

        The partitions stay assigned until a member of the same name joins, the session timeout, or `remove_member`.
        """


class Broker(Protocol):
    """The topics and consumer groups of one run of the store. Every method raises LogUnavailable."""

    def create(self, topics: Mapping[str, int]) -> None:
        """Creates topics, given as names with numbers of partitions; an existing topic stays as it is."""

    def topics(self) -> dict[str, int]:
        """Returns the topics with their numbers of partitions."""

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Returns the end offset of each partition of these topics; topics that do not exist are left out."""

    def begins(self, topics: Sequence[str]) -> dict[Partition, int]:
        """Returns the beginning offset of each partition: that of its oldest record, or the end offset without any."""

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """Returns the lag of a group on these topics without joining it."""

    def read(self, topics: Sequence[str], from_offsets: Mapping[Partition, int] | None = None) -> Iterator[Record]:
        """Reads these topics without a group, from the given offsets (default 0) to the present end offsets.

        The records of one partition are in order.
        """

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> Log:
        """Joins a group as static member `replica`, replacing an earlier member of that name.

        With `assign` all partitions are assigned by hand: the reader is no member, and may commit only while the
        group has none. Raises LogUnavailable for a topic that does not exist.
        """

    def remove_member(self, group: str, replica: str) -> None:
        """Removes a member from a group at once, as the session timeout does to one that has crashed."""

    def delete(self) -> None:
        """Deletes all topics and groups of this run."""

    def close(self) -> None:
        """Closes the connection; a later call opens a new one."""
