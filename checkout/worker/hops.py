"""Hops: the journal entry of each kind of hop - publication, delivery, external call, HTTP request."""

from typing import Any

from checkout.journal.hop import APPLIED, Hop, compact, one_line, text
from checkout.messages import BY_NAME, KAFKA, TOPICS, Message
from checkout.messaging.log import Record, RecordMetadata
from checkout.worker.database import OutboxRow
from checkout.worker.external_calls import CallResult


def usual_cause(message: type[Message]) -> str | None:
    """The message whose handling produced this one, as far as its type alone can tell."""
    return next(iter(message.steps))


def step(message: type[Message], cause: str | None, passed_on: bool) -> int | None:
    """The step of a message's first or second arrow after this cause; None where no view draws it."""
    steps = message.steps.get(cause)
    return steps[passed_on] if steps and passed_on < len(steps) else None


def sent(row: OutboxRow, place: RecordMetadata, replica: str, at: str) -> Hop:
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


def called(answer: CallResult, outcome: str, **fields: Any) -> Hop:
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
