"""Worker: moves one service's messages with four verbs - poll, handle, publish, commit."""

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from checkout.domain import DomainError
from checkout.framework.intake import Intake
from checkout.framework.service import Service
from checkout.journal.hop import APPLIED, DEAD_LETTERED, DUPLICATE, FAILED, Hop, earlier, now
from checkout.journal.journal import Journal
from checkout.messages import TOPICS, Message, encode
from checkout.messaging.log import CommitRefused, Log, Partition
from checkout.worker import hops
from checkout.worker.database import (
    DATABASE_AWAY,
    Done,
    InboxRow,
    OutboxRow,
    ServiceDatabase,
    claim,
    has_open_rows,
    known,
    mark,
    put_out,
    take_in,
)
from checkout.worker.deliveries import Delivery, Sources, dead_letter, outgoing
from checkout.worker.external_calls import ExternalCalls

LEASE = timedelta(seconds=15)  # after which an outbox row whose owner does not claim it anew is anybody's
CLAIM_EVERY = 5.0  # seconds
TRIES = 3
PAUSE_BETWEEN_TRIES = 0.5  # seconds, so that three tries end within two


class Worker:
    """One replica of one service: a process calls the verbs in a loop, the lab one by one. Each may be repeated.

    LogUnavailable and DATABASE_AWAY pass through: nothing is lost, call the verb again when they are back.
    """

    def __init__(
        self,
        service: Service,
        log: Log,
        database: ServiceDatabase,
        journal: Journal,
        external_calls: ExternalCalls,
        intake: Intake | None = None,
        replica: str = "",
        batch: int = 500,
        now: Callable[[], str] = now,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service, self.log, self.database = service, log, database
        self.journal, self.external_calls = journal, external_calls
        self.replica, self._now, self._pause, self._clock = replica or f"{service.name}-1", now, pause, clock
        self.sources = Sources(service, log, external_calls, intake, batch, clock)
        self.batch: list[Delivery] = []
        self.outgoing: list[OutboxRow] = []
        self.is_handled = False
        self.uncommitted: dict[Partition, int] = {}  # handled, while the broker is away
        self._unmarked: list[Done] = []
        self._next_claim = 0.0

    def poll(self, wait: float = 0.0) -> list[Delivery]:
        """Takes the next batch from every source, waiting so many seconds for it, unless one is in hand already."""
        if not self.batch:
            self._claim_when_due()
            self.batch = self.sources.take(0.0 if self.outgoing else wait, self._now)
            self.is_handled = False
            if not self.batch:
                self._mark_now()
        return self.batch

    def handle(self) -> None:
        """One transaction: drops what the inbox knows, calls the handlers, keeps their messages in the outbox.

        If the batch fails, it is split until the message at fault is alone, and that one is dead-lettered.
        """
        if not self.batch or self.is_handled:
            return
        self._handle_split([delivery for delivery in self.batch if not delivery.is_settled])
        self.is_handled = True

    def publish(self) -> None:
        """Sends what is in the outbox: to Kafka in one flush, to outside systems through the external_calls."""
        rows = [row for row in self.outgoing if row.destination in TOPICS or row.headers is not None]
        if rows:
            places = self.log.send([outgoing(row) for row in rows])
            at = self._now()
            self._unmarked += [
                Done(row.order_id, row.destination, at, place.partition, place.offset)
                for row, place in zip(rows, places, strict=True)
            ]
            told = zip(rows, places, strict=True)
            self.journal.write(hops.sent(row, place, self.replica, at) for row, place in told if row.headers is None)
        self.external_calls.put([row for row in self.outgoing if row.destination not in TOPICS and row.headers is None])
        self.outgoing = []

    def commit(self) -> None:
        """Moves the group past the batch; it needs the outbox stored, not delivered."""
        if self.is_handled:
            for record in (delivery.record for delivery in self.batch if delivery.record):
                place = (record.topic, record.partition)
                self.uncommitted[place] = max(self.uncommitted.get(place, 0), record.offset + 1)
            self.batch, self.is_handled = [], False
        if self.uncommitted:
            # Refused, the records come again to whoever owns them now, and the inbox knows them.
            with contextlib.suppress(CommitRefused):
                self.log.commit(self.uncommitted)
            self.uncommitted = {}

    def close(self) -> None:
        """Leaves the group and closes everything, after marking what has been sent."""
        self._mark_now()
        for part in (self.external_calls, self.log, self.journal, self.database):
            part.close()

    def _handle_together(self, deliveries: Sequence[Delivery]) -> None:
        answered = [d for d in deliveries if d.message is not None and not d.error]
        rows: list[OutboxRow] = [dead_letter(d, self.service.name, self._now()) for d in deliveries if d.error]
        at = self._now()
        if answered or rows:
            with self.database.begin() as db:
                fresh = self._fresh(db, answered)
                rows += self._call_handlers(db, fresh)
                take_in(db, [self._inbox_row(d, at) for d in fresh])
                put_out(db, rows, self.replica, at)
                settled = [d.settled(at) for d in answered if d.answer]
                mark(db, self._unmarked + settled)
            self._unmarked = []
        self.outgoing += rows
        self._tell(deliveries, at)

    def _handle_split(self, deliveries: Sequence[Delivery]) -> None:
        if len(deliveries) == 1:
            return self._handle_alone(deliveries[0])
        try:
            self._handle_together(deliveries)
        except DATABASE_AWAY:
            raise
        except Exception:
            middle = len(deliveries) // 2
            self._handle_split(deliveries[:middle])
            self._handle_split(deliveries[middle:])

    def _fresh(self, db: Connection, deliveries: Sequence[Delivery]) -> list[Delivery]:
        seen, fresh = known(db, (d.id for d in deliveries)), list[Delivery]()
        for delivery in deliveries:
            delivery.outcome = DUPLICATE if delivery.identity in seen else APPLIED
            if delivery.outcome == APPLIED:
                seen.add(delivery.identity)
                fresh.append(delivery)
        return fresh

    def _call_handlers(self, db: Connection, fresh: Sequence[Delivery]) -> list[OutboxRow]:
        if not fresh:
            return []
        state = self.service.load(db, [d.message for d in fresh])
        rows = [_row(message, d) for d in fresh for message in d.handler(self.service, state, d.message) or ()]
        self.service.save(db, state)
        return rows

    def _handle_alone(self, delivery: Delivery) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                return self._handle_together([delivery])
            except DATABASE_AWAY:
                raise
            except Exception as error:
                if isinstance(error, DomainError) or attempt == TRIES:
                    return self._give_up(delivery, error)
                self.journal.write(hop for hop in [self._hop(delivery, FAILED, self._now())] if hop)
                self._pause(PAUSE_BETWEEN_TRIES)

    def _give_up(self, delivery: Delivery, error: Exception) -> None:
        delivery.is_settled = not delivery.record
        if delivery.request:
            delivery.outcome = FAILED
            delivery.request.fail(error)
        elif delivery.answer:
            self.external_calls.again(delivery.answer.row)
        elif delivery.record:
            delivery.error = error
            self._handle_together([delivery])
        else:
            print(f"{self._now()} {self.replica} gave up {delivery.source}: {error}", file=sys.stderr, flush=True)

    def _tell(self, deliveries: Sequence[Delivery], at: str) -> None:
        told: list[Hop | None] = []
        for delivery in deliveries:
            delivery.is_settled = True
            outcome = DEAD_LETTERED if delivery.error else delivery.outcome or FAILED
            told.append(self._hop(delivery, outcome, at))
            if delivery.request:
                delivery.request.settle(outcome)
            if delivery.answer and delivery.message is not None:
                self.external_calls.forget(delivery.answer.row.identity)
        self.journal.write(hop for hop in told if hop)

    def _hop(self, delivery: Delivery, outcome: str, at: str) -> Hop | None:
        return delivery.hop(self.service.name, outcome, replica=self.replica, at=at)

    def _inbox_row(self, delivery: Delivery, at: str) -> InboxRow:
        record = delivery.record
        partition, position = (record.partition, record.offset) if record else (None, None)
        return InboxRow(delivery.source, delivery.id, partition, position, delivery.correlation, self.replica, at)

    def _mark_now(self) -> None:
        if self._unmarked:
            with self.database.begin() as db:
                mark(db, self._unmarked)
            self._unmarked = []

    def _claim_when_due(self) -> None:
        if self._clock() < self._next_claim:
            return
        self._mark_now()
        if has_open_rows(self.database):
            at = self._now()
            with self.database.begin() as db:
                rows = claim(db, self.replica, at, earlier(at, LEASE))
            held = self.external_calls.open | {row.identity for row in self.outgoing}
            self.outgoing += [row for row in rows if row.identity not in held]
        self._next_claim = self._clock() + CLAIM_EVERY


def _row(message: Message, answered: Delivery) -> OutboxRow:
    return OutboxRow(
        order_id=message.id, destination=message.purpose, message=type(message).__name__, payload=encode(message),
        correlation=answered.correlation or message.id, cause=answered.cause, wanted_partition=answered.partition,
        key=message.id.encode(),
    )
