"""Service harness: runs the handlers of one service, or its HTTP server, without Kafka."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checkout.framework import http_app
from checkout.framework.intake import Intake, RouteContext
from checkout.framework.service import Service, Tick
from checkout.journal.hop import utc_now
from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, TOPICS, BookParcel, ChargeCard, Message, RefundCard, SendEmail
from checkout.messaging.log import Record
from checkout.messaging.memory_log import MemoryBroker
from checkout.replies import (
    CardCharged,
    CardDenied,
    CardRefunded,
    ChargeUnclear,
    EmailRefused,
    EmailSent,
    ParcelBooked,
    ParcelRefused,
    RefundRefused,
)
from checkout.worker.calls.external_calls import Adapter, ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.worker import Worker

OPERATOR_TOKEN = "let-me-in"
CALL_OF_REPLY = {
    CardCharged: ChargeCard, CardDenied: ChargeCard, ParcelBooked: BookParcel,
    ParcelRefused: BookParcel, EmailSent: SendEmail, ChargeUnclear: ChargeCard, CardRefunded: RefundCard,
    EmailRefused: SendEmail, RefundRefused: RefundCard,
}


class ServiceHarness:
    """The handlers of a service on an in-memory SQLite database."""

    def __init__(self, service: Service) -> None:
        self.service, self.database = service, ServiceDatabase("sqlite://", service)

    def handle(self, *messages: Any) -> list[Message]:
        """Handles these messages as one batch, in one transaction, and returns the messages that the handlers send."""
        with self.database.begin() as db:
            state = self.service.load(db, messages)
            sent = [sent for message in messages for sent in self._handler(message)(self.service, state, message) or ()]
            self.service.save(db, state)
        return sent

    def state(self, *messages: Any) -> Any:
        """The stored state that these messages concern."""
        with self.database.begin() as db:
            return self.service.load(db, messages)

    def _handler(self, message: Any) -> Any:
        if isinstance(message, Tick):
            ((_, handler),) = self.service.timers.values()
            return handler
        call = CALL_OF_REPLY.get(type(message))
        return self.service.replies[call] if call else self.service.handlers[type(message)]


def new_broker() -> MemoryBroker:
    """A broker with the topics of the store."""
    broker = MemoryBroker()
    broker.create({topic: 1 for topic in TOPICS})
    return broker


class ServiceServer:
    """The HTTP application of a service, and its worker in a thread, on an in-memory broker."""

    def __init__(
        self, service: Service, folder: Path, limit: int, broker: MemoryBroker | None = None,
        adapters: Mapping[str, Adapter] | None = None,
    ) -> None:  # fmt: skip
        self.broker = broker or new_broker()
        self.database = ServiceDatabase(f"sqlite:///{folder / service.name}.db", service)
        log = self.broker.join(service.name, list(service.topics()), f"{service.name}-1")
        self.intake = Intake(limit)
        calls = ExternalCalls(adapters or {}, 0)
        self.worker = Worker(service, MESSAGE_TYPES, log, self.database, Journal(None), calls, self.intake)
        context = RouteContext(self.intake, self.database.read, utc_now, OPERATOR_TOKEN)
        routes = service.routes(context)
        self.application = http_app.application(service.name.capitalize(), routes, lambda: True)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run_worker, daemon=True)

    def start_worker(self) -> None:
        """Starts the worker's thread."""
        self._thread.start()

    def close(self) -> None:
        """Stops the worker and closes its parts."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.worker.close()

    def published(self, topic: str) -> Sequence[Record]:
        """The records of a topic."""
        return list(self.broker.read([topic]))

    def _run_worker(self) -> None:
        while not self._stopping.is_set():
            self.worker.poll(0.02)
            self.worker.handle()
            self.worker.publish()
            self.worker.commit()


def handle_one_by_one(harness: Any, *messages: Message) -> list[Message]:
    """Handles messages in batches of one, and returns what the last one sends."""
    return [harness.handle(message) for message in messages][-1]
