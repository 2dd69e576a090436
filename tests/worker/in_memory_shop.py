"""Shop: the five services in this thread, around a log and outside systems in memory."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from checkout.domain import Product
from checkout.framework.intake import Intake
from checkout.framework.service import Service
from checkout.journal import journal
from checkout.journal.hop import Hop
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, TOPICS, Message, PlaceOrder
from checkout.messaging.log import ProducerRecord, Record
from checkout.messaging.memory_log import MemoryBroker
from checkout.registry import SERVICES
from checkout.services.stock import Stock
from checkout.simulators.in_process import SimulatedSystems
from checkout.worker.database import ServiceDatabase
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.recovery import missing_hops
from checkout.worker.worker import Worker

VERBS = ("poll", "handle", "publish", "commit")


class Shop:
    """Workers by service; a crash takes a worker's memory, not its database, the log, nor the outside systems."""

    def __init__(self, folder: Path, databases: Mapping[str, ServiceDatabase], partitions: int = 1) -> None:
        self.folder, self.outside, self.intake = folder, SimulatedSystems(), Intake()
        self.broker = MemoryBroker()
        self.broker.create({topic: partitions for topic in TOPICS})
        self.services: dict[str, Service] = {service.name: service() for service in SERVICES}
        self.databases = databases
        for name, service in self.services.items():
            empty(databases[name], service)
        self.workers: dict[str, Worker] = {}
        for name in self.services:
            self.start(name)

    def start(self, name: str, **options: Any) -> Worker:
        """A worker as its process makes it, recalling first what a crash kept from the journal."""
        service, database, replica = self.services[name], self.databases[name], f"{name}-1"
        path = self.folder / f"{replica}.jsonl"
        book = Journal(path)
        book.write(missing_hops(path, database, service, MESSAGE_TYPES, replica))
        log = self.broker.join(name, list(service.topics()), replica)
        intake = self.intake if PlaceOrder in service.handlers else None
        calls = ExternalCalls(self.outside.adapters(), 0)
        parts = (service, MESSAGE_TYPES, log, database, book, calls, intake, replica)
        self.workers[name] = Worker(*parts, **options)
        return self.workers[name]

    def crash(self, name: str) -> Worker:
        """The process ends without a word, and another one takes its place."""
        self.workers[name].log.abandon()
        self.workers[name].journal.close()
        return self.start(name)

    def place(self, *orders: PlaceOrder) -> list[str]:
        """Hands orders in, as HTTP does, and lets Orders take them; returns the outcomes."""

        async def placing() -> list[str]:
            tasks = [asyncio.create_task(self.intake.submit(order, f"c-{order.id[-1]}", "curl")) for order in orders]
            await asyncio.sleep(0)
            turn(self.workers["orders"])
            return list(await asyncio.gather(*tasks))

        return asyncio.run(placing())

    def run(self) -> None:
        """Turns all workers until nothing moves any more."""
        deadline = time.monotonic() + 10
        while any([turn(worker) for worker in self.workers.values()]):
            assert time.monotonic() < deadline, "the shop still moves after 10 s"

    def put(self, topic: str, *values: bytes | None, **others: Any) -> None:
        """Puts records on a topic, as somebody else's service would."""
        self.workers["orders"].log.send(
            [ProducerRecord(topic, others.get("key"), value, others.get("headers", ())) for value in values]
        )

    def records(self, topic: str) -> list[Record]:
        """What stands on a topic."""
        return list(self.broker.read([topic]))

    def hops(self) -> list[Hop]:
        """The journal of all."""
        return journal.read(self.folder)

    def state(self, name: str, message: Message) -> Any:
        """What a service keeps about a message."""
        with self.databases[name].begin() as db:
            return self.services[name].load(db, [message])

    def product(self, sku: int = 1) -> Product:
        """A product as Stock has it."""
        with self.databases["stock"].begin() as db:
            rows = db.exec_driver_sql(f"select on_hand, reserved from products where sku = {sku}").one()
        return Product(sku, "", Stock().catalogue[sku - 1].price, *rows)

    def close(self) -> None:
        """Closes every file; the databases serve the next shop."""
        for worker in self.workers.values():
            for part in (worker.external_calls, worker.log, worker.journal):
                part.close()


def turn(worker: Worker) -> bool:
    """The four verbs once; whether there was, or will be, something to do."""
    taken = bool(worker.poll())
    worker.handle()
    sent = bool(worker.outgoing)
    worker.publish()
    worker.commit()
    return taken or sent or bool(worker.external_calls.open)


def empty(database: ServiceDatabase, service: Service) -> None:
    """Makes a database as new; its statements stay compiled, which takes most of the time of a small test."""
    with database.begin() as db:
        for (table,) in db.exec_driver_sql("select name from sqlite_master where type = 'table'").all():
            db.exec_driver_sql(f"delete from {table}")
        service.seed(db)


@pytest.fixture(scope="session")
def databases() -> Iterator[dict[str, ServiceDatabase]]:
    """The databases of the five services, in memory."""
    made = {service.name: ServiceDatabase("sqlite://", service()) for service in SERVICES}
    yield made
    for database in made.values():
        database.close()


@pytest.fixture
def open_shop(tmp_path: Path, databases: dict[str, ServiceDatabase]) -> Iterator[Callable[..., Shop]]:
    """Opens a shop."""
    opened: list[Shop] = []

    def make(**options: Any) -> Shop:
        opened.append(Shop(tmp_path / f"journal-{len(opened)}", databases, **options))
        return opened[-1]

    yield make
    for shop in opened:
        shop.close()


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    """A shop with one partition per topic."""
    return open_shop()
