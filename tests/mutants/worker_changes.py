"""Worker changes: defects of the worker - inbox, outbox, commits, claims, dead letters."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from checkout.journal.hop import Outcome
from checkout.messaging.log import Log, RecordMetadata
from checkout.worker import claims, outbox, worker
from checkout.worker.deliveries import Delivery, Sources
from checkout.worker.inbox import InboxRow, add_to_inbox, find_handled
from checkout.worker.outbox import OutboxKind, OutboxRow
from checkout.worker.sending import send_rows
from checkout.worker.worker import Worker

ATTEMPT, CALL_HANDLERS, GIVE_UP = Worker._handle_together, Worker._call_handlers, Worker._give_up
POLL, REQUEST, ROW, LETTER = Worker.poll, Sources._of_request, Delivery.outbox_row, worker.dead_letter_row
NOTE = Delivery.inbox_row


@contextlib.contextmanager
def skip_the_inbox() -> Iterator[None]:
    """A repeated record is handled again."""

    def keep_repeats(db: Any, deliveries: Sequence[Delivery]) -> list[Delivery]:
        for delivery in deliveries:
            delivery.outcome = Outcome.APPLIED
        return list(deliveries)

    def add_missing(db: Any, rows: Sequence[Any], *others: Any) -> None:
        known = find_handled(db, (row.order_id for row in rows))
        add_to_inbox(db, [row for row in rows if (row.source, row.order_id) not in known], *others)

    with patch.object(worker, "drop_repeats", keep_repeats), patch.object(worker, "add_to_inbox", add_missing):
        yield


def commit_before_the_effect() -> Any:
    """Offsets are committed when records are polled, as a consumer with auto-commit may do."""

    def poll(self: Worker, timeout: float = 0.0) -> list[Delivery]:
        batch = POLL(self, timeout)
        records = [delivery.record for delivery in batch if delivery.record]
        self.log.commit({(record.topic, record.partition): record.offset + 1 for record in records})
        return batch

    return patch.object(Worker, "poll", poll)


def commit_nothing() -> Any:
    """Offsets are never committed."""
    return patch.object(Worker, "_commit_now", lambda self: self.uncommitted.clear())


def publish_before_the_commit() -> Any:
    """Messages are published while the transaction is open."""

    def call_handlers(self: Worker, db: Any, fresh: Sequence[Delivery]) -> list[OutboxRow]:
        rows = CALL_HANDLERS(self, db, fresh)
        send_rows(self.log, [row for row in rows if row.kind is OutboxKind.TOPIC], self._types)
        return rows

    return patch.object(Worker, "_call_handlers", call_handlers)


def call_before_the_commit() -> Any:
    """External calls are made while the transaction is open."""

    def call_handlers(self: Worker, db: Any, fresh: Sequence[Delivery]) -> list[OutboxRow]:
        rows = CALL_HANDLERS(self, db, fresh)
        self.external_calls.put([row for row in rows if row.kind is OutboxKind.EXTERNAL_CALL])
        return rows

    return patch.object(Worker, "_call_handlers", call_handlers)


def answer_before_the_commit() -> Any:
    """A client has its answer before its order is stored."""

    def of_request(self: Sources, request: Any) -> Delivery:
        request.settle(Outcome.APPLIED)
        return REQUEST(self, request)

    return patch.object(Sources, "_of_request", of_request)


def swallow_exceptions() -> Any:
    """A message whose handler fails counts as handled."""

    def handle_alone(self: Worker, delivery: Delivery) -> None:
        try:
            ATTEMPT(self, [delivery])
        except Exception:
            delivery.is_settled, delivery.outcome = True, Outcome.APPLIED

    return patch.object(Worker, "_handle_alone", handle_alone)


def mark_nothing_as_sent() -> Any:
    """Outbox rows that were sent stay open."""
    return patch.object(outbox, "mark_done", lambda db, results: None)


def lose_a_row() -> Any:
    """The last row of each batch is marked as sent, and is not."""

    def send_all_but_one(log: Log, rows: Sequence[OutboxRow], types: Any) -> Any:
        sent, too_large = send_rows(log, rows[:-1], types)
        return [*sent, (rows[-1], RecordMetadata(0, 0))], too_large

    return patch.object(worker, "send_rows", send_all_but_one)


def drop_dead_letters() -> Any:
    """A record that cannot be read is skipped."""

    def settle(self: Worker, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            delivery.error = None
        ATTEMPT(self, deliveries)

    return patch.object(Worker, "_handle_together", settle)


def shorten_dead_letters() -> Any:
    """A dead letter has the beginning of its record's value."""

    def shorten(*arguments: Any) -> OutboxRow:
        row = LETTER(*arguments)
        row.payload = (row.payload or b"")[:16]
        return row

    return patch.object(worker, "dead_letter_row", shorten)


def use_the_customer_as_key() -> Any:
    """Records have the name of the customer as key."""

    def outbox_row(self: Delivery, message: Any, service: str) -> OutboxRow:
        row = ROW(self, message, service)
        row.key = str(getattr(message, "customer_name", "")).encode()
        row.wanted_partition = None
        return row

    return patch.object(Delivery, "outbox_row", outbox_row)


def note_another_offset() -> Any:
    """The inbox has the offset of the next record."""

    def inbox_row(self: Delivery) -> InboxRow:
        row = NOTE(self)
        row.position = None if row.position is None else row.position + 1
        return row

    return patch.object(Delivery, "inbox_row", inbox_row)


def end_leases_after_a_second() -> Any:
    """The rows of a replica that pauses for more than a second are claimed."""
    return patch.object(claims, "LEASE", timedelta(seconds=1))
