"""Replica: one service's worker in a lab, called verb by verb, and its work in progress between two verbs."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, select

from checkout.framework.service import Service
from checkout.journal.hop import Hop, Outcome, coordinates, text
from checkout.lab.engine.action_log import ActionLog
from checkout.lab.engine.clock import Clock
from checkout.lab.engine.order_names import OrderNames
from checkout.lab.engine.requests import RequestQueue
from checkout.lab.engine.stepping_log import SentRecords, SteppingLog
from checkout.lab.history.lab_journal import LabJournal
from checkout.lab.history.lag import ConsumerLag
from checkout.lab.history.projection import Projection
from checkout.registry import STORE, Registry
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.inbox import INBOX
from checkout.worker.outbox import OPEN, OUTBOX, OutboxKind, OutboxRow, has_open_rows
from checkout.worker.worker import Worker

POLL, HANDLE, PUBLISH, COMMIT = VERBS = ("poll", "handle", "publish", "commit")
MAX_ROWS = 20  # of a table in work in progress
Rows = list[dict[str, Any]]


class WorkKind(StrEnum):
    """What a replica polls, in words; a record is named by its coordinates."""

    RECORD = "a record"
    REQUEST = "a request from the gateway"
    RESPONSE = "the response to its external call"
    OUTBOX = "the unpublished messages in its outbox"
    TIMER = "the tick of its timer"


class Work(NamedTuple):
    """Something a replica can poll: the lowest sequence number goes first."""

    sequence: int
    kind: WorkKind
    coordinates: str = ""


class WorkInProgress(msgspec.Struct):
    """A replica between two verbs: its message, its tables before and after `handle`, its unpublished messages."""

    replica: str
    service: str
    done: list[str]
    allowed: list[str]
    record: dict[str, Any] | None
    before: Rows
    after: Rows
    outgoing: Rows


class RunContext:
    """What all replicas of one run share. Without `inbox` or `outbox` a replica deletes the rows of that table."""

    def __init__(self, registry: Registry, real_clock: bool, inbox: bool, outbox: bool) -> None:
        self.registry, self.clock, self.inbox, self.outbox = registry, Clock(real_clock), inbox, outbox
        self.names, self.sent, self.requests = OrderNames(), SentRecords(), RequestQueue()
        self.systems, self.lag = registry.simulators(), ConsumerLag(registry.services)
        self.is_store = registry is STORE  # else the lab runs another system
        self.projection = Projection(self.names, self.lag, self.is_store, real_clock)
        self.journal, self.partitions = LabJournal(self.projection), self.projection.partitions
        self.sent.on_sent = self.partitions.add_dead_letter
        self.actions = ActionLog(self.clock, self.journal, self.systems)


class Replica:
    """The same worker that a service's process runs, with a batch of one. A crash keeps the database and the log."""

    def __init__(
        self, name: str, service: Service, database: ServiceDatabase, log: SteppingLog, context: RunContext
    ) -> None:
        self.name, self.service, self.log = name, service, log
        self.requests = context.requests if any(message.endpoint for message in service.handlers) else None
        self._database, self._context, clock = database, context, context.clock
        calls = ExternalCalls(context.systems.adapters(), 0, clock.seconds)
        self.worker = Worker(
            service, context.registry.message_types, log, database, context.journal, calls, self.requests,
            replica=name, batch=1, now=clock.now, pause=clock.forward, clock=clock.seconds,
        )  # fmt: skip
        self.done: list[str] = []
        self._before: Rows = []
        self._after: Rows = []
        self._response_sequence = 0
        if not context.outbox:  # unpublished messages do not survive a crash
            self._delete(OUTBOX, OPEN)
        self.checks_outbox = True  # at the start, and when the lease of another replica may have ended

    def next_work(self) -> Work | None:
        """What the replica would poll now, by the lab's clock."""
        if self.checks_outbox and self._has_unpublished_rows():
            return Work(0, WorkKind.OUTBOX)
        calls, timer_due = self.worker.external_calls, self.worker.sources.due_at
        now, found = self._context.clock.seconds(), list[Work]()
        if calls.has_results or (calls.due_at is not None and calls.due_at <= now):
            found.append(Work(self._response_sequence, WorkKind.RESPONSE))
        if timer_due is not None and timer_due <= now:
            found.append(Work(0, WorkKind.TIMER))
        if waiting := self.log.waiting():
            found.append(Work(waiting[0], WorkKind.RECORD, coordinates(*waiting[1])))
        if self.requests and self.requests.requests:
            found.append(Work(self.requests.requests[0].sequence, WorkKind.REQUEST))
        return min(found, default=None)

    def _has_unpublished_rows(self) -> bool:
        with self._database.read() as db:
            return has_open_rows(db)

    @property
    def allowed(self) -> list[str]:
        """The verbs that may come next: after `handle`, publish and commit in either order."""
        if not self.done:
            return [POLL]
        if self.worker.batch and not self.worker.is_handled:
            return [HANDLE]
        left = {PUBLISH: bool(self.worker.outgoing), COMMIT: bool(self.worker.batch or self.worker.uncommitted)}
        return [verb for verb, has_work in left.items() if has_work]

    @property
    def is_busy(self) -> bool:
        """Whether it is between two verbs, or has an external call without a response."""
        return bool(self.done or self.worker.external_calls.open)

    def call(self, verb: str) -> None:
        """Calls one verb of the worker."""
        {POLL: self._poll, HANDLE: self._handle, PUBLISH: self._publish, COMMIT: self.worker.commit}[verb]()
        self.done.append(verb)
        if not self.allowed:
            self.done = []

    def _poll(self) -> None:
        work = self.next_work()
        self.checks_outbox = False
        self.log.is_open = work is not None and work.kind is WorkKind.RECORD
        if self.requests:
            self.requests.is_open = work is not None and work.kind is WorkKind.REQUEST
        self.worker.poll(0.0)
        self._before, self._after = self._rows(), []

    def _handle(self) -> None:
        self.worker.handle()
        self._after = self._rows()
        if not self._context.inbox:
            self._delete(INBOX)

    def _publish(self) -> None:
        if any(row.kind is OutboxKind.EXTERNAL_CALL for row in self.worker.outgoing):
            self._response_sequence = self._context.sent.next_sequence()  # simulated systems respond at once
        self.worker.publish()

    def _delete(self, table: Any, *conditions: Any) -> None:
        with self._database.begin() as db:
            db.execute(delete(table).where(*conditions))

    def crash(self, at: datetime) -> list[Hop]:
        """Ends the replica as `kill -9` does. Returns a hop with outcome `crashed` for each message it had."""
        lost = [d.hop(self.service.name, Outcome.CRASHED, self.name, at) for d in self.worker.batch]
        self.log.abandon()
        self.worker.external_calls.close()
        return [hop for hop in lost if hop]

    def close(self) -> None:
        """Leaves the consumer group."""
        self.log.close()
        self.worker.external_calls.close()

    def _rows(self) -> Rows:
        # The rows about the polled orders; of a table that has no order id, all rows.
        ids = [delivery.id for delivery in self.worker.batch]
        found: Rows = []
        with self._database.read() as db:
            for table in self.service.tables.sorted_tables:
                key = next((table.c[name] for name in ("order_id", "id") if name in table.c), None)
                if table.name != "salt":
                    query = select(table) if key is None else select(table).where(key.in_(ids))
                    rows = db.execute(query.limit(MAX_ROWS))
                    found += [{"table": str(table.name)} | _json_cells(row._mapping) for row in rows]
        return found

    def work_in_progress(self) -> WorkInProgress:
        """The work between two verbs."""
        polled = next((self._polled(delivery) for delivery in self.worker.batch), None)
        outgoing = [self._unpublished(row) for row in self.worker.outgoing]
        return WorkInProgress(
            self.name, self.service.name, self.done, self.allowed, polled, self._before, self._after, outgoing
        )

    def _polled(self, delivery: Any) -> dict[str, Any]:
        record, message = delivery.record, delivery.message
        value = record.value if record else msgspec.json.encode(message) if message is not None else b""
        place = "HTTP, from the gateway" if delivery.request else f"{delivery.source}: the response"
        lag = None
        if record:
            place = coordinates(record.topic, record.partition, record.offset)
            lag = self._context.lag.of(self.service.name, (record.topic, record.partition))
        return {"place": place, "message": type(message).__name__, "order": delivery.id,
                "key": text(record.key) if record else None, "value": pretty(value), "lag": lag}  # fmt: skip

    def _unpublished(self, row: OutboxRow) -> dict[str, Any]:
        to, types = row.destination, self._context.registry.message_types
        if row.kind is OutboxKind.EXTERNAL_CALL:
            to = types.by_name[row.message].receiver
        return {"to": to, "message": row.message, "order": row.order_id, "value": pretty(row.payload or b"")}


def service_of(replica: str) -> str:
    """The service of a replica: stock for stock-1."""
    return replica.rpartition("-")[0]


def _json_cells(row: Any) -> dict[str, Any]:
    return {str(name): _json_cell(value) for name, value in row.items() if name != "fingerprint"}


def _json_cell(value: Any) -> str | int | None:
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, int | None) else str(value)


def pretty(value: bytes) -> str:
    """JSON with indentation; bytes that are no JSON as text."""
    try:
        return msgspec.json.format(value, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return value.decode("utf-8", "replace")
