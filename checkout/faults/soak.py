"""Soak: injects one random fault after another into a store under load, and heals each after its time."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from checkout.faults.draws import Drawn
from checkout.faults.fault import Fault
from checkout.faults.replicas import start_again
from checkout.processes.supervisor import Supervisor

MEAN = 5.0  # seconds between two faults, as in Jepsen's suites
PAUSE = 0.05  # seconds between two looks


class Soak:
    """The faults of one soak. A line of `history` says when a fault was injected, and when it was healed.

    `counts`: injected faults by kind. `injected`: all of them.
    `unexpected`: processes that ended without a fault, with their last log lines.
    """

    def __init__(
        self, store: Supervisor, draws: Iterator[Drawn], history: Path, mean: float = MEAN,
        clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._store, self._draws, self._mean, self._clock, self._pause = store, draws, mean, clock, pause
        self._history = history
        self._active: list[tuple[float, Drawn]] = []  # with the time at which each is healed
        self.counts: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self.injected: list[Fault] = []

    def run(self, seconds: float) -> None:
        """Injects faults for so many seconds, then heals what is left.

        Raises what a fault raises, such as ShopError, KafkaUnavailable or TimeoutError; all are healed then, too.
        """
        now = self._clock()
        end, next_at = now + seconds, now
        try:
            while (now := self._clock()) < end:
                if now >= next_at:
                    next_at = now + self._mean
                    self._inject(next(self._draws))
                self._heal(now)
                self._watch()
                self._pause(PAUSE)
        finally:
            self._heal_all()
        self._watch()

    @property
    def crashes(self) -> int:
        """How many processes have killed themselves at a crash point."""
        path = self._store.settings.home / "crashes.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def _inject(self, drawn: Drawn) -> None:
        if self._affected().isdisjoint(drawn.fault.affects):
            self.injected.append(drawn.fault)
            try:
                drawn.fault.inject()
            finally:  # half of a fault is healed, too
                self._active.append((self._clock() + drawn.seconds, drawn))
            self._note("injected", drawn)
            self.counts[drawn.kind] += 1

    def _heal_all(self) -> None:
        try:
            while self._active:
                self._heal(self._clock())
                self._pause(PAUSE)
        finally:
            if self._active:  # one could not be healed: the others are
                self._heal_all()

    def _heal(self, now: float) -> None:
        # A replica that starts while brokers are away would end: they come first.
        due = [(at, drawn) for at, drawn in self._active if at <= now]
        if due and any(_is_of_brokers(drawn) for _, drawn in self._active):
            due = [(at, drawn) for at, drawn in due if not drawn.fault.starts_replicas]
        for each in due:
            self._active.remove(each)
            each[1].fault.heal()
            self._note("healed", each[1])

    def _watch(self) -> None:
        affected = self._affected()
        for replica, status in self._store.crashed():
            if replica not in affected:
                lines = self._store.last_lines(replica, 3)
                self.unexpected.append(f"{replica} ended with exit status {status}: {lines}")
                start_again(self._store, [replica])

    def _affected(self) -> set[str]:
        return {name for _, drawn in self._active for name in drawn.fault.affects}

    def _note(self, what: str, drawn: Drawn) -> None:
        line = {"at": datetime.now(UTC), "event": what, "kind": drawn.kind, "fault": drawn.fault.name,
                "seconds": round(drawn.seconds, 1)}
        with self._history.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")


def _is_of_brokers(drawn: Drawn) -> bool:
    return any(name.startswith("broker-") for name in drawn.fault.affects)


