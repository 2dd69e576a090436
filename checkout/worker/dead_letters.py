"""Dead letters: records that cannot be handled, on their way to the dead-letter topic of their group."""

from datetime import datetime

import msgspec

from checkout.framework.sql import utc_text
from checkout.messaging.log import DEAD_LETTERS, ProducerRecord, Record
from checkout.worker.outbox import OutboxKind, OutboxRow

HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]])
NULL_HEADERS = "dlt_null_headers"
MAX_HEADER = 1_000  # bytes of an error message


def dead_letter_row(record: Record, error: Exception | None, group: str, at: datetime) -> OutboxRow:
    """The outbox row of a dead letter: the record unchanged, with headers that say where it was, why and when."""
    about = {"topic": record.topic, "partition": record.partition, "offset": record.offset, "error": error}
    about |= {"at": utc_text(at)}
    added = [(f"dlt_{name}", _bytes(value)) for name, value in about.items()]
    return OutboxRow(
        kind=OutboxKind.DEAD_LETTER, order_id=f"{record.topic}/{record.partition}/{record.offset}",
        destination=f"{record.topic}.{group}{DEAD_LETTERS}", message="", payload=record.value, correlation="",
        cause=None, key=record.key, headers=msgspec.msgpack.encode([*record.headers, *added]),
    )  # fmt: skip


def dead_letter_record(row: OutboxRow) -> ProducerRecord:
    """The record that the row of a dead letter is sent as.

    kafka-python sends no header without a value: its value becomes empty, and one more header names all of them.
    """
    headers = HEADERS.decode(row.headers or b"\x90")
    sent = [(name, value or b"") for name, value in headers]
    if nulls := [name for name, value in headers if value is None]:
        sent.append((NULL_HEADERS, _bytes(", ".join(nulls))))
    return ProducerRecord(row.destination, row.key, row.payload, sent)


def _bytes(value: object) -> bytes:
    return str(value).encode(errors="backslashreplace")[:MAX_HEADER]
