"""Scheduler: decides which replica calls which verb next, and stops at break points."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from checkout.domain import OrderStatus
from checkout.lab.engine.action_log import REQUEST, VERB
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.replica import (
    COMMIT,
    HANDLE,
    POLL,
    PUBLISH,
    VERBS,
    Replica,
    Work,
    WorkInProgress,
    service_of,
)
from checkout.lab.errors import LabError
from checkout.lab.history.moments import Moments
from checkout.lab.programs.other_producers import find_records

MAX_VERBS = 100_000  # of one run
MAX_LISTED = 10  # orders in a sentence
RETRY_MARGIN = 0.001  # seconds by which the clock passes the time of a retry
RARE = 60.0  # seconds between two calls of a timer that is worth mentioning
VERBS_IN_WORDS = {
    POLL: "polls the next message",
    HANDLE: "handles its message: it updates its tables and writes its reply to the outbox",
    PUBLISH: "publishes the messages in its outbox",
    COMMIT: "commits the offset of its record",
}


class NextVerb(NamedTuple):
    """What happens next. Without a replica, the web app sends a request to the gateway."""

    replica: Replica | None
    verb: str = ""
    work: Work | None = None


class LabStatus(msgspec.Struct):
    """The state of a lab.

    `next`: a sentence, see `Lab.explain`. `is_idle`: nothing will happen by itself. `stopped_at`: the break point,
    or an empty string. `breaks`: pairs of service and verb. `crashed`: names of replicas. `services`: their names.
    """

    next: str
    is_idle: bool
    stopped_at: str
    work_in_progress: WorkInProgress | None
    breaks: list[list[str]]
    crashed: list[str]
    services: list[str]


class Scheduler:
    """Calls one verb at a time: a busy replica goes first, then whatever has waited longest."""

    def __init__(self, environment: Environment) -> None:
        self.environment, self.breaks = environment, list[tuple[str, str]]()
        self._call_count, self._passed_at = 0, -1

    def step(self, verb: bool | str = False) -> Moments:
        """Moves to the next hop. With `verb=True` calls one verb, with the name of a verb that one.

        Returns the new moments. Raises LabError if the busy replica cannot call the verb now.
        """
        if not verb:
            before = len(self.environment.journal)
            return self._moments_of(lambda: self._run_while(lambda: len(self.environment.journal) == before))
        coming = self.next()
        moments = self._moments_of(lambda: self._call_next("" if verb is True else str(verb)))
        if coming and coming.replica:
            moments.note = f"{coming.replica.name}: {coming.verb if verb is True else verb}"
        return moments

    def run(self) -> Moments:
        """Moves until nothing is left to do or a break point is next. Returns the new moments."""
        return self._moments_of(lambda: self._run_while(lambda: True))

    def next(self) -> NextVerb | None:
        """What happens next; None when nothing can."""
        replicas = list(self.environment.replicas.values())
        if busy := next((each for each in replicas if each.done), None):
            return NextVerb(busy, busy.allowed[0])
        found = [(work, at) for at, each in enumerate(replicas) if (work := each.next_work())]
        work, at = min(found, key=lambda each: (each[0].sequence, each[1]), default=(None, 0))
        placed = self.environment.placed
        if placed and (work is None or work.sequence >= placed[0].sequence):
            return NextVerb(None)
        return NextVerb(replicas[at], POLL, work) if work else None

    def _coming(self) -> NextVerb | None:
        coming, environment = self.next(), self.environment
        return self.next() if coming is None and (find_records(environment) or environment.await_owners()) else coming

    def _moments_of(self, move: Callable[[], object]) -> Moments:
        moments, before = self.environment.projection.moments, len(self.environment.projection.moments)
        move()
        return Moments(moments[before:], self.stopped_at() or ("" if self.next() else self.explain()))

    def _run_while(self, condition: Callable[[], bool]) -> None:
        self._passed_at = self._call_count  # a break point does not stop twice in a row
        for _ in range(MAX_VERBS):
            if not condition() or self.stopped_at() or not self._call_next():
                return
        raise LabError(f"not idle after {MAX_VERBS:,} verbs: lab.explain() says what is next")

    def _call_next(self, verb: str = "") -> bool:
        coming = self._coming() or self._next_retry()
        if coming is None:
            return False
        self._call_count += 1
        if coming.replica is None:
            self.send_request()
        else:
            self.call(coming.replica, verb or coming.verb)
        return True

    def call(self, replica: Replica, verb: str) -> None:
        """Calls a verb of this replica. Raises LabError if it cannot be called now."""
        if verb not in replica.allowed:
            raise LabError(f"{replica.name} can {' or '.join(replica.allowed)} now, not {verb}")
        with self.environment.actions.adding(VERB, replica.name, verb):
            self.environment.session.retry_during_failover(lambda: replica.call(verb))  # verbs may be repeated

    def send_request(self) -> None:
        """Sends the first request that waits at the web app to the gateway."""
        with self.environment.actions.adding(REQUEST):
            request = self.environment.placed.pop(0)
            self.environment.journal.write([request.arrival(self.environment.clock.now())])
            request.sequence = self.environment.sent.next_sequence()
            self.environment.requests.requests.append(request)

    def _next_retry(self) -> NextVerb | None:
        times = self._retry_times()
        if times:
            self.environment.clock.forward(min(times) - self.environment.clock.seconds() + RETRY_MARGIN)
        return self.next() if times else None

    def _retry_times(self) -> list[float]:
        calls = [each.worker.external_calls for each in self.environment.replicas.values()]
        return [each.due_at for each in calls if each.due_at is not None]

    def stopped_at(self) -> str:
        """The break point that is next, unless the last run has stopped there already."""
        coming = self.next() if self.breaks and self._passed_at != self._call_count else None
        if coming and coming.replica and (coming.replica.service.name, coming.verb) in self.breaks:
            return f"break point: {coming.replica.name}, before {coming.verb}"
        return ""

    def break_at(self, service: str, verb: str) -> None:
        """Sets a break point: `run` and `step` stop before this verb of this service.

        `verb`: poll, handle, publish or commit. Raises LabError for an unknown service or verb.
        """
        self.environment.of(service)
        if verb not in VERBS:
            raise LabError(f"there is no verb {verb!r}: there are {', '.join(VERBS)}")
        self.breaks.append((service, verb))

    def clear_break(self, service: str, verb: str) -> None:
        """Removes a break point; without one it does nothing."""
        self.breaks[:] = [point for point in self.breaks if point != (service, verb)]

    def status(self) -> LabStatus:
        """Returns the state of the lab as data: what is next, work in progress, break points, crashed replicas."""
        work = next((each.work_in_progress() for each in self.environment.replicas.values() if each.done), None)
        named = self.environment.names.text(msgspec.json.encode(work).decode())
        return LabStatus(
            self.explain(), self.next() is None and not self._retry_times(), self.stopped_at(),
            msgspec.json.decode(named, type=WorkInProgress | None), [list(point) for point in self.breaks],
            list(self.environment.crashed), list(self.environment.services),
        )  # fmt: skip

    def explain(self) -> str:
        """Returns what is next as a sentence, or why nothing is."""
        coming = self._coming()
        if coming is None:
            return self._why_idle()
        if coming.replica is None:
            request = self.environment.placed[0]
            order, step = self.environment.names.of(request.message.id), type(request.message).step(None, False)
            return f"Next: the web app sends {request.what}{order} to the gateway (step {step})."
        replica, work = coming.replica, coming.work
        if work is None:
            either = " (or commits first: lab.step(verb='commit'))" if replica.allowed == [PUBLISH, COMMIT] else ""
            return f"Next: {replica.name} {VERBS_IN_WORDS[coming.verb]}{either}."
        return f"Next: {replica.name} polls {work.coordinates or work.kind}."

    def _why_idle(self) -> str:
        is_store = self.environment.is_store
        reasons = [self._crashed(name) for name in self.environment.crashed] + self._timers()
        if reasons:
            return f"Nothing moves: {'; '.join(reasons)}."
        if not any(hop.order for hop in self.environment.journal):
            return f"Nothing moves: {'place an order' if is_store else 'publish a record with lab.send'}."
        if not is_store:
            return "Nothing moves: every message is handled."
        projection = self.environment.projection
        if unfinished := [f"{row['order']} is {row['status']}" for row in projection.open_orders()]:
            return f"Nothing moves, but {_listed(unfinished)}: no topic and no outbox holds a message for it."
        orders = projection.orders()
        needy = [f"{row['order']} ({row['reason']})" for row in orders if row["status"] == OrderStatus.NEEDS_OPERATOR]
        if needy:
            return f"Nothing moves, but an operator has to act on {_listed(needy)}."
        statuses = {row["status"] for row in orders}
        end = "is approved or rejected" if statuses <= {"APPROVED", "REJECTED"} else "has an end"
        return f"Nothing moves: {f'every order {end}' if statuses else 'Orders has no order'}."

    def _crashed(self, replica: str) -> str:
        service = service_of(replica)
        lags = self.environment.broker.lags(service, list(self.environment.services[service].topics()))
        behind = [f"{lag.records} on {topic}[{number}]" for (topic, number), lag in sorted(lags.items()) if lag.records]
        lag = f", lag {', '.join(behind)}" if behind else ""
        return f"{replica} has crashed{lag} (lab.restart({service!r}))"

    def _timers(self) -> list[str]:
        now = self.environment.clock.seconds()
        rare = [each for each in self.environment.replicas.values() if _has_rare_timer(each)]
        due = {replica.name: replica.worker.sources.due_at for replica in rare}
        minutes = {name: f"{max(0.0, at - now) / 60:.0f}" for name, at in due.items() if at is not None}
        return [f"the timer of {name} is due in {n} minutes (lab.wait(minutes={n}))" for name, n in minutes.items()]


def _listed(phrases: list[str]) -> str:
    more = len(phrases) - MAX_LISTED
    return ", ".join(phrases[:MAX_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _has_rare_timer(replica: Replica) -> bool:
    return any(seconds >= RARE for seconds, _ in replica.service.timers.values())
