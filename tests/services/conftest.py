"""A service with its database in memory: messages in, messages out; and its HTTP side, with a worker beside it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from checkout.framework import http_app, http_server
from checkout.framework.intake import Intake, RouteContext
from checkout.framework.service import Service
from checkout.journal.hop import utc_now
from checkout.journal.journal import Journal
from checkout.messages import (
    MESSAGE_TYPES,
    TOPICS,
    BookParcel,
    CardCharged,
    CardDenied,
    ChargeCard,
    EmailRefused,
    EmailSent,
    Message,
    ParcelBooked,
    ParcelRefused,
    SendEmail,
)
from checkout.messaging.log import Record
from checkout.messaging.memory_log import MemoryBroker
from checkout.services.orders import Orders
from checkout.worker.database import ServiceDatabase
from checkout.worker.external_calls import ExternalCalls
from checkout.worker.worker import Worker

TOKEN = "let-me-in"
ASKED_BY = {
    CardCharged: ChargeCard, CardDenied: ChargeCard, ParcelBooked: BookParcel,
    ParcelRefused: BookParcel, EmailSent: SendEmail,
    EmailRefused: SendEmail,
}


class Bench:
    """A service on an in-memory SQLite; every `tell` is one transaction, as in a worker."""

    def __init__(self, service: Service) -> None:
        self.service, self.database = service, ServiceDatabase("sqlite://", service)

    def tell(self, *messages: Any) -> list[Message]:
        """Gives the handlers these messages in one batch; returns what they send."""
        with self.database.begin() as db:
            state = self.service.load(db, messages)
            said = [sent for message in messages for sent in self._handler(message)(self.service, state, message) or ()]
            self.service.save(db, state)
        return said

    def state(self, *messages: Any) -> Any:
        """What is stored about these messages."""
        with self.database.begin() as db:
            return self.service.load(db, messages)

    def _handler(self, message: Any) -> Any:
        asked = ASKED_BY.get(type(message))
        return self.service.replies[asked] if asked else self.service.handlers[type(message)]


@pytest.fixture
def bench() -> Iterator[Callable[[Service], Bench]]:
    """Makes a bench for a service."""
    made: list[Bench] = []

    def make(service: Service) -> Bench:
        made.append(Bench(service))
        return made[-1]

    yield make
    for bench in made:
        bench.database.close()


class Counter:
    """A service's HTTP side, really listening, and its worker in a thread, on topics in memory."""

    def __init__(self, service: Service, folder: Path, limit: int) -> None:
        self.broker = MemoryBroker()
        self.broker.create({topic: 1 for topic in TOPICS})
        self.database = ServiceDatabase(f"sqlite:///{folder / service.name}.db", service)
        log = self.broker.join(service.name, list(service.topics()), f"{service.name}-1")
        self.intake = Intake(limit)
        calls = ExternalCalls({}, 0)
        self.worker = Worker(service, MESSAGE_TYPES, log, self.database, Journal(None), calls, self.intake)
        context = RouteContext(self.intake, self.database.read, utc_now, TOKEN)
        routes = service.routes(context)
        self.application = http_app.application(service.name.capitalize(), routes, lambda: self.is_ready)
        self.is_ready = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def open(self) -> None:
        """Starts the worker."""
        self._thread.start()

    def close(self) -> None:
        """Stops the worker."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.worker.close()

    def published(self, topic: str) -> Sequence[Record]:
        """The records of a topic."""
        return list(self.broker.read([topic]))

    def _work(self) -> None:
        while not self._stopping.is_set():
            self.worker.poll(0.02)
            self.worker.handle()
            self.worker.publish()
            self.worker.commit()


@pytest.fixture(scope="module")
def open_counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[Counter, httpx.Client]]]:
    """Makes a counter for a service and a client of it; `works=False` leaves its worker asleep."""
    with ExitStack() as stack:

        def make(service: Service, works: bool = True, limit: int = 1_000) -> tuple[Counter, httpx.Client]:
            counter = Counter(service, tmp_path_factory.mktemp(service.name), limit)
            stack.callback(counter.close)
            if works:
                counter.open()
            address = stack.enter_context(http_server.serve_in_thread(counter.application))
            return counter, stack.enter_context(httpx.Client(base_url=address, timeout=5))

        yield make


@pytest.fixture(scope="module")
def open_orders(open_counter: Callable[..., Any]) -> tuple[Any, httpx.Client]:
    """Orders' counter, open for all tests of a module."""
    opened: tuple[Any, httpx.Client] = open_counter(Orders())
    return opened


@pytest.fixture
def counter(open_orders: tuple[Any, httpx.Client]) -> Any:
    """Orders behind its HTTP side."""
    return open_orders[0]


@pytest.fixture
def client(open_orders: tuple[Any, httpx.Client]) -> httpx.Client:
    """A client at Orders' counter."""
    return open_orders[1]
