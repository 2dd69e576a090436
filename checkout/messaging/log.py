"""Log: what a worker needs of a log of topics, with Kafka's semantics, on a real broker or in memory."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from checkout.errors import CheckoutError

Partition = tuple[str, int]
Headers = Sequence[tuple[str, bytes]]

DEAD_LETTERS = ".dlt"  # how the name of a dead-letter topic ends


class Record(NamedTuple):
    """One record of a topic, as a consumer gets it; `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int = 0


class ProducerRecord(NamedTuple):
    """One record to send. A partition that the topic does not have is chosen by the key's hash instead.

    With neither key nor value it arrives with an empty value.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


def record_limit(topic: str) -> int:
    """The largest record a topic takes, in bytes: 1 MiB and its headers; a dead letter may be 2 MiB."""
    return 2 * 1024 * 1024 if topic.endswith(DEAD_LETTERS) else 1024 * 1024 + 64 * 1024


def check_size(message: ProducerRecord) -> None:
    """Raises ValueError for a record that its topic does not take."""
    _, key, value, headers, _ = message
    size = len(key or b"") + len(value or b"") + sum(len(name) + len(held) for name, held in headers)
    if size > record_limit(message.topic):
        raise ValueError(f"{message.topic} takes {record_limit(message.topic):,} bytes, this record has {size:,}")


class RecordMetadata(NamedTuple):
    """Where a sent record came to stand."""

    partition: int
    offset: int


class Lag(NamedTuple):
    """How far a group has read a partition: its committed offset (0 if none) and the partition's end."""

    committed: int
    end: int

    @property
    def records(self) -> int:
        """How many records the group has not committed yet."""
        return self.end - self.committed


class CommitRefused(Exception):
    """A rebalance is on, or has given partitions to another: what was not committed comes again, to their owner."""


class LogUnavailable(CheckoutError):
    """No broker answers, or not in time; the message names the address and the remedy."""

    exit_code = 3


class Log(Protocol):
    """One member of one consumer group, subscribed to its topics, and a producer beside it."""

    def assignment(self) -> set[Partition]:
        """The partitions this member owns now; empty until the group has given it some."""

    def poll(self, limit: int, wait: float) -> list[Record]:
        """Up to `limit` records, in order within each partition; waits at most `wait` seconds for the first.

        While the broker is away there are none. Raises LogUnavailable when another process has taken this seat.
        """

    def send(self, messages: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all in one flush and returns each one's place once every replica has it.

        Creates a dead-letter topic (`...dlt`) when it is first needed. Raises LogUnavailable; then some may have
        been sent, so the caller sends all again. Raises ValueError for a record too large for its topic.
        """

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Moves the group to these next offsets. Raises CommitRefused, LogUnavailable.

        Refused are the partitions that this member has lost, or all while a rebalance goes on.
        """

    def seek(self, partition: Partition, offset: int) -> None:
        """Goes to this offset for the next poll; the group's committed offset stays. ValueError if not the owner."""

    def lag(self) -> dict[Partition, Lag]:
        """How far this group is behind, for every partition of its topics, whoever owns it."""

    def close(self) -> None:
        """Leaves the group for good, so that the others get its partitions at once."""
