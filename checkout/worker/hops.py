"""Hops: the journal entry of each kind of hop - publication, delivery, external call, HTTP request."""

from datetime import datetime
from typing import Any

import msgspec

from checkout.framework.message import KAFKA, Message
from checkout.journal.hop import Hop, Outcome, compact, coordinates, one_line, text
from checkout.messaging.log import Record, RecordMetadata
from checkout.worker.calls.external_calls import GIVEN_UP, CallResult
from checkout.worker.outbox import OutboxRow

CORRELATION_HEADER = "kafka_correlationId"
VERSION_HEADER = "version"  # MAJOR or MAJOR.MINOR of the message; without it the version is 1
FINAL = frozenset((Outcome.APPLIED, Outcome.DEAD_LETTERED))
CAUSE_HEADER = "cause"  # only for message types with several causes: each header costs 6 µs a record


def cause_of(record: Record, message: type[Message]) -> str | None:
    """The name of the message that caused a record: the only possibility, else its header; None if unknown."""
    return message.only_cause or header(record, CAUSE_HEADER)


def version_problem(record: Record, message: type[Message]) -> str:
    """Why this version of the message cannot be read; empty where it can: other minor versions have other fields."""
    version = header(record, VERSION_HEADER)
    if version is None and message.major_version == 1:  # most records: without a further call
        return ""
    version = "1" if version is None else version
    if version.partition(".")[0] == str(message.major_version):
        return ""
    return f"{message.__name__} has version {version[:20]!r}, and only version {message.major_version} can be read"


def version_headers(message: type[Message]) -> bytes:
    """The header with the version of a message, as an outbox row stores it."""
    return msgspec.msgpack.encode([(VERSION_HEADER, str(message.major_version).encode())])


def header(record: Record, name: str) -> str | None:
    """The first header of this name that has a value, as text; PostgreSQL stores no NUL, so it is replaced."""
    for key, value in record.headers:
        if key == name and value is not None:
            return value.decode("utf-8", "replace").replace("\0", "\ufffd")
    return None


def delivery_id(record: Record, group: str) -> str:
    """The id of the hop in which a consumer group has handled a record."""
    return f"{coordinates(record.topic, record.partition, record.offset)}/{group}"


def call_id(row: OutboxRow) -> str:
    """The id of the hop in which an external call was answered, from what its idempotency key is made of."""
    return f"{row.order_id}/{row.destination}"


def request_id(message: type[Message], order: str | None, receiver: str) -> str:
    """The id of the hop in which a container has accepted a request."""
    return f"{message.__name__}/{order}/{receiver}"


def _id(of_success: str, outcome: Outcome, at: datetime) -> str:
    """The id of a hop. Repeats and failed attempts have its time, too: nothing is caused by them."""
    return of_success if outcome in FINAL else f"{of_success}/{outcome}/{at.isoformat()}"


def publication(message: type[Message], row: OutboxRow, metadata: RecordMetadata, replica: str, at: datetime) -> Hop:
    """From the sender to Kafka: the record was acknowledged."""
    position = coordinates(row.destination, metadata.partition, metadata.offset)
    return Hop(
        id=position, cause_id=row.cause_id,
        order=row.order_id, step=message.step(row.cause), sender=message.sender, to=message.receiver,
        message=row.message, technology=message.technology, cause=row.cause, correlation=row.correlation,
        payload=one_line(row.payload), topic=row.destination, partition=metadata.partition, offset=metadata.offset,
        key=text(row.key), replica=replica, at=at,
    )  # fmt: skip


def observed_publication(message: type[Message], record: Record, order: str | None, at: datetime) -> Hop:
    """The publication of a record that no journal has; of its cause only the name is known."""
    cause = cause_of(record, message)
    return Hop(
        id=coordinates(*record[:3]), order=order, step=message.step(cause), sender=message.sender, to=message.receiver,
        message=message.__name__, technology=record.topic, cause=cause, payload=compact(record.value), observed=True,
        topic=record.topic, partition=record.partition, offset=record.offset, key=text(record.key), at=at,
    )  # fmt: skip


def delivery(
    message: type[Message], record: Record, group: str, outcome: Outcome, id: str | None = None, **fields: Any
) -> Hop:
    """From Kafka to a consumer group: the record was handled with this outcome.

    `id`: the `delivery_id` where the caller has it. `fields` has at least cause and at.
    """
    payload = one_line(record.value) if outcome is Outcome.APPLIED else compact(record.value)
    id = id or delivery_id(record, group)
    return Hop(
        id=_id(id, outcome, fields["at"]), cause_id=id[: -len(group) - 1],
        step=message.step(fields["cause"], delivery=True), sender=KAFKA, to=group, message=message.__name__,
        technology=record.topic, topic=record.topic, partition=record.partition, offset=record.offset,
        key=text(record.key), group=group, outcome=outcome, payload=payload, **fields,
    )


def external_call(message: type[Message], result: CallResult, outcome: Outcome, replica: str, at: datetime) -> Hop:
    """From the caller to an external system, answered or not."""
    row = result.row
    is_given_up = result.status.startswith(GIVEN_UP)  # a final result, which has a handler
    return Hop(
        id=_id(call_id(row), Outcome.APPLIED if is_given_up else outcome, at), cause_id=row.cause_id,
        order=row.order_id, step=message.step(row.cause), sender=message.sender, to=message.receiver,
        message=row.message, technology=message.technology, cause=row.cause, correlation=row.correlation,
        payload=one_line(row.payload), url=result.url, status=result.status, outcome=outcome, replica=replica, at=at,
    )  # fmt: skip


def http_request(message: type[Message], sender: str, to: str, delivery: bool, **fields: Any) -> Hop:
    """A request between containers, reported by its receiver; `delivery`: forwarded by its first receiver."""
    order = fields.get("order")
    return Hop(
        id=_id(request_id(message, order, to), fields.get("outcome", Outcome.APPLIED), fields["at"]),
        cause_id=request_id(message, order, sender) if delivery else None,
        step=message.step(None, delivery), sender=sender, to=to, message=message.__name__,
        technology=message.technology, **fields,
    )  # fmt: skip

