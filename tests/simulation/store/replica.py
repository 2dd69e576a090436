"""Replica: one replica of a service in a simulated store, which can be killed between and inside its verbs."""

from collections.abc import Callable

from simulation.store.seams import Crashed, SeamedDatabase, SeamedJournal, SeamedLog, Seams, seamed
from simulation.store.surroundings import Surroundings

from checkout.journal.hop import Outcome
from checkout.messages import MESSAGE_TYPES
from checkout.messaging.log import LogUnavailable
from checkout.processes.service_process import finish_calls
from checkout.processes.worker_loop import UNAVAILABLE
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.worker import Worker

COMMIT_INTERVAL = 0.02  # seconds: about twenty looks at the clock
VERBS = ("poll", "handle", "publish", "commit")


class Replica:
    """The worker that a service's process runs, called as its loop calls it. `worker` is None while it is down."""

    def __init__(self, name: str, surroundings: Surroundings) -> None:
        self.name, self.service = name, name.rpartition("-")[0]
        self.seams, self.worker = Seams(surroundings.counts), None
        self._in, self._log = surroundings, None
        self._next_verb, self._is_reachable = 0, True

    def start(self) -> None:
        """Starts the process; it may be killed meanwhile."""
        parts = self._in
        service, database = parts.services[self.service], parts.databases[self.service]
        self._log = SeamedLog(parts.broker.join(self.service, list(service.topics()), self.name), self.seams)
        adapters, clock = seamed(parts.systems.adapters(), self.seams), parts.clock
        calls = ExternalCalls(adapters, 0, clock.seconds, age=parts.age)
        parts.recover(service, self.name)
        self.worker = Worker(
            service, MESSAGE_TYPES, self._log, SeamedDatabase(database, self.seams),
            SeamedJournal(parts.journal, self.seams), calls, parts.clients if self.has_clients else None, self.name,
            commit_interval=COMMIT_INTERVAL, now=clock.now, pause=clock.forward, clock=clock.seconds,
        )  # fmt: skip
        self._next_verb = 0

    @property
    def has_clients(self) -> bool:
        """Whether it takes the requests of clients."""
        return self.name == "orders-1"

    @property
    def next_verb(self) -> str:
        """The verb that comes next."""
        return VERBS[self._next_verb]

    def call(self, choice: int | None) -> bool:
        """Calls the next verb; returns whether there was anything to do. `choice`: see SeamedLog.choose."""
        assert self.worker and self._log
        verb, worker = self.next_verb, self.worker
        self._next_verb = (self._next_verb + 1) % len(VERBS)
        if verb == "poll":
            self._is_reachable = True
            self._log.choose(choice)
        had_work = self._has_work()
        self._guard(self._commit if verb == "commit" else getattr(worker, verb))
        if verb == "handle":
            self._in.counts.update(f"handled: {delivery.outcome}" for delivery in worker.batch if delivery.outcome)
        return had_work or self._has_work()

    def turn(self, choice: int | None) -> bool:
        """Calls the verbs up to the end of the turn; returns whether there was anything to do."""
        had_work = self.call(choice)
        while self.worker and self._next_verb:
            had_work |= self.call(choice)
        return had_work

    def kill(self) -> None:
        """Ends the process as `kill -9` does."""
        if self.worker and self._log:
            at = self._in.clock.now()
            lost = [delivery.hop(self.service, Outcome.CRASHED, self.name, at) for delivery in self.worker.batch]
            self._in.write([hop for hop in lost if hop])
            self._log.abandon()
            self._end()

    def stop(self) -> None:
        """Ends the process as SIGTERM does."""
        if self.worker:
            self._guard(lambda: self.worker and finish_calls(self.worker, 0.0))
        if self.worker:
            self._guard(self.worker.close)
        if self.worker:
            self._end()

    def _end(self) -> None:
        self.worker = None
        self.seams.disarm()
        if self.has_clients:
            self._in.clients.drop_waiting()

    def _has_work(self) -> bool:
        # A timer alone is none: what it finds is in the outbox.
        worker = self.worker
        return bool(worker) and bool(
            worker.outgoing or any(delivery.type for delivery in worker.batch) or worker.external_calls.has_results
        )

    def _commit(self) -> None:
        assert self.worker
        self.worker.commit(is_reachable=self._is_reachable)

    def _guard(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Crashed as crash:
            self._in.tell(f"{self.name} is killed: {crash}")
            self.kill()
        except UNAVAILABLE as error:
            self._is_reachable &= not isinstance(error, LogUnavailable)
            self._in.tell(f"{self.name} waits: {error}")
        except Exception as error:
            self._in.problems.append(f"{self.name}: {type(error).__name__}: {error}")
            self.kill()


