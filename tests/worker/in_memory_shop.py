"""In-memory shop: the five services in this thread, on an in-memory broker and simulated external systems."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from waiting import wait_until

from checkout.domain import Product
from checkout.framework.intake import Intake
from checkout.framework.service import Service
from checkout.journal import journal
from checkout.journal.hop import Hop
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, TOPICS, Message, PlaceOrder
from checkout.messaging.log import Broker, ProducerRecord, Record
from checkout.messaging.memory_log import MemoryBroker
from checkout.registry import SERVICES
from checkout.services.stock import Stock
from checkout.simulators.in_process import SimulatedSystems
from checkout.worker import inbox, outbox
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.recovery import missing_hops
from checkout.worker.worker import Worker


class InMemoryShop:
    """One worker per service. A crash loses the memory of a worker; its database and the broker are kept."""

    def __init__(
        self, folder: Path, databases: Mapping[str, ServiceDatabase], partitions: int = 1,
        broker: Broker | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.simulators, self.intake = folder, SimulatedSystems(), Intake()
        self.broker: Any = broker or MemoryBroker()
        self.broker.create({topic: partitions for topic in TOPICS})
        self.services: dict[str, Service] = {service.name: service() for service in SERVICES}
        self.databases = databases
        for name, service in self.services.items():
            reset_database(databases[name], service)
        self.workers: dict[str, Worker] = {}
        for name in self.services:
            self.start(name)

    def start(self, name: str, **options: Any) -> Worker:
        """Starts a worker as its process does: first it writes the hops that its journal lacks after a crash."""
        service, database, replica = self.services[name], self.databases[name], f"{name}-1"
        path = self.folder / f"{replica}.jsonl"
        journal_file = Journal(path)
        journal_file.write(missing_hops(path, database, service, MESSAGE_TYPES, replica))
        log = self.broker.join(name, list(service.topics()), replica)
        intake = self.intake if PlaceOrder in service.handlers else None
        calls = ExternalCalls(self.simulators.adapters(), 0)
        parts = (service, MESSAGE_TYPES, log, database, journal_file, calls, intake, replica)
        self.workers[name] = self.new_worker(*parts, **options)
        return self.workers[name]

    def new_worker(self, *parts: Any, **options: Any) -> Worker:
        """Makes a worker: other shops may have another kind."""
        return Worker(*parts, **options)

    def crash(self, name: str, **options: Any) -> Worker:
        """Ends a worker without closing it, and starts it again with these options."""
        self.workers[name].log.abandon()
        self.workers[name].journal.close()
        return self.start(name, **options)

    def place(self, *orders: PlaceOrder) -> list[str]:
        """Submits orders as the HTTP server does, runs the Orders worker once, and returns the outcomes."""

        async def submit_all() -> list[str]:
            tasks = [asyncio.create_task(self.intake.submit(order, f"c-{order.id[-1]}", "curl")) for order in orders]
            await asyncio.sleep(0)
            run_once(self.workers["orders"])
            return list(await asyncio.gather(*tasks))

        return asyncio.run(submit_all())

    def run(self) -> None:
        """Runs all workers until none has work left. Fails after 10 s."""
        workers = self.workers.values()
        wait_until(lambda: not any([run_once(worker) for worker in workers]), "no worker has work", 10, pause=0)

    def publish(self, topic: str, *values: bytes | None, **others: Any) -> None:
        """Publishes records, as a foreign service would."""
        self.workers["orders"].log.send(
            [ProducerRecord(topic, others.get("key"), value, others.get("headers", ())) for value in values]
        )

    def records(self, topic: str) -> list[Record]:
        """The records of a topic."""
        return list(self.broker.read([topic]))

    def hops(self) -> list[Hop]:
        """The merged journals of all services."""
        return journal.read(self.folder)

    def state(self, name: str, message: Message) -> Any:
        """The stored state of a service that a message concerns."""
        with self.databases[name].begin() as db:
            return self.services[name].load(db, [message])

    def product(self, sku: int = 1) -> Product:
        """The quantities of a product in Stock."""
        with self.databases["stock"].begin() as db:
            rows = db.exec_driver_sql(f"select on_hand, reserved from products where sku = {sku}").one()
        return Product(sku, "", Stock().catalogue[sku - 1].price, *rows)

    def close(self) -> None:
        """Closes logs and journals; the databases are kept for the next shop."""
        for worker in self.workers.values():
            for part in (worker.external_calls, worker.log, worker.journal):
                part.close()


def run_once(worker: Worker) -> bool:
    """Calls the four verbs once. Returns whether the worker had work or still has."""
    polled = bool(worker.poll())
    worker.handle()
    sent = bool(worker.outgoing)
    worker.publish()
    worker.commit()
    return polled or sent or bool(worker.external_calls.open)


def reset_database(database: ServiceDatabase, service: Service) -> None:
    """Deletes all rows and seeds the tables; much faster than a new database, whose statements are compiled anew."""
    with database.begin() as db:
        for metadata in (inbox.METADATA, outbox.METADATA, service.tables):
            for table in metadata.tables:
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
def new_shop(tmp_path: Path, databases: dict[str, ServiceDatabase]) -> Iterator[Callable[..., InMemoryShop]]:
    """Makes a shop: `new_shop(partitions=1)`."""
    made: list[InMemoryShop] = []

    def make(**options: Any) -> InMemoryShop:
        made.append(InMemoryShop(tmp_path / f"journal-{len(made)}", databases, **options))
        return made[-1]

    yield make
    for shop in made:
        shop.close()


@pytest.fixture
def shop(new_shop: Callable[..., InMemoryShop]) -> InMemoryShop:
    """A shop with one partition per topic."""
    return new_shop()
