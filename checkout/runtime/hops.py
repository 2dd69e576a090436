"""Hops: an arrow that happened, as one line of the journal, and how each kind of hop is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from checkout.messages import BY_NAME, KAFKA, TOPICS, Message
from checkout.runtime.courier import Answer
from checkout.runtime.log import Place, Record
from checkout.runtime.store import OutboxRow

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


def usual_cause(message: type[Message]) -> str | None:
    """The message whose handling produced this one, as far as its type alone can tell."""
    return next(iter(message.steps))


def step(message: type[Message], cause: str | None, passed_on: bool) -> int | None:
    """The step of a message's first or second arrow after this cause; None where no view draws it."""
    steps = message.steps.get(cause)
    return steps[passed_on] if steps and passed_on < len(steps) else None


def sent(row: OutboxRow, place: Place, replica: str, at: str) -> Hop:
    """A publication: from its sender to Kafka, acknowledged at this place."""
    return Hop(
        partition=place.partition, offset=place.offset, topic=row.destination, key=text(row.key),
        **_of_row(row), replica=replica, at=at,
    )


def delivered(topic: str, record: Record, group: str, outcome: str, **fields: Any) -> Hop:
    """A delivery: from Kafka to a consumer group, which has handled the record with this outcome."""
    message = TOPICS.get(topic)
    cause = usual_cause(message) if message else None
    return Hop(
        step=step(message, cause, True) if message else None, sender=KAFKA, to=group,
        message=message.__name__ if message else topic, technology=topic, topic=topic, partition=record.partition,
        offset=record.offset, key=text(record.key), group=group, cause=cause, outcome=outcome,
        payload=one_line(record.value) if outcome == APPLIED else compact(record.value), **fields,
    )


def called(answer: Answer, outcome: str, **fields: Any) -> Hop:
    """A call to somebody outside the store, answered or not."""
    return Hop(**_of_row(answer.row), url=answer.url, status=answer.status, outcome=outcome, **fields)


def _of_row(row: OutboxRow) -> dict[str, Any]:
    message = BY_NAME[row.message]
    return {
        "order": row.order_id, "step": step(message, row.cause, False), "sender": message.sender, "to": message.via,
        "message": row.message, "technology": message.technology, "cause": row.cause,
        "correlation": row.correlation, "payload": one_line(row.payload),
    }


def requested(message: type[Message], sender: str, to: str, passed_on: bool, **fields: Any) -> Hop:
    """An HTTP request inside the store, told by its receiver."""
    cause = usual_cause(message)
    return Hop(
        step=step(message, cause, passed_on), sender=sender, to=to, message=message.__name__,
        technology=message.technology, cause=cause, **fields,
    )


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
