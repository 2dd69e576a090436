"""Till: a small service that breaks when it is told to, with its worker, topics and journal."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, select
from worker.in_memory_shop import empty

from checkout.framework.service import Service, Tick, every, on
from checkout.framework.sql import fetch, put
from checkout.journal import journal
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, TOPICS, Message, OrderApproved, PaymentFailed, PaymentProcessed
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.worker.database import ServiceDatabase
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.inbox import INBOX
from checkout.worker.worker import Worker

PAID = "payment.order-payment-processed"


class Till(Service):
    """Counts what was paid; breaks on the orders it is told to break on."""

    name = "till"
    tables = MetaData()
    PAID = Table("paid", tables, Column("order_id", String(36), primary_key=True), Column("times", Integer))

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.away: Exception | None = None
        self.away_in = 0  # so many more loads
        self.calls: list[str] = []
        self.ticks: list[Tick] = []

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, int]:
        self.away_in -= 1
        if self.away and self.away_in < 0:
            raise self.away
        rows = fetch(db, self.PAID, self.PAID.c.order_id, (message.id for message in messages))
        return {row.order_id: row.times for row in rows}

    def save(self, db: Connection, state: dict[str, int]) -> None:
        put(db, self.PAID, [{"order_id": id, "times": times} for id, times in state.items()])

    @on(PaymentProcessed)
    def count(self, state: dict[str, int], paid: PaymentProcessed) -> Iterator[Message]:
        self.calls.append(paid.id)
        state[paid.id] = state.get(paid.id, 0) + 1
        yield PaymentFailed(paid.id, "to be seen")
        if paid.id in self.broken:
            raise self.broken[paid.id]

    @on(OrderApproved)
    def look(self, state: dict[str, int], order: OrderApproved) -> None:
        self.calls.append(order.id)

    @every(0.05)
    def tick(self, state: dict[str, int], tick: Tick) -> None:
        self.ticks.append(tick)


class Stand:
    """The till with its worker, its topics, its database and its journal."""

    def __init__(self, folder: Path, database: ServiceDatabase) -> None:
        self.till, self.folder, self.pauses, self.heals = Till(), folder, list[float](), False
        self.broker, self.database = MemoryBroker(), database
        empty(database, self.till)
        self.broker.create({topic: 1 for topic in TOPICS})
        log = self.broker.join("till", list(self.till.topics()), "till-1")
        book = Journal(folder / "till-1.jsonl")
        self.worker = Worker(self.till, MESSAGE_TYPES, log, self.database, book, ExternalCalls({}, 0), pause=self.pause)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.heals:
            self.till.broken.clear()

    def put(self, *values: bytes | None, topic: str = PAID, **others: Any) -> None:
        key, headers = others.get("key"), others.get("headers", ())
        self.worker.log.send([ProducerRecord(topic, key, value, headers) for value in values])

    def paid(self) -> dict[str, int]:
        with self.database.begin() as db:
            return {row.order_id: row.times for row in db.execute(select(Till.PAID))}

    def dead(self, topic: str = PAID) -> list[Any]:
        return list(self.broker.read([f"{topic}.till.dlt"]))

    def outcomes(self) -> list[str]:
        told = journal.read_file(self.folder / "till-1.jsonl")
        return [hop.outcome for hop in told if hop.to == "till"]

    def inbox(self) -> int:
        with self.database.begin() as db:
            taken = select(func.count()).select_from(INBOX).where(INBOX.c.source != "tick")
            return db.execute(taken).scalar_one()

    def lag(self, topic: str = PAID) -> int:
        return self.worker.log.lag()[topic, 0].records
