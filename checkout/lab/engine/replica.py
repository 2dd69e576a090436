"""Replica: one service's worker in the lab: its verbs one by one, and what it has in hand between them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import delete, select

from checkout.framework.intake import Intake, PendingRequest
from checkout.framework.service import Service
from checkout.journal.hop import Hop, Outcome
from checkout.lab.engine.clock import Clock
from checkout.lab.engine.stepping_log import Gate
from checkout.messages import BY_NAME, MESSAGE_TYPES
from checkout.worker.database import ServiceDatabase
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.inbox import INBOX
from checkout.worker.outbox import OPEN, OUTBOX, OutboxKind, OutboxRow, has_open_rows
from checkout.worker.worker import Worker

POLL, HANDLE, PUBLISH, COMMIT = VERBS = ("poll", "handle", "publish", "commit")
Rows = list[dict[str, Any]]


class Task(NamedTuple):
    """Something a replica can begin with: whose turn it is, and what it is."""

    turn: int
    what: str  # record, request, answer, outbox, timer
    place: str = ""


class Hand(msgspec.Struct):
    """A replica between its verbs: what it has in hand, its tables before and after, what is about to go."""

    replica: str
    service: str
    done: list[str]
    allowed: list[str]
    record: dict[str, Any] | None
    before: Rows
    after: Rows
    outgoing: Rows


class Door(Intake):
    """Orders' intake in the lab: requests come in only when it is their turn."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Any] = []
        self.is_open = False

    def take(self, limit: int) -> list[PendingRequest]:
        """The request whose turn it is."""
        return [self.requests.pop(0)] if self.is_open and self.requests else []


class Replica:
    """A worker with a batch of one. A crash takes it, and leaves the store and the log."""

    def __init__(
        self, name: str, service: Service, database: ServiceDatabase, gate: Gate, worker: Worker, door: Door | None,
        next_turn: Callable[[], int], forgets: tuple[bool, bool] = (False, False),
    ) -> None:  # fmt: skip
        self.name, self.service, self.database, self.gate = name, service, database, gate
        self.worker, self.door = worker, door
        self.done: list[str] = []
        self.before: Rows = []
        self.after: Rows = []
        self._next_turn, self._answered = next_turn, 0
        self._forgets_inbox, self._forgets_outbox = forgets
        if self._forgets_outbox:  # what is written nowhere is not there after a crash
            with database.begin() as db:
                db.execute(delete(OUTBOX).where(OPEN))
        self.looks_into_outbox = True  # at its start, and when another replica's lease may have ended

    @classmethod
    def make(
        cls, name: str, service: Service, database: ServiceDatabase, gate: Gate, journal: Any, clock: Clock, lines: Any,
        door: Door | None, next_turn: Callable[[], int], forgets: tuple[bool, bool],
    ) -> "Replica":  # fmt: skip
        """A replica around the very worker that a service's process runs."""
        external_calls = ExternalCalls(lines, 0, clock.seconds)
        worker = Worker(
            service,
            MESSAGE_TYPES,
            gate,
            database,
            journal,
            external_calls,
            door,
            name,
            1,
            clock.now,
            clock.forward,
            clock.seconds,
        )
        return cls(name, service, database, gate, worker, door, next_turn, forgets)

    def task(self, now: float) -> Task | None:
        """What it would begin with; the one that has waited longest."""
        if self.looks_into_outbox and self._has_open_rows():
            return Task(0, "outbox")
        external_calls, due = self.worker.external_calls, self.worker.sources.due_at
        tasks = [Task(self._answered, "answer")] if external_calls.has_results else []
        if external_calls.due_at is not None and external_calls.due_at <= now:
            tasks.append(Task(self._answered, "answer"))
        if due is not None and due <= now:
            tasks.append(Task(0, "timer"))
        if waiting := self.gate.waiting():
            topic, partition, offset = waiting[1]
            tasks.append(Task(waiting[0], "record", f"{topic}[{partition}]@{offset}"))
        if self.door and self.door.requests:
            tasks.append(Task(self.door.requests[0].turn, "request"))
        return min(tasks, default=None)

    def _has_open_rows(self) -> bool:
        with self.database.read() as db:
            return has_open_rows(db)

    def due(self) -> float | None:
        """When, on the lab's clock, it will have something to do by itself: a call to repeat, a timer."""
        moments = [self.worker.external_calls.due_at, self.worker.sources.due_at]
        return min((at for at in moments if at is not None), default=None)

    @property
    def allowed(self) -> list[str]:
        """The verbs that may come next: after handle, publish and commit in either order."""
        if not self.done:
            return [POLL]
        if self.worker.batch and not self.worker.is_handled:
            return [HANDLE]
        left = {PUBLISH: bool(self.worker.outgoing), COMMIT: bool(self.worker.batch or self.worker.uncommitted)}
        return [verb for verb, has_work in left.items() if has_work]

    def call(self, verb: str, now: float) -> None:
        """One verb of the worker."""
        if verb == POLL:
            self._poll(now)
        elif verb == HANDLE:
            self.worker.handle()
            self.after = self.rows()
            self._forget()
        elif verb == PUBLISH:
            if any(row.kind is OutboxKind.EXTERNAL_CALL for row in self.worker.outgoing):
                self._answered = self._next_turn()  # whoever is called answers at once
            self.worker.publish()
        else:
            self.worker.commit()
        self.done.append(verb)
        if not self.allowed:
            self.done = []

    def _poll(self, now: float) -> None:
        task = self.task(now)
        self.looks_into_outbox = False
        self.gate.is_open = task is not None and task.what == "record"
        if self.door:
            self.door.is_open = task is not None and task.what == "request"
        self.worker.poll(0.0)
        self.before, self.after = self.rows(), []

    def _forget(self) -> None:
        if self._forgets_inbox:
            with self.database.begin() as db:
                db.execute(delete(INBOX))

    def crash(self, at: datetime) -> list[Hop]:
        """The process ends here: what it had in hand is told as crashed, its memory is gone."""
        lost = [d.hop(self.service.name, Outcome.CRASHED, self.name, at) for d in self.worker.batch]
        self.gate.abandon()
        self.worker.external_calls.close()
        return [hop for hop in lost if hop]

    def close(self) -> None:
        """Leaves its group."""
        self.gate.close()
        self.worker.external_calls.close()

    def rows(self) -> Rows:
        """The service's own tables about what is in hand; a table that knows no orders, whole."""
        ids = [delivery.id for delivery in self.worker.batch]
        found: Rows = []
        with self.database.read() as db:
            for table in self.service.tables.sorted_tables:
                key = next((table.c[name] for name in ("order_id", "id") if name in table.c), None)
                if table.name != "salt":
                    query = select(table) if key is None else select(table).where(key.in_(ids))
                    found += [{"table": str(table.name)} | _plain(row._mapping) for row in db.execute(query.limit(20))]
        return found

    def hand(self) -> Hand | None:
        """What it holds, while it is between its verbs."""
        if not self.done:
            return None
        record = next((_in_hand(delivery) for delivery in self.worker.batch), None)
        going = [_going(row) for row in self.worker.outgoing]
        return Hand(self.name, self.service.name, self.done, self.allowed, record, self.before, self.after, going)


def _plain(row: Any) -> dict[str, Any]:
    return {str(name): _cell(value) for name, value in row.items() if name != "fingerprint"}


def _cell(value: Any) -> str | int | None:
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, int | None) else str(value)


def _in_hand(delivery: Any) -> dict[str, Any]:
    record, message = delivery.record, delivery.message
    value = record.value if record else msgspec.json.encode(message) if message is not None else b""
    place = f"{record.topic}[{record.partition}]@{record.offset}" if record else f"{delivery.source}: the answer"
    if delivery.request:
        place = "HTTP, from the gateway"
    key = record.key.decode("utf-8", "replace") if record and record.key else None
    return {"place": place, "message": type(message).__name__, "order": delivery.id, "key": key, "value": pretty(value)}


def _going(row: OutboxRow) -> dict[str, Any]:
    to = row.destination if row.kind is not OutboxKind.EXTERNAL_CALL else BY_NAME[row.message].receiver
    return {"to": to, "message": row.message, "order": row.order_id, "value": pretty(row.payload or b"")}


def pretty(value: bytes) -> str:
    """JSON over several lines; what is none, as text."""
    try:
        return msgspec.json.format(value, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return value.decode("utf-8", "replace")
