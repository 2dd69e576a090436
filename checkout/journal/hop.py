"""Hop: one arrow that happened, as the journal keeps it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

NOTHING = msgspec.Raw(b"null")
EXCERPT = 1_000  # bytes of a payload that is not JSON


class Outcome(StrEnum):
    """How a hop ended.

    applied: acknowledged, answered or handled; duplicate: a repeat, recognized by the inbox; failed: to be retried;
    crashed: the process ended while it was handling the message.
    """

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    DEAD_LETTERED = "dead-lettered"
    FAILED = "failed"
    CRASHED = "crashed"


class Hop(msgspec.Struct, kw_only=True, rename={"sender": "from"}):
    """One line of the journal; docs/contract.md describes its fields. A field that does not apply is null.

    `id` is unique among the hops of a run, and `cause_id` the id of the hop that led to this one. Journals of other
    systems may have neither; `cause`, the name of the message that led to this hop, takes the place of `cause_id`.
    """

    id: str | None = None
    cause_id: str | None = None
    order: str | None = None
    step: int | None = None
    sender: str
    to: str
    message: str
    technology: str = ""
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    key: str | None = None
    group: str | None = None
    replica: str | None = None
    cause: str | None = None
    correlation: str | None = None
    at: datetime
    outcome: Outcome = Outcome.APPLIED
    url: str | None = None
    status: str | None = None
    client: str | None = None
    observed: bool = False
    payload: msgspec.Raw = NOTHING

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for two lines that report the same hop. Repeats and failures differ by their time."""
        when = None if self.outcome in (Outcome.APPLIED, Outcome.DEAD_LETTERED) else self.at
        what = self.topic or self.cause  # an order has an e-mail after each of several causes
        return (self.id, self.order, self.sender, self.to, self.message, what, self.partition, self.offset, when)

    @property
    def arrow(self) -> tuple[str, str, str]:
        """From, to, technology: what identifies its arrow in a diagram."""
        return self.sender, self.to, self.technology

    @property
    def is_applied(self) -> bool:
        """Whether the arrow happened, as opposed to an attempt that failed and to a repeat."""
        return self.outcome is Outcome.APPLIED

    @property
    def is_publication(self) -> bool:
        """Whether a record was sent to Kafka, not delivered from it."""
        return self.topic is not None and self.group is None

    @property
    def position(self) -> str:
        """The record's position as `topic[partition]@offset`; empty for a hop without a record."""
        return coordinates(self.topic, self.partition, self.offset) if self.topic else ""


def coordinates(topic: str, partition: int | None, offset: int | None) -> str:
    """The position of a record as text: `topic[partition]@offset`."""
    return f"{topic}[{partition}]@{offset}"


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


def from_milliseconds(timestamp: int) -> datetime:
    """The time of a record's timestamp, in milliseconds since 1970."""
    return datetime.fromtimestamp(timestamp / 1_000, UTC)


def text(raw: bytes | None) -> str | None:
    """Bytes of a record as text; what is not UTF-8 is replaced."""
    return None if raw is None else raw.decode("utf-8", "replace")


def one_line(value: bytes | None) -> msgspec.Raw:
    """A value that is known to be JSON, on one line."""
    # msgspec does not check raw JSON for UTF-8, so only plain ASCII is passed on unchanged.
    if value is None or not value.isascii() or b"\n" in value or b"\r" in value:
        return compact(value)
    return msgspec.Raw(value)


def compact(value: bytes | None) -> msgspec.Raw:
    """A record's value as JSON on one line; what is not JSON becomes a string of its first 1,000 bytes."""
    if value is None:
        return NOTHING
    try:
        return msgspec.Raw(msgspec.json.format(value.decode(), indent=-1).encode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(msgspec.json.encode(text(value[:EXCERPT])))
