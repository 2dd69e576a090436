"""Surroundings: what the replicas of one simulated store share."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from simulation.store.clients import Clients

from checkout.framework.service import Service
from checkout.journal.hop import Hop
from checkout.journal.journal import Journal
from checkout.lab.engine.clock import START, Clock
from checkout.messages import MESSAGE_TYPES, TOPICS
from checkout.messaging.memory_log import MemoryBroker
from checkout.simulators.in_process import SimulatedSystems
from checkout.simulators.mailbox import Mailbox
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import OutboxRow
from checkout.worker.recovery import missing_hops

PARTITIONS = 2


class Surroundings:
    """Clock, broker, databases, external systems, clients and journal. Without `journal` no hop is written."""

    def __init__(
        self, services: Mapping[str, Service], databases: Mapping[str, ServiceDatabase], journal: Path | None
    ) -> None:
        self.services, self.databases = services, databases
        self.clock, self.systems = Clock(), SimulatedSystems()
        self.systems.mailbox = Mailbox(self.clock.now)
        self.broker = MemoryBroker(lambda: START.timestamp() + self.clock.seconds())
        self.broker.create({topic: PARTITIONS for topic in TOPICS})
        self.clients = Clients(databases["orders"], self.clock.now, lambda hop: self.write([hop]))
        self.journal, self._path = Journal(journal) if journal else None, journal
        self.problems: list[str] = []
        self.told: list[str] = []
        self.counts: Counter[str] = Counter()
        self._stored: dict[tuple[str, str], float] = {}

    def age(self, row: OutboxRow) -> float:
        """Seconds since the row of a call was first seen, by the clock of the schedule."""
        now = self.clock.seconds()
        return now - self._stored.setdefault(row.identity, now)

    def recover(self, service: Service, replica: str) -> None:
        """Writes the hops that a crash kept from the journal, as a process does when it starts."""
        if self._path:
            database = self.databases[service.name]
            self.write(missing_hops(self._path, database, service, MESSAGE_TYPES, replica))

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends hops to the journal."""
        if self.journal:
            self.journal.write(hops)

    def tell(self, event: str) -> None:
        """Adds an event to the story of the schedule."""
        self.told.append(event)

    def topics(self) -> Sequence[str]:
        """All topics of the broker."""
        return list(self.broker.topics())
