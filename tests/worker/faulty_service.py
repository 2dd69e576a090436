"""Faulty service: a service that fails for chosen orders, with its worker, broker and journal."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, select
from worker.in_memory_shop import reset_database

from checkout.domain import DomainError
from checkout.framework.service import Service, Tick, every, on
from checkout.framework.sql import fetch, put
from checkout.journal import journal
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, TOPICS, Message, OrderApproved, PaymentFailed, PaymentProcessed
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.inbox import INBOX
from checkout.worker.worker import Worker

PAID = "payment.order-payment-processed"


class FaultyService(Service):
    """Counts payments by order. Handling an order in `errors` fails; `load` raises `load_error`, if it is set."""

    name = "faulty"
    tables = MetaData()
    PAID = Table("paid", tables, Column("order_id", String(36), primary_key=True), Column("times", Integer))

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.load_error: Exception | None = None
        self.loads_before_error = 0  # calls of `load` that still succeed
        self.handled: list[str] = []
        self.most_payments = 1_000
        self.reasons: dict[str, str] = {}  # by order, of the message that its handler yields
        self.ticks: list[Tick] = []

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, int]:
        self.loads_before_error -= 1
        if self.load_error and self.loads_before_error < 0:
            raise self.load_error
        rows = fetch(db, self.PAID, self.PAID.c.order_id, (message.id for message in messages))
        return {row.order_id: row.times for row in rows}

    def save(self, db: Connection, state: dict[str, int]) -> None:
        put(db, self.PAID, [{"order_id": id, "times": times} for id, times in state.items()])

    @on(PaymentProcessed)
    def count(self, state: dict[str, int], payment: PaymentProcessed) -> Iterator[Message]:
        self.handled.append(payment.id)
        state[payment.id] = state.get(payment.id, 0) + 1
        yield PaymentFailed(payment.id, self.reasons.get(payment.id, "published unless the handler fails"))
        if state[payment.id] > self.most_payments:
            raise DomainError("paid too often")
        if payment.id in self.errors:
            raise self.errors[payment.id]

    @on(OrderApproved)
    def record_approval(self, state: dict[str, int], order: OrderApproved) -> None:
        self.handled.append(order.id)

    @every(0.05)
    def tick(self, state: dict[str, int], tick: Tick) -> None:
        self.ticks.append(tick)


class FaultyServiceHarness:
    """The faulty service with its worker, broker, database and journal."""

    def __init__(self, folder: Path, database: ServiceDatabase) -> None:
        self.service, self.folder, self.pauses = FaultyService(), folder, list[float]()
        self.errors_are_temporary = False  # if set, the first pause between attempts removes all errors
        self.broker, self.database = MemoryBroker(), database
        if database.engine.dialect.name == "sqlite":
            reset_database(database, self.service)
        self.broker.create({topic: 1 for topic in TOPICS})
        log = self.broker.join("faulty", list(self.service.topics()), "faulty-1")
        journal_file = Journal(folder / "faulty-1.jsonl")
        parts = (self.service, MESSAGE_TYPES, log, self.database, journal_file, ExternalCalls({}, 0))
        self.seconds = 0.0  # a clock that a test advances: a timer would join the batch on a busy machine
        self.worker = Worker(*parts, pause=self.pause, clock=lambda: self.seconds)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.errors_are_temporary:
            self.service.errors.clear()

    def publish(self, *values: bytes | None, topic: str = PAID, **others: Any) -> None:
        key, headers = others.get("key"), others.get("headers", ())
        self.worker.log.send([ProducerRecord(topic, key, value, headers) for value in values])

    def counts(self) -> dict[str, int]:
        with self.database.begin() as db:
            return {row.order_id: row.times for row in db.execute(select(FaultyService.PAID))}

    def dead_letters(self, topic: str = PAID) -> list[Any]:
        return list(self.broker.read([f"{topic}.faulty.dlt"]))

    def outcomes(self) -> list[str]:
        hops = journal.read_file(self.folder / "faulty-1.jsonl")
        return [hop.outcome for hop in hops if hop.to == "faulty"]

    def inbox_size(self) -> int:
        with self.database.begin() as db:
            return db.execute(select(func.count()).select_from(INBOX)).scalar_one()

    def lag(self, topic: str = PAID) -> int:
        return self.worker.log.lag()[topic, 0].records
