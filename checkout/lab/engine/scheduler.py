"""Turns: whose turn it is, verb by verb: whatever has waited longest goes first, and stops at break points."""

from typing import Any, NamedTuple

import msgspec

from checkout.lab.engine.environment import Stage
from checkout.lab.engine.replica import COMMIT, HANDLE, POLL, PUBLISH, VERBS, Hand, Replica, Task
from checkout.lab.errors import LabError, in_plain_words
from checkout.lab.history.moments import Moments

MOST = 100_000  # verbs of one run
WORDS = {
    POLL: "takes the next message",
    HANDLE: "handles what it has in hand: its tables change, its answer goes into the outbox",
    PUBLISH: "sends what is in its outbox",
    COMMIT: "moves its group past the message",
}
WHAT = {
    "request": "a request from the gateway", "answer": "the answer to its call", "timer": "the tick of its timer",
    "outbox": "what its outbox still holds from before",
}  # fmt: skip


class Next(NamedTuple):
    """What happens next: who, which verb, and what it would begin with."""

    who: Replica | None  # nobody: the web app sends a request to the gateway
    verb: str
    task: Task | None


class Status(msgspec.Struct):
    """Where the lab stands, for whoever shows it."""

    next: str
    is_idle: bool
    stopped_at: str
    hand: Hand | None
    breaks: list[list[str]]
    crashed: list[str]
    services: list[str]


class Turns:
    """Calls verbs, one at a time."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.breaks = stage, list[tuple[str, str]]()
        self._called, self._passed = 0, -1

    def step(self, verb: bool | str) -> Moments:
        """To the next hop, or one verb, or this verb of who is at work."""
        if verb:
            coming = self.next()
            told = self._tell(lambda: self._one(None if verb is True else str(verb)))
            if coming and coming.who:
                told.note = f"{coming.who.name}: {coming.verb if verb is True else verb}"
            return told
        return self._tell(self._to_hop)

    def run(self) -> Moments:
        """Until nothing moves any more, or a break point is next."""
        return self._tell(lambda: self._many(lambda: True))

    def next(self) -> Next | None:
        """What happens next, if anything can."""
        if busy := next((each for each in self.stage.replicas.values() if each.done), None):
            return Next(busy, busy.allowed[0], None)
        found = [(task.turn, at, each, task) for at, each, task in self._tasks()]
        requests = self.stage.requests
        if requests and not (found and min(found)[0] < requests[0].turn):
            return Next(None, "send", None)
        return Next(min(found)[2], POLL, min(found)[3]) if found else None

    def _tasks(self) -> list[tuple[int, Replica, Task]]:
        now = self.stage.clock.seconds()
        tasks = [(at, each, each.task(now)) for at, each in enumerate(self.stage.replicas.values())]
        return [(at, each, task) for at, each, task in tasks if task]

    def _tell(self, move: Any) -> Moments:
        past, before = self.stage.past, len(self.stage.past.moments)
        with in_plain_words():
            move()
        new = past.moments[before:]
        return Moments(new, self.stopped_at() or ("" if self.next() else self.explain()))

    def _to_hop(self) -> None:
        before = len(self.stage.book)
        self._many(lambda: len(self.stage.book) == before)

    def _many(self, goes_on: Any) -> None:
        self._passed = self._called  # a break point that has stopped us is passed now
        for _ in range(MOST):
            if not goes_on() or self.stopped_at() or not self._one(None):
                return
        raise LabError(f"it still moves after {MOST:,} verbs: lab.explain() says what")

    def _one(self, verb: str | None) -> bool:
        coming = self.next() or self._after_a_pause()
        if coming is None:
            return False
        self._called += 1
        if coming.who is None:
            self._send()
            return True
        wanted = verb or coming.verb
        allowed = coming.who.allowed
        if wanted not in allowed:
            raise LabError(f"{coming.who.name} can {' or '.join(allowed)} now, not {wanted}")
        who, now = coming.who, self.stage.clock.seconds()
        self.stage.site.patiently(lambda: who.call(wanted, now))  # a verb may be repeated
        return True

    def _send(self) -> None:
        request = self.stage.requests.pop(0)
        self.stage.book.write([request.arrival(self.stage.clock.now())])
        request.turn = self.stage.sent.next_turn()
        self.stage.door.requests.append(request)

    def _after_a_pause(self) -> Next | None:
        due = [each.worker.external_calls.due_at for each in self.stage.replicas.values()]
        if moments := [at for at in due if at is not None]:
            self.stage.clock.forward(min(moments) - self.stage.clock.seconds() + 0.001)
        return self.next() if moments else None

    def stopped_at(self) -> str:
        """The break point that is next, unless it was passed already."""
        coming = self.next() if self.breaks and self._passed != self._called else None
        if coming and coming.who and (coming.who.service.name, coming.verb) in self.breaks:
            return f"break point: {coming.who.name}, before {coming.verb}"
        return ""

    def break_at(self, service: str, verb: str) -> None:
        """Stops before this verb of this service, each time it has something to do. Raises LabError."""
        self.stage.of(service)
        if verb not in VERBS:
            raise LabError(f"there is no verb {verb!r}: there are {', '.join(VERBS)}")
        self.breaks.append((service, verb))

    def status(self) -> Status:
        """Where everything stands."""
        hand = next((each.hand() for each in self.stage.replicas.values() if each.done), None)
        named = msgspec.json.decode(self.stage.names.text(msgspec.json.encode(hand).decode()))
        is_idle = self.next() is None and not self._retries()
        points, crashed = [list(point) for point in self.breaks], list(self.stage.crashed)
        services, held = list(self.stage.services), msgspec.convert(named, Hand | None)
        return Status(self.explain(), is_idle, self.stopped_at(), held, points, crashed, services)

    def _retries(self) -> bool:
        return any(each.worker.external_calls.due_at is not None for each in self.stage.replicas.values())

    def explain(self) -> str:
        """What is next, and why; or why nothing can be."""
        coming = self.next()
        if coming is None:
            return self._why_not()
        if coming.who is None:
            order = self.stage.names.of(self.stage.requests[0].message.id)
            return f"Next: the web app sends {order} to the gateway (step 1)."
        task, name = coming.task, coming.who.name
        if coming.verb != POLL or task is None:
            either = " (or commits first: lab.step(verb='commit'))" if coming.who.allowed == [PUBLISH, COMMIT] else ""
            return f"Next: {name} {WORDS[coming.verb]}{either}."
        return f"Next: {name} polls {WHAT.get(task.what, task.place)}."

    def _why_not(self) -> str:
        reasons = [self._waits_for(name) for name in self.stage.crashed]
        for each in self.stage.replicas.values():
            due = each.worker.sources.due_at
            if due is not None:
                minutes = max(0.0, due - self.stage.clock.seconds()) / 60
                reasons.append(f"{each.name} does its batch in {minutes:.0f} minutes (lab.wait(minutes={minutes:.0f}))")
        if reasons:
            return f"Nothing moves: {'; '.join(reasons)}."
        if not any(hop.order for hop in self.stage.book):
            return "Nothing moves: place an order."
        standing = [f"{row['order']} is {row['status']}" for row in self.stage.past.open_orders()]
        if standing:
            return f"Nothing moves, and {', '.join(standing)}: nobody has anything left to say about it."
        taken = self.stage.past.moments[-1].scene.orders
        return f"Nothing moves: {'every order has come to its end' if taken else 'no order has been taken'}."

    def _waits_for(self, replica: str) -> str:
        service = replica.rpartition("-")[0]
        lags = self.stage.broker.lags(service, list(self.stage.services[service].topics()))
        behind = [f"{lag.records} on {topic}[{number}]" for (topic, number), lag in sorted(lags.items()) if lag.records]
        waiting = f", lag {', '.join(behind)}" if behind else ""
        return f"{replica} has crashed{waiting} (lab.restart({service!r}))"

