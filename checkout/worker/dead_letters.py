"""Dead letters: records that cannot be handled, on their way to the dead-letter topic of their group and back."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from checkout.framework.sql import utc_text
from checkout.journal.hop import coordinates, text
from checkout.messaging.log import DEAD_LETTERS, Partition, ProducerRecord, Record
from checkout.worker.outbox import OutboxKind, OutboxRow

HEADERS = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]])
NULL_HEADERS = "dlt_null_headers"
REPLAY_OF = "dlt_replay_of"  # the header of a replayed record: the coordinates of its dead letter
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


class DeadLetter(NamedTuple):
    """A record of a dead-letter topic, and where its original record was: it could not be handled by `group`."""

    record: Record
    group: str
    topic: str
    partition: int
    offset: int
    error: str
    at: str

    @property
    def place(self) -> str:
        """The coordinates of the dead letter, such as `order.new-order-received.stock.dlt[0]@3`."""
        return coordinates(*self.record[:3])

    @property
    def origin(self) -> str:
        """The coordinates of the original record."""
        return coordinates(self.topic, self.partition, self.offset)

    def replay(self) -> ProducerRecord:
        """The original record with its key, value, headers and partition, and the header `dlt_replay_of`.

        A header without a value has an empty one, as in the dead letter.
        """
        names = [name for name, _ in self.record.headers]
        last = len(names) - 1 - names[::-1].index("dlt_topic")
        kept = [(name, value or b"") for name, value in self.record.headers[:last] if name != REPLAY_OF]
        return ProducerRecord(
            self.topic, self.record.key, self.record.value, [*kept, (REPLAY_OF, self.place.encode())], self.partition
        )


def read_dead_letter(record: Record) -> DeadLetter | None:
    """A record of a dead-letter topic as a DeadLetter; None where another program has written it."""
    about = {name: text(value) or "" for name, value in record.headers if name.startswith("dlt_")}
    try:
        place = about["dlt_topic"], int(about["dlt_partition"]), int(about["dlt_offset"])
        group = record.topic.removesuffix(DEAD_LETTERS).removeprefix(f"{place[0]}.")
        return DeadLetter(record, group, *place, about["dlt_error"], about["dlt_at"])
    except (KeyError, ValueError):
        return None


def replays(records: Iterable[Record]) -> dict[str, str]:
    """The coordinates of the last replay of each dead letter among these records, by those of the dead letter."""
    return {
        text(value) or "": coordinates(*record[:3])
        for record in records
        for name, value in record.headers
        if name == REPLAY_OF
    }


def first_offsets(letters: Iterable[DeadLetter]) -> dict[Partition, int]:
    """From where on replays of these dead letters can be: after the first of their original records, by partition."""
    found: dict[Partition, int] = {}
    for letter in letters:
        partition = (letter.topic, letter.partition)
        found[partition] = min(found.get(partition, letter.offset + 1), letter.offset + 1)
    return found


def _bytes(value: object) -> bytes:
    return str(value).encode(errors="backslashreplace")[:MAX_HEADER]
