"""Sending: outbox rows as records, within the size that their topics take."""

from collections.abc import Sequence

from checkout.domain import DomainError
from checkout.framework.message import MessageTypes
from checkout.messaging.log import Log, ProducerRecord, RecordMetadata, RecordTooLarge, check_size
from checkout.worker.dead_letters import HEADERS, dead_letter_record
from checkout.worker.hops import CAUSE_HEADER, CORRELATION_HEADER
from checkout.worker.outbox import OutboxKind, OutboxRow

SURELY_FITS = 100_000  # bytes of a payload


class MessageTooLarge(DomainError):
    """A message that a handler returned is larger than a record of its topic may be."""


def to_record(row: OutboxRow, message_types: MessageTypes) -> ProducerRecord:
    """The record that an outbox row is sent as."""
    if row.kind is OutboxKind.DEAD_LETTER:
        return dead_letter_record(row)
    headers = [(CORRELATION_HEADER, row.correlation.encode())]
    if row.cause and message_types.by_name[row.message].only_cause is None:
        headers.append((CAUSE_HEADER, row.cause.encode()))
    if row.headers:
        headers += [(name, value or b"") for name, value in HEADERS.decode(row.headers)]
    return ProducerRecord(row.destination, row.key, row.payload, headers, row.wanted_partition)


def header_of(row: OutboxRow, name: str) -> str | None:
    """A header of the message to send, as text."""
    found = dict(HEADERS.decode(row.headers)).get(name) if row.headers else None
    return found.decode() if found else None


def send_rows(
    log: Log, rows: Sequence[OutboxRow], message_types: MessageTypes
) -> tuple[list[tuple[OutboxRow, RecordMetadata]], list[tuple[OutboxRow, str]]]:
    """Sends outbox rows as records in one flush; returns the sent rows, and those that are too large with the reason.

    Raises LogUnavailable.
    """
    records, too_large = [(row, to_record(row, message_types)) for row in rows], list[tuple[OutboxRow, str]]()
    while True:
        try:
            sent = log.send([record for _, record in records]) if records else []
            return [(row, metadata) for (row, _), metadata in zip(records, sent, strict=True)], too_large
        except RecordTooLarge as error:
            too_large += [(row, str(error)) for row, record in records if record is error.record]
            records = [each for each in records if each[1] is not error.record]


def check_row_sizes(rows: Sequence[OutboxRow], message_types: MessageTypes) -> None:
    """Raises MessageTooLarge for a message that its topic would not take."""
    for row in rows:
        if row.kind is OutboxKind.TOPIC and len(row.payload or b"") > SURELY_FITS:
            try:
                check_size(to_record(row, message_types))
            except RecordTooLarge as error:
                raise MessageTooLarge(str(error)) from error
