"""Stage: what a lab is made of - broker, services, stores, replicas, outside systems - and who comes and goes."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from checkout.framework.message import KAFKA
from checkout.framework.service import Service
from checkout.lab.engine.clock import Clock
from checkout.lab.engine.kafka_session import Site
from checkout.lab.engine.order_names import Names
from checkout.lab.engine.replica import Door, Replica
from checkout.lab.engine.requests import NAMES, Request
from checkout.lab.engine.stepping_log import Gate, Sent
from checkout.lab.errors import LabError
from checkout.lab.history.lab_journal import Book
from checkout.lab.history.projection import SELL_OUT, Past
from checkout.messages import TOPICS, PlaceOrder
from checkout.messaging.log import ProducerRecord
from checkout.registry import SERVICES
from checkout.services.stock import PRODUCTS
from checkout.simulators.in_process import SimulatedSystems
from checkout.worker.database import ServiceDatabase

SESSION = 10.0  # seconds after which a silent member of a group loses its partitions
SETTLED_WITHIN = 30.0


class Stage:
    """One run. Every replica is a worker of the same kind as in a process; a crash leaves stores and topics."""

    def __init__(self, site: Site, clock: Clock, partitions: int, forgets: tuple[bool, bool]) -> None:
        self.site, self.clock, self._forgets = site, clock, forgets
        self.names, self.sent, self.door, self.outside = Names(), Sent(), Door(), SimulatedSystems()
        self.past = Past(self.names)
        self.book = Book(self.past)
        self.requests: list[Request] = []
        self.services: dict[str, Service] = {}
        self.databases: dict[str, ServiceDatabase] = {}
        self.replicas: dict[str, Replica] = {}
        self.crashed: list[str] = []
        self._counts: dict[str, int] = {}
        self._stranger: Gate | None = None
        self.broker = site.open(dict.fromkeys(TOPICS, partitions))
        try:
            for service in SERVICES:
                self._cast(service())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Everybody leaves; topics and groups are deleted."""
        for replica in self.replicas.values():
            replica.close()
        if self._stranger:
            self._stranger.close()
        self.replicas, self._stranger = {}, None
        for database in self.databases.values():
            database.close()
        self.site.close()

    def _cast(self, service: Service) -> None:
        name = service.name
        self.services[name], self.databases[name] = service, ServiceDatabase("sqlite://", service)
        self._counts[name] = 1
        self._start(f"{name}-1")

    def _start(self, replica: str) -> None:
        name, _, _ = replica.rpartition("-")
        service = self.services[name]
        gate = self._gate(name, replica)
        door = self.door if PlaceOrder in service.handlers else None
        self.replicas[replica] = Replica.make(
            replica, service, self.databases[name], gate, self.book, self.clock, self.outside.adapters(), door,
            self.sent.next_turn, self._forgets,
        )  # fmt: skip
        order = {name: number for number, name in enumerate(self.services)}  # among equals, the diagram's order
        self.replicas = dict(sorted(self.replicas.items(), key=lambda each: (order[each[1].service.name], each[0])))

    def _gate(self, name: str, replica: str) -> Gate:
        made: list[Gate] = []

        def join() -> None:
            log = self.broker.join(name, list(self.services[name].topics()), replica, self._counts[name] == 1)
            made.append(Gate(log, self.sent, lambda: _meet(self.of(name))))

        self.site.patiently(join)
        return made[0]

    def of(self, service: str) -> list[Replica]:
        """The living replicas of a service, or the one that is named. Raises LabError for a name nobody has."""
        if service not in self.services and service not in (*self.replicas, *self.crashed):
            raise LabError(f"there is no service {service!r}: there are {', '.join(self.services)}")
        return [each for each in self.replicas.values() if service in (each.name, each.service.name)]

    def crash(self, service: str) -> str:
        """The process of a replica ends here; returns what that means. Raises LabError if it has ended already."""
        living = self.of(service)
        if not living:
            raise LabError(f"{service} has crashed already: lab.restart({service!r}) starts it again")
        replica = next((each for each in living if each.done), living[0])
        unanswered = [d.id for d in replica.worker.batch if d.request and not d.is_settled]
        self._note(replica.service.name, "Crash", f"{replica.name} crashed")
        self.book.write(replica.crash(self.clock.now()))
        del self.replicas[replica.name]
        self.crashed.append(replica.name)
        asks = "".join(f"; nobody answers the customer of {self.names.of(id)}, who must ask again" for id in unanswered)
        return f"{replica.name} is gone, with all it had in memory{asks}"

    def restart(self, service: str) -> str:
        """A crashed replica starts again, from its database and its group's offset. Raises LabError."""
        self.of(service)
        gone = [name for name in self.crashed if service in (name, name.rpartition("-")[0])]
        if not gone:
            raise LabError(f"{service} runs: there is nothing to restart")
        self._note(gone[0].rpartition("-")[0], "Restart", f"{gone[0]} starts again")
        self._start(gone[0])
        self.crashed.remove(gone[0])
        self._settle(gone[0].rpartition("-")[0])
        return gone[0]

    def scale(self, service: str, count: int) -> None:
        """So many replicas share the service's partitions, as members of its group; a single one needs no group."""
        if not 1 <= count <= 8:
            raise LabError(f"{service} can have 1 to 8 replicas, not {count}")
        self._clear(service)
        self._counts[service] = count
        for number in range(1, count + 1):
            self._start(f"{service}-{number}")
            self._settle(service)
        self._note(service, "Scale", f"{service} has {count} replica{'s' * (count > 1)} now")

    def replace(self, service: str, kind: type[Service]) -> None:
        """Another service takes the place, the group and the offsets of one; it has a database of its own."""
        if kind.name != service:
            raise LabError(f"{kind.__name__} calls itself {kind.name!r}: it cannot take the place of {service!r}")
        self._clear(service)
        self.databases[service].close()
        self._cast(kind())
        self._note(service, "Replace", f"{kind.__name__} does the work of {service} now")

    def listen(self, kind: type[Service], from_now: bool) -> None:
        """One more service, with a group of its own, from the beginning of its topics or from now."""
        if kind.name in self.services:
            raise LabError(f"there is a {kind.name} already: lab.replace({kind.name!r}, {kind.__name__}) swaps it")
        self._cast(kind())
        if from_now:
            ends = self.broker.ends(list(kind.topics()))
            for partition, end in ends.items():
                self.rewind(kind.name, partition[0], partition[1], end)
        self._note(kind.name, "Listen", f"{kind.__name__} listens, from {'now' if from_now else 'the beginning'}")

    def rewind(self, service: str, topic: str, partition: int, offset: int) -> None:
        """The group goes to another offset, so that it gets those records again. Raises LabError."""
        owner = next((each for each in self.of(service) if (topic, partition) in each.gate.assignment()), None)
        if owner is None:
            raise LabError(f"no living replica of {service} reads {topic}[{partition}]")
        if not 0 <= offset <= self.broker.ends([topic])[topic, partition]:
            raise LabError(f"{topic}[{partition}] has no offset {offset}")
        self._check_hands(owner.service.name)
        owner.gate.commit({(topic, partition): offset})
        owner.gate.seek((topic, partition), offset)

    def send(self, topic: str, value: str, key: str | None) -> None:
        """A stranger publishes a record. Raises LabError for a topic that nobody has."""
        if topic not in TOPICS:
            raise LabError(f"there is no topic {topic!r}: lab.topics names them")
        self._stranger = self._stranger or Gate(self.broker.join("stranger", [topic], "stranger-1", True), self.sent)
        place = self._stranger.send([ProducerRecord(topic, key.encode() if key else None, value.encode())])[0]
        self._note(KAFKA, "Send", f"a stranger publishes on {topic}[{place.partition}]@{place.offset}")

    def wait(self, seconds: float) -> None:
        """Time passes; members that have been silent for a session lose their partitions."""
        self.clock.forward(seconds)
        if seconds >= SESSION:
            for name in self.crashed:
                service = name.rpartition("-")[0]
                if self._counts[service] > 1:
                    self.broker.remove_member(service, name)
                    self._settle(service)
                    for replica in self.of(service):
                        replica.looks_into_outbox = True

    def sell_out(self, product: int) -> None:
        """Nothing of a product can be promised any more."""
        if product not in NAMES:
            raise LabError(f"there is no product {product}")
        with self.databases["stock"].begin() as db:
            db.execute(update(PRODUCTS).where(PRODUCTS.c.sku == product).values(on_hand=PRODUCTS.c.reserved))
        self._note("stock", SELL_OUT, f"{NAMES[product]} is sold out now", {"sku": product})

    def deny_next_payment(self, reason: str) -> None:
        """The payment broker denies the next new payment."""
        switches = self.outside.payment_broker.switches
        switches.deny, switches.deny_next = reason, 1
        self._note("payment_broker", "DenyNext", f"the payment broker will deny the next payment: {reason}")

    def _note(self, to: str, what: str, doing: str, payload: Any = None) -> None:
        self.book.note(to, what, doing, self.clock.now(), payload)

    def _check_hands(self, service: str) -> None:
        if busy := next((each.name for each in self.of(service) if each.done or each.worker.external_calls.open), ""):
            raise LabError(f"{busy} is in the middle of something: lab.run() first, or lab.step() until it is done")

    def _clear(self, service: str) -> None:
        self._check_hands(service)
        for name in [name for name in self.crashed if name.rpartition("-")[0] == service]:
            if self._counts[service] > 1:
                self.broker.remove_member(service, name)
            self.crashed.remove(name)
        for replica in self.of(service):
            replica.close()
            del self.replicas[replica.name]

    def _settle(self, service: str) -> None:
        if self._counts[service] == 1:
            return
        wanted = set(self.broker.ends(list(self.services[service].topics())))
        _until(lambda: _is_shared(self.of(service), wanted), f"the replicas of {service} to share its partitions")


def _meet(replicas: list[Replica]) -> None:
    for replica in replicas:
        replica.gate.settle(0.05)


def _is_shared(replicas: list[Replica], wanted: set[Any]) -> bool:
    _meet(replicas)
    shares = [replica.gate.assignment() for replica in replicas]
    sizes = sorted(map(len, shares))
    return set().union(*shares) == wanted and sum(sizes) == len(wanted) and sizes[-1] - sizes[0] <= 1


def _until(is_done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SETTLED_WITHIN
    while not is_done():
        if time.monotonic() > deadline:
            raise LabError(f"waited {SETTLED_WITHIN:.0f} s for {what}: lab.reset() begins anew")
