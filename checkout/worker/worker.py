"""Worker: moves the messages of one service with four verbs - poll, handle, publish, commit."""

import contextlib
import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from checkout.domain import DomainError
from checkout.framework.intake import Intake
from checkout.framework.message import MessageTypes
from checkout.framework.service import Service
from checkout.framework.sql import utc_text
from checkout.journal.hop import Hop, Outcome, utc_now
from checkout.journal.journal import HopWriter
from checkout.messaging.log import CommitRefused, Log, LogUnavailable, Partition
from checkout.worker import hops, outbox
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.claims import Claims
from checkout.worker.database import DATABASE_UNAVAILABLE, ServiceDatabase
from checkout.worker.dead_letters import dead_letter_row
from checkout.worker.deliveries import Delivery, Sources, drop_repeats
from checkout.worker.inbox import add_to_inbox
from checkout.worker.outbox import OutboxKind, OutboxResult, OutboxRow, RowNumbers
from checkout.worker.sending import check_row_sizes, send_rows

ATTEMPTS = 3
PAUSE_BETWEEN_ATTEMPTS = 0.5  # seconds: three attempts end within two
MOST_PAUSES = 4  # in one batch: Kafka takes the partitions from a consumer that does not poll for five minutes


class Worker:
    """One replica of one service. A process calls the verbs in a loop, the lab one at a time; each may be repeated.

    `message_types` are those of the system, `replica` is this worker's name ("stock-1"), `batch` the number of
    messages taken from a source at a time. `now` returns the time, `clock` monotonic seconds, `pause` sleeps.
    Offsets are committed, and sent outbox rows marked as done, at most every `commit_interval` seconds: after a crash
    the messages of that time are repeated, and their receivers' inboxes drop them.
    LogUnavailable and DATABASE_UNAVAILABLE are raised to the caller; nothing is lost, and the verb can be called again.
    """

    def __init__(
        self,
        service: Service,
        message_types: MessageTypes,
        log: Log,
        database: ServiceDatabase,
        journal: HopWriter,
        external_calls: ExternalCalls,
        intake: Intake | None = None,
        replica: str = "",
        batch: int = 500,
        commit_interval: float = 0.0,
        now: Callable[[], datetime] = utc_now,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service, self.log, self.database = service, log, database
        self.journal, self.external_calls = journal, external_calls
        self.replica, self._now, self._pause, self._clock = replica or f"{service.name}-1", now, pause, clock
        self._types, service.now = message_types, now
        self.sources = Sources(service, message_types, log, external_calls, intake, batch, clock)
        self.batch: list[Delivery] = []
        self.outgoing: list[OutboxRow] = []
        self.is_handled = False
        self.uncommitted: dict[Partition, int] = {}  # next offsets of handled records, kept while Kafka is unavailable
        self.unmarked: list[OutboxResult] = []  # results of outbox rows that are not stored yet
        with database.read() as db:
            self._numbers = RowNumbers(outbox.last_number(db), self.replica)
        self._claims = Claims(database, self.replica, now, clock)
        self._pauses, self._commit_interval, self._commit_at = 0, commit_interval, math.inf

    def poll(self, timeout: float = 0.0) -> list[Delivery]:
        """Takes the next batch from all sources, waiting up to `timeout` seconds; returns an unfinished batch again."""
        if not self.batch:
            if self._claims.are_due:
                self.mark_sent()
                self.outgoing += self._claims.take(self.external_calls.open | {row.identity for row in self.outgoing})
            wait = 0.0 if self.outgoing else max(0.0, min(timeout, self._commit_at - self._clock()))
            self.batch = self.sources.take(wait, self._now)
            self.is_handled = False
            if not self.batch and self._clock() >= self._commit_at:
                self.mark_sent()
        return self.batch

    def handle(self) -> None:
        """Handles the batch in one transaction: drops repeats, calls the handlers, stores their messages in the outbox.

        A batch that fails is split until the failing message is alone; that one is retried, then dead-lettered.
        """
        if not self.batch or self.is_handled:
            return
        self._pauses = 0
        self._handle_split([delivery for delivery in self.batch if not delivery.is_settled])
        self.is_handled = True

    def publish(self) -> None:
        """Sends the outbox rows of the batch: records in one flush, external calls through their adapters."""
        records = [row for row in self.outgoing if row.kind is not OutboxKind.EXTERNAL_CALL]
        if records:
            sent, too_large = send_rows(self.log, records, self._types)
            at, published = self._now(), list[Hop]()
            for row, reason in too_large:
                self.unmarked.append(OutboxResult(row.number, utc_text(at), status=f"not sent: {reason}"))
                self._report(f"message {row.message} of order {row.order_id} is not sent: {reason}")
            for row, metadata in sent:
                self.unmarked.append(OutboxResult(row.number, utc_text(at), metadata.partition, metadata.offset))
                if row.kind is OutboxKind.TOPIC:
                    kind = self._types.by_name[row.message]
                    published.append(hops.publication(kind, row, metadata, self.replica, at))
            self.journal.write(published)
            self._schedule_commit()
        self.external_calls.put([row for row in self.outgoing if row.kind is OutboxKind.EXTERNAL_CALL])
        self.outgoing = []

    def commit(self, is_reachable: bool = True) -> None:
        """Ends the batch and commits its offsets, when due and Kafka `is_reachable`; its rows need not be sent."""
        if self.is_handled:
            for record in (delivery.record for delivery in self.batch if delivery.record):
                partition = (record.topic, record.partition)
                self.uncommitted[partition] = max(self.uncommitted.get(partition, 0), record.offset + 1)
            self.batch, self.is_handled = [], False
            self._schedule_commit()
        if is_reachable and self._clock() >= self._commit_at:
            self._commit_now()

    def mark_sent(self) -> None:
        """Marks the sent outbox rows as done; otherwise the next transaction or an idle `poll` does it."""
        if self.unmarked:
            with self.database.begin() as db:
                outbox.mark_done(db, self.unmarked)
            self.unmarked = []

    def close(self) -> None:
        """Marks the sent outbox rows as done, commits, leaves the consumer group and closes all resources."""
        self.mark_sent()
        with contextlib.suppress(LogUnavailable):
            self._commit_now()
        self.external_calls.close()
        self.log.close()
        self.journal.close()
        self.database.close()

    def _schedule_commit(self) -> None:
        self._commit_at = min(self._commit_at, self._clock() + self._commit_interval)

    def _commit_now(self) -> None:
        if self.uncommitted:
            # After a rebalance the records are redelivered to the new owner; its inbox drops repeats.
            with contextlib.suppress(CommitRefused):
                self.log.commit(self.uncommitted)
            self.uncommitted = {}
        self._commit_at = self._clock() + self._commit_interval if self.unmarked else math.inf

    def _handle_together(self, deliveries: Sequence[Delivery]) -> None:
        at = self._now()
        readable = [delivery for delivery in deliveries if delivery.message is not None and not delivery.error]
        rows = [dead_letter_row(d.record, d.error, self.service.name, at) for d in deliveries if d.record and d.error]
        if readable or rows:
            with self.database.begin() as db:
                fresh = drop_repeats(db, readable)
                # First, so that a replica that has the same message waits here, and then knows that it is handled.
                add_to_inbox(db, [delivery.inbox_row() for delivery in fresh if delivery.type], self.replica, at)
                rows += self._call_handlers(db, fresh)
                outbox.add_to_outbox(db, rows, self.replica, self._numbers)
                answered = [delivery.call_done(at) for delivery in readable if delivery.result]
                outbox.mark_done(db, self.unmarked + answered)
            self.unmarked = []
        self.outgoing += rows
        self._settle(deliveries, at)

    def _handle_split(self, deliveries: Sequence[Delivery]) -> None:
        if len(deliveries) == 1:
            return self._handle_alone(deliveries[0])
        try:
            self._handle_together(deliveries)
        except DATABASE_UNAVAILABLE:
            raise
        except Exception:
            middle = len(deliveries) // 2
            self._handle_split(deliveries[:middle])
            self._handle_split(deliveries[middle:])

    def _call_handlers(self, db: Connection, fresh: Sequence[Delivery]) -> list[OutboxRow]:
        if not fresh:
            return []
        state = self.service.load(db, [delivery.message for delivery in fresh])
        rows = [
            delivery.outbox_row(message, self.service.name)
            for delivery in fresh
            for message in delivery.handler(self.service, state, delivery.message) or ()
        ]
        check_row_sizes(rows, self._types)
        self.service.save(db, state)
        return rows

    def _handle_alone(self, delivery: Delivery) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._handle_together([delivery])
            except DATABASE_UNAVAILABLE:
                raise
            except Exception as error:
                if isinstance(error, DomainError) or attempt == ATTEMPTS or delivery.result:  # a call is repeated
                    return self._give_up(delivery, error)
                self._write_hops([delivery], self._now(), Outcome.FAILED)
                if self._pauses < MOST_PAUSES:
                    self._pauses += 1
                    self._pause(PAUSE_BETWEEN_ATTEMPTS)

    def _give_up(self, delivery: Delivery, error: Exception) -> None:
        delivery.is_settled = not delivery.record
        if delivery.request:
            delivery.outcome = Outcome.FAILED
            delivery.request.fail(error)
        elif delivery.result:
            self.external_calls.repeat(delivery.result, f"the reply cannot be handled: {error}")
        elif delivery.record:
            delivery.error = error
            self._handle_together([delivery])
        else:
            self._report(f"timer {delivery.source} failed: {error}")

    def _report(self, problem: str) -> None:
        with contextlib.suppress(OSError):  # the disk with the log is full
            print(f"{utc_text(self._now())} {self.replica}: {problem}", file=sys.stderr, flush=True)

    def _settle(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        for delivery in deliveries:
            delivery.is_settled = True
            if delivery.error:
                delivery.outcome = Outcome.DEAD_LETTERED
            outcome = delivery.outcome or Outcome.FAILED
            if delivery.request:
                delivery.request.settle(outcome)
            if delivery.result and delivery.message is not None:
                self.external_calls.close_call(delivery.result.row.identity)
        self._write_hops(deliveries, at)

    def _write_hops(self, deliveries: Sequence[Delivery], at: datetime, outcome: Outcome | None = None) -> None:
        name, replica = self.service.name, self.replica
        written = (d.hop(name, outcome or d.outcome or Outcome.FAILED, replica, at) for d in deliveries)
        self.journal.write(hop for hop in written if hop)
