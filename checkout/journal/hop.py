"""Hops: an arrow that happened, as one line of the journal, and how each kind of hop is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

APPLIED, DUPLICATE, DEAD_LETTERED, FAILED = "applied", "duplicate", "dead-lettered", "failed"
CORRELATION = "kafka_correlationId"
NOTHING = msgspec.Raw(b"null")


class Hop(msgspec.Struct, kw_only=True, rename={"sender": "from"}):
    """One line of the journal, in the shape of contract.md section 5; what does not apply is null."""

    order: str | None
    step: int | None
    sender: str
    to: str
    message: str
    technology: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    key: str | None = None
    group: str | None = None
    replica: str | None = None
    cause: str | None = None
    correlation: str | None = None
    at: str
    outcome: str = APPLIED
    url: str | None = None
    status: str | None = None
    client: str | None = None
    observed: bool = False
    payload: msgspec.Raw = NOTHING

    @property
    def place(self) -> tuple[Any, ...]:
        """What makes two lines the same hop, told twice; repeats and failures are told once each."""
        when = None if self.outcome in (APPLIED, DEAD_LETTERED) else self.at
        return (self.order, self.sender, self.to, self.message, self.topic, self.partition, self.offset, when)


def now() -> str:
    """The time as the journal tells it: ISO 8601, UTC, in microseconds."""
    return _iso(datetime.now(UTC))


def moment(milliseconds: int) -> str:
    """A record's timestamp as the journal tells time."""
    return _iso(datetime.fromtimestamp(milliseconds / 1000, UTC))


def earlier(at: str, by: timedelta) -> str:
    """A time as the journal tells it, that much earlier."""
    return _iso(datetime.fromisoformat(at) - by)


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def text(raw: bytes | None) -> str | None:
    """Bytes from a record as text, whatever they are."""
    return None if raw is None else raw.decode("utf-8", "replace")


def one_line(value: bytes | None) -> msgspec.Raw:
    """A value that is known to be JSON, on one line."""
    # What a reader skips is not checked for UTF-8, so only plain ASCII is let through as it stands.
    if value is None or not value.isascii() or b"\n" in value or b"\r" in value:
        return compact(value)
    return msgspec.Raw(value)


def compact(value: bytes | None) -> msgspec.Raw:
    """A record's value as JSON on one line; what is not JSON becomes a string of its first thousand characters."""
    if value is None:
        return NOTHING
    try:
        return msgspec.Raw(msgspec.json.format(value.decode(), indent=-1).encode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(msgspec.json.encode(text(value[:1_000])))


def coordinates(topic: str, partition: int | None, offset: int | None) -> str:
    """The coordinates of a record as text: `topic[partition]@offset`."""
    return f"{topic}[{partition}]@{offset}"
