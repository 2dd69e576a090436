"""Simulated store: carries out the decisions of a schedule one by one, and then comes to rest."""

from collections.abc import Callable
from pathlib import Path

from simulation.decisions import AMOUNTS, Action, Decision
from simulation.store.databases import HOLD, Databases, new_services
from simulation.store.replica import Replica
from simulation.store.surroundings import Surroundings

from checkout.messages import TOPICS
from checkout.messaging.log import ProducerRecord
from checkout.registry import SERVICES
from checkout.worker.claims import LEASE
from checkout.worker.outbox import has_open_rows

REPLICAS = [f"{service.name}-{number}" for number in (1, 2) for service in SERVICES]
WAITS = (0.1, 0.5, 2.0, 6.0, LEASE.total_seconds() + 1, HOLD + 1)  # seconds
ROUND, IDLE_ROUND = 0.2, 6.0  # seconds between two rounds on the way to rest; the second is longer than a claim's pause
RUBBISH = b"{"
MOST_ROUNDS = 100


class SimulatedStore:
    """Five services, each with up to two replicas, in this thread; the second ones are started by decisions."""

    def __init__(self, databases: Databases, journal: Path | None = None) -> None:
        databases.reset()
        self.around = Surroundings(new_services(), databases.by_name, journal)
        self.replicas = [Replica(name, self.around) for name in REPLICAS]
        self._producer = self.around.broker.join("producers", (), "producer-1", assign=True)
        self._actions: dict[Action, Callable[[Decision], str]] = {
            Action.TURN: self._turn, Action.VERB: self._verb, Action.ROUND: self._round, Action.WAIT: self._wait,
            Action.REWIND: self._rewind, Action.RESEND: self._resend, Action.SPOIL: self._spoil,
            Action.CRASH: self._crash, Action.CRASH_INSIDE: self._arm, Action.FAIL_INSIDE: self._arm,
            Action.START: self._start, Action.STOP: self._stop, Action.EVICT: self._evict,
            Action.PLACE: self._place, Action.CANCEL: self._cancel, Action.REPEAT: self._repeat,
            Action.READ: self._read, Action.LOSE: self._lose, Action.OUTSIDE: self._outside,
        }  # fmt: skip
        for replica in self.replicas[: len(SERVICES)]:
            replica.start()

    def carry_out(self, decision: Decision) -> None:
        """Does what a decision says; one that is not possible now does nothing."""
        if event := self._actions[decision.action](decision):
            self.around.tell(event)

    def come_to_rest(self) -> None:
        """Ends all faults, starts what is down, lets the clients ask again, and runs until nothing is left to do."""
        self._heal()
        self._run("the faults have ended")
        while not self.around.problems and self.around.clients.ask_again():
            self._run("the clients have asked again")
        self.around.clock.forward(HOLD + 10)
        if not self.around.problems:
            self._run("every reservation has ended")

    def close(self) -> None:
        """Closes the journal."""
        if self.around.journal:
            self.around.journal.close()

    def _turn(self, decision: Decision) -> str:
        return self._call(decision, Replica.turn, "all verbs")

    def _verb(self, decision: Decision) -> str:
        return self._call(decision, Replica.call, self.replicas[decision.who].next_verb)

    def _call(self, decision: Decision, method: Callable[[Replica, int | None], bool], what: str) -> str:
        replica = self.replicas[decision.who]
        if replica.worker is None:
            return ""
        return f"{replica.name}: {what}" if method(replica, decision.what - 1 if decision.what else None) else ""

    def _round(self, decision: Decision) -> str:
        choice = decision.what - 1 if decision.what else None
        worked = [replica.name for replica in self.replicas if replica.worker and replica.turn(choice)]
        return f"{', '.join(worked)}: all verbs" if worked else ""

    def _wait(self, decision: Decision) -> str:
        seconds = WAITS[decision.what % len(WAITS)]
        self.around.clock.forward(seconds)
        return f"{seconds:g} s pass"

    def _rewind(self, decision: Decision) -> str:
        replica = self.replicas[decision.who]
        if replica.worker is None:
            return ""
        lags = replica.worker.log.lag()
        partitions = sorted(p for p in replica.worker.log.assignment() if lags[p].committed)
        if not partitions:
            return ""
        partition = partitions[decision.what % len(partitions)]
        offset = max(0, lags[partition].committed - 1 - decision.what % 3)
        replica.worker.log.seek(partition, offset)
        return f"{replica.name} gets {partition[0]}[{partition[1]}] again from offset {offset}"

    def _resend(self, decision: Decision) -> str:
        records = list(self.around.broker.read(self.around.topics()))
        if not records:
            return ""
        record = records[(decision.who * AMOUNTS + decision.what) % len(records)]
        headers = [(name, value or b"") for name, value in record.headers]
        self._producer.send([ProducerRecord(record.topic, record.key, record.value, headers, record.partition)])
        return f"{record.topic}[{record.partition}]@{record.offset} is written again"

    def _spoil(self, decision: Decision) -> str:
        topic = sorted(TOPICS)[(decision.who * AMOUNTS + decision.what) % len(TOPICS)]
        self._producer.send([ProducerRecord(topic, None, RUBBISH)])
        return f"rubbish is written to {topic}"

    def _crash(self, decision: Decision) -> str:
        replica = self.replicas[decision.who]
        if replica.worker is None:
            return ""
        replica.kill()
        return f"{replica.name} is killed before {replica.next_verb}"

    def _arm(self, decision: Decision) -> str:
        self.replicas[decision.who].seams.arm(decision.what, decision.action is Action.CRASH_INSIDE)
        return ""

    def _start(self, decision: Decision) -> str:
        replica = self.replicas[decision.who]
        if replica.worker:
            return ""
        replica.start()
        return f"{replica.name} is started"

    def _stop(self, decision: Decision) -> str:
        replica = self.replicas[decision.who]
        if replica.worker is None:
            return ""
        replica.stop()
        return f"{replica.name} is stopped"

    def _evict(self, decision: Decision) -> str:
        replica = self.replicas[decision.who]
        self.around.broker.remove_member(replica.service, replica.name)
        return f"{replica.name} is removed from its group"

    def _place(self, decision: Decision) -> str:
        return f"placed: {self.around.clients.place(decision.who, self._is_open)}"

    def _cancel(self, decision: Decision) -> str:
        order = self.around.clients.cancel(decision.who, self._is_open)
        return order and f"cancelled: {order}"

    def _repeat(self, decision: Decision) -> str:
        order = self.around.clients.repeat(decision.who, decision.what % 3 == 2, self._is_open)
        return order and f"placed again: {order}"

    def _read(self, decision: Decision) -> str:
        order = self.around.clients.read(decision.who)
        return order and f"read: {order}"

    def _lose(self, decision: Decision) -> str:
        self.around.clients.lose_all()
        return ""

    def _outside(self, decision: Decision) -> str:
        systems = self.around.systems
        provider, company, mailbox = systems.payment_broker, systems.shipment_company, systems.mailbox
        faults: list[tuple[object, dict[str, object]]] = [
            (provider.switches, {"deny": "no cover", "deny_next": 1}), (provider.switches, {"fail": 1}),
            (provider.switches, {"drop_after_charging": 1}), (provider.switches, {"refuse_refunds": "too late"}),
            (company.switches, {"refuse": "too heavy"}), (company.switches, {"refuse": None}),
            (company.switches, {"fail": 2}), (company.switches, {"drop_after_booking": 1}),
            (mailbox.switches, {"fail": 3}), (mailbox.switches, {"drop_after_receiving": 1}),
        ]  # fmt: skip
        switches, values = faults[decision.who]
        for name, value in values.items():
            setattr(switches, name, value)
        return f"{type(switches).__module__.rpartition('.')[2]}: {values}"

    @property
    def _is_open(self) -> bool:
        return self.replicas[0].worker is not None

    def _heal(self) -> None:
        systems = self.around.systems
        self.around.clients.lose_all()
        for system in (systems.payment_broker, systems.shipment_company, systems.mailbox):
            system.switches = type(system.switches)()
        for number, replica in enumerate(self.replicas):
            replica.seams.disarm()
            if replica.worker is None and number < len(SERVICES):
                replica.start()
            elif replica.worker is None:  # the rows of the second replicas that are down are claimed by the others
                self.around.broker.remove_member(replica.service, replica.name)

    def _run(self, state: str) -> None:
        for _ in range(MOST_ROUNDS):
            had_work = [replica.turn(None) for replica in self.replicas if replica.worker]
            if not any(had_work) and not self._left():
                return
            self.around.clock.forward(ROUND if any(had_work) else IDLE_ROUND)
        self.around.problems.append(f"{state}, and the store has work left after {MOST_ROUNDS} rounds: {self._left()}")

    def _left(self) -> list[str]:
        left = [f"{name} has open outbox rows" for name, db in self.around.databases.items() if _has_open_rows(db)]
        for name, service in self.around.services.items():
            lags = self.around.broker.lags(name, list(service.topics()))
            left += [f"{name} lags on {p[0]}[{p[1]}]" for p, lag in lags.items() if lag.records]
        return left + ["a request waits"] * bool(self.around.clients.waiting)


def _has_open_rows(database: object) -> bool:
    with database.read() as db:  # type: ignore[attr-defined]
        return has_open_rows(db)
