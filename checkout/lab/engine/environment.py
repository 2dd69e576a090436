"""Environment: the services, replicas, databases, topics and external systems of one run of a lab."""

from copy import deepcopy
from functools import partial
from typing import Any

from checkout.framework.service import Service
from checkout.journal.hop import Hop
from checkout.lab.engine.rebalance import await_owners, await_rebalance, rebalance
from checkout.lab.engine.replica import Replica, RunContext, service_of
from checkout.lab.engine.requests import PlacedRequest, Request
from checkout.lab.engine.stepping_log import SteppingLog
from checkout.lab.errors import LabError
from checkout.lab.history.sentences import LAB
from checkout.lab.partitions.broker_watch import BrokerWatch
from checkout.lab.partitions.partition_state import MemberState
from checkout.lab.programs.program import Programs
from checkout.lab.sessions.session import Session
from checkout.registry import Registry
from checkout.worker.database import ServiceDatabase

SESSION_TIMEOUT = 10.0  # seconds after which a silent member of a group loses its partitions
MAX_REPLICAS = 8


class Environment(RunContext):
    """One run of a lab, from empty topics on. A crash of a replica keeps its database and the topics."""

    def __init__(
        self, session: Session, real_clock: bool, partitions: int, inbox: bool, outbox: bool, registry: Registry
    ) -> None:
        super().__init__(registry, real_clock, inbox, outbox)
        if partitions < 1:
            raise LabError(f"a topic cannot have {partitions} partitions: choose 1 or more")
        self.session, self.programs = session, Programs()
        self.placed: list[PlacedRequest] = []
        self.services: dict[str, Service] = {}
        self.databases: dict[str, ServiceDatabase] = {}
        self.replicas: dict[str, Replica] = {}
        self.crashed: list[str] = []
        self._replica_counts: dict[str, int] = {}
        self.external_producer: SteppingLog | None = None
        topics = dict.fromkeys(registry.topics, partitions)
        self.broker, self.watch = session.open(topics, self._close), BrokerWatch(session, self.partitions)
        try:
            self.partitions.add_topics(topics)
            for service in registry.services:
                self.add_service(service())
            self.watch.look()
            self.partitions.set_ready()
        except BaseException:
            session.close()
            raise

    def _close(self) -> None:
        self.programs.close()
        for replica in self.replicas.values():
            replica.close()
        if self.external_producer:
            self.external_producer.close()
        self.replicas, self.external_producer = {}, None
        for database in self.databases.values():
            database.close()

    def add_service(self, service: Service, database: ServiceDatabase | None = None) -> None:
        """Starts a service with one replica and a new database, or with the given one."""
        name = service.name  # the other replicas, and a restarted one, begin with a copy of what it is now
        self.services[name], self.databases[name] = deepcopy(service), database or ServiceDatabase("sqlite://", service)
        self._replica_counts[name] = 1
        self.lag.subscribe(name, service.topics())
        self.partitions.subscribe(name, service.topics(), assigns_itself=True)
        self._start(f"{name}-1", service)

    def _start(self, replica: str, service: Service | None = None) -> None:
        name = service_of(replica)
        self.partitions.set_member(name, replica, MemberState.RUNNING)
        log = self.session.retry_during_failover(lambda: self._join(name, replica))
        service = service or deepcopy(self.services[name])  # what an instance keeps in memory, a crash loses
        self.replicas[replica] = Replica(replica, service, self.databases[name], log, self)
        order = {name: number for number, name in enumerate(self.services)}  # among equals, the diagram's order
        self.replicas = dict(sorted(self.replicas.items(), key=lambda each: (order[each[1].service.name], each[0])))

    def _join(self, service: str, replica: str) -> SteppingLog:
        is_single = self._replica_counts[service] == 1  # a single replica assigns itself all partitions
        log = self.broker.join(service, list(self.services[service].topics()), replica, is_single)
        on_commit = partial(self.projection.commit, service)
        on_position = partial(self.partitions.move, service, replica)
        return SteppingLog(log, self.sent, on_commit, lambda: rebalance(self.of(service)), on_position)

    def of(self, service: str) -> list[Replica]:
        """The running replicas of a service, or the replica of that name. Raises LabError for an unknown name."""
        if service not in self.services and service not in (*self.replicas, *self.crashed):
            raise LabError(f"there is no service {service!r}: there are {', '.join(self.services)}")
        return [each for each in self.replicas.values() if service in (each.name, each.service.name)]

    def crash(self, service: str) -> str:
        """Crashes a replica: its memory is lost, its database and the topics stay.

        `service`: a service, whose busy or first replica crashes, or a replica (`stock-2`).
        Returns the effect as a sentence. Raises LabError if it is unknown or has crashed already.
        """
        self.programs.check_replaced(service)
        running = self.of(service)
        if not running:
            raise LabError(f"{service} has crashed already: lab.restart({service!r}) starts it again")
        replica = next((each for each in running if each.done), running[0])
        self.partitions.set_member(replica.service.name, replica.name, MemberState.CRASHED)
        self.note(replica.service.name, "Crash", f"{replica.name} crashed", replica=replica.name)
        self.journal.write(replica.crash(self.clock.now()))
        del self.replicas[replica.name]
        self.crashed.append(replica.name)
        orders = [self.names.of(each.id) for each in replica.worker.batch if each.request and not each.is_settled]
        retries = "".join(f"; the request for {order} gets no response: the customer has to retry" for order in orders)
        return f"{replica.name} has crashed and lost everything in its memory{retries}"

    def restart(self, service: str) -> str:
        """Restarts a crashed replica with its database, at its group's committed offsets.

        Returns a sentence. Raises LabError if none has crashed.
        """
        self.of(service)
        name = next((name for name in self.crashed if service in (name, service_of(name))), "")
        if not name:
            raise LabError(f"{service} runs: there is nothing to restart")
        self._start(name)
        self.crashed.remove(name)
        self._await_rebalance(service_of(name))
        self.note(service_of(name), "Restart", f"{name} starts again", replica=name)
        return f"{name} runs again"

    def scale(self, service: str, replicas: int) -> None:
        """Sets the number of replicas of a service, 1 to 8: members of one group, which share its partitions.

        Raises LabError for another number, or if a replica has work in progress.
        """
        if not 1 <= replicas <= MAX_REPLICAS:
            raise LabError(f"{service} can have 1 to {MAX_REPLICAS} replicas, not {replicas}")
        self.programs.check_replaced(service)
        self.remove_replicas(service)
        self._replica_counts[service] = replicas
        self.partitions.subscribe(service, self.services[service].topics(), assigns_itself=replicas == 1)
        for number in range(1, replicas + 1):
            self._start(f"{service}-{number}")
            self._await_rebalance(service)
        self.note(service, "Scale", f"{service} has {replicas} replica{'s' * (replicas > 1)} now")

    def listen(self, kind: type[Service], from_now: bool = False) -> None:
        """Adds a service, which reads its topics from the beginning, or from the end with `from_now`.

        Raises LabError if there is a service of that name.
        """
        if kind.name in self.services:
            raise LabError(f"there is a {kind.name} already: lab.replace({kind.name!r}, {kind.__name__}) replaces it")
        self.add_service(kind())
        if from_now:
            for (topic, partition), end in self.broker.ends(list(kind.topics())).items():
                self.rewind(kind.name, topic, end, partition)
        start = "the end" if from_now else "the beginning"
        self.note(kind.name, "Listen", f"{kind.__name__} subscribes, from {start} of its topics")

    def rewind(self, service: str, topic: str, offset: int = 0, partition: int = 0) -> None:
        """Resets the committed offset of a service's group, back or forth.

        Raises LabError for a partition it does not read, an offset beyond the end, or work in progress.
        """
        owner = next((each for each in self.of(service) if (topic, partition) in each.log.assignment()), None)
        if owner is None:
            raise LabError(f"no running replica of {service} reads {topic}[{partition}]")
        if not 0 <= offset <= self.broker.ends([topic])[topic, partition]:
            raise LabError(f"{topic}[{partition}] has no offset {offset}")
        self._check_idle(owner.service.name)
        owner.log.commit({(topic, partition): offset})
        owner.log.seek((topic, partition), offset)

    def place(self, message: Request, body: bytes) -> None:
        """Queues a request at the web app."""
        self.placed.append(PlacedRequest(message, body, self.sent.next_sequence(), partial(self._refuse, message)))

    def _refuse(self, message: Request, error: Exception) -> None:
        self.note("orders", "Refused", f"Orders refuses {type(message).__name__}: {self.names.text(str(error))}")

    def wait(self, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Moves the lab's clock without waiting: timers and retries become due.

        From 10 seconds on, the session timeout, crashed members of a group lose their partitions: an administration
        client removes them, since Kafka does not see the lab's clock.
        """
        seconds += 60 * minutes + 3600 * hours
        self.clock.forward(seconds)
        silent = self.crashed if seconds >= SESSION_TIMEOUT else []
        for name in silent:
            if self._replica_counts[service_of(name)] > 1:
                self._evict(service_of(name), name)

    def _evict(self, service: str, member: str) -> None:
        self.broker.remove_member(service, member)
        is_new = self.partitions.set_member(service, member, MemberState.EVICTED)
        self._await_rebalance(service)
        for replica in self.of(service):
            replica.checks_outbox = True
        if is_new:
            action = f"session timeout of {member} ({SESSION_TIMEOUT:.0f} s): its partitions are reassigned"
            self.note(service, "Evict", action, replica=member)

    def check_is_store(self, action: str, remedy: str) -> None:
        """Raises LabError when the lab runs another system than the store."""
        if not self.is_store:
            raise LabError(f"{action} needs the store, and this lab runs another system: {remedy}")

    def system(self, name: str) -> Any:
        """An external system of the store, such as `mailbox`. Raises LabError where the lab runs another system."""
        self.check_is_store(name, "Lab() has it")
        return getattr(self.systems, name)

    def note(self, to: str, name: str, action: str, **fields: Any) -> None:
        """Writes an action of the learner to the journal: a hop without an order, and no arrow of a diagram.

        `to`: the element it concerns. `name`: the kind of action. `action`: a sentence for display.
        """
        self.journal.write([Hop(sender=LAB, to=to, message=name, technology=action, at=self.clock.now(), **fields)])

    def _check_idle(self, service: str) -> None:
        if busy := next((each.name for each in self.of(service) if each.is_busy), ""):
            raise LabError(f"{busy} has work in progress: lab.run() first, or lab.step() until it is done")

    def remove_replicas(self, service: str) -> None:
        """Ends the replicas of a service. Raises LabError if one has work in progress."""
        self._check_idle(service)
        for name in [name for name in self.crashed if service_of(name) == service]:
            if self._replica_counts[service] > 1:
                self.broker.remove_member(service, name)
            self.crashed.remove(name)
            self.partitions.set_member(service, name, None)
        for replica in self.of(service):
            replica.close()
            self.partitions.set_member(service, replica.name, None)
            del self.replicas[replica.name]

    def _await_rebalance(self, service: str) -> None:
        if self._replica_counts[service] > 1 and self.of(service):
            await_rebalance(self.of(service), self._partitions(service))

    def await_owners(self) -> bool:
        """Waits where a group with several live members is in a rebalance; returns whether there was one."""
        running = set(map(service_of, self.replicas))  # a program has taken the place of the others
        names = {name for name in running if self._replica_counts[name] > 1} - set(map(service_of, self.crashed))
        return await_owners({name: self.of(name) for name in names}, self._partitions)

    def _partitions(self, service: str) -> set[tuple[str, int]]:
        return set(self.broker.ends(list(self.services[service].topics())))
