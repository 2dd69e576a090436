"""Draws: random faults of a running store for a soak, the same for the same seed."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from checkout.faults import brokers, external_systems, replicas
from checkout.faults.fault import Fault
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.settings import COMMON_CRASH_WINDOWS, OWN_CRASH_WINDOWS

WITH_OWN_WINDOWS = ("orders", "payments", "notifications")  # the timers of Stock wait longer than a soak
MOST_TIMES = 5  # that a crash point is passed before the crash


class Drawn(NamedTuple):
    """A fault, the kind under which it is counted, and the seconds after which it is healed."""

    kind: str
    fault: Fault
    seconds: float


@dataclass(frozen=True)
class Kind:
    """A kind of fault: how often it is drawn beside others, how long it lasts in seconds, and how one is made."""

    weight: int
    seconds: tuple[float, float]
    make: Callable[[random.Random], Fault]


class Draws:
    """An endless stream of faults for a store and the local Kafka below `kafka_home`, of so many brokers."""

    def __init__(self, store: Supervisor, kafka_home: Path, brokers: int, seed: int) -> None:
        self._store, self._kafka_home, self._brokers = store, kafka_home, brokers
        self._chance = random.Random(seed)
        self._kinds = self._all_kinds()

    def __iter__(self) -> Iterator[Drawn]:
        return self

    def __next__(self) -> Drawn:
        """The next fault."""
        name = self._chance.choices(list(self._kinds), [kind.weight for kind in self._kinds.values()])[0]
        kind = self._kinds[name]
        return Drawn(name, kind.make(self._chance), self._chance.uniform(*kind.seconds))

    def _all_kinds(self) -> dict[str, Kind]:
        store = self._store
        kinds = {
            "kill -9 of a replica": Kind(6, (0, 3), lambda chance: replicas.killed(store, self._replica(chance))),
            "kill -9 of all services": Kind(1, (0, 2), lambda chance: replicas.killed(store, *self._replicas())),
            "kill -9 of the gateway": Kind(1, (0, 1), lambda chance: replicas.killed(store, "gateway-1")),
            "SIGTERM to a replica": Kind(2, (0, 2), lambda chance: replicas.terminated(store, self._replica(chance))),
            "SIGSTOP of a replica": Kind(6, (1, 10), lambda chance: replicas.paused(store, self._replica(chance))),
            "crash point": Kind(6, (4, 8), self._crash),
            "torn journal": Kind(1, (0, 2), lambda chance: replicas.with_torn_journal(store, self._replica(chance))),
        }
        broker_faults = {
            "stop of a broker": (brokers.stopped, (0.0, 3.0)), "kill -9 of a broker": (brokers.killed, (0.0, 4.0)),
            "SIGSTOP of a broker": (brokers.paused, (1.0, 8.0)),
        }  # fmt: skip
        for name, (make, seconds) in broker_faults.items():
            kinds[name] = Kind(1, seconds, partial(self._of_a_broker, make))
        for name in external_systems.FAULTS:
            kinds[name] = Kind(1, (1, 8), partial(self._switched, name))
        return kinds

    def _switched(self, name: str, _: random.Random) -> Fault:
        return external_systems.switched(self._store.settings, name)

    def _of_a_broker(self, make: Callable[[Path, Sequence[int]], Fault], chance: random.Random) -> Fault:
        return make(self._kafka_home, [chance.randint(1, self._brokers)])

    def _replicas(self) -> list[str]:
        return [f"{name}-{n}" for name in KAFKA_SERVICES for n in range(1, self._store.scale[name] + 1)]

    def _replica(self, chance: random.Random) -> str:
        return chance.choice(self._replicas())

    def _crash(self, chance: random.Random) -> Fault:
        replica = self._replica(chance)
        name, _, number = replica.rpartition("-")
        has_own = number == "1" and name in WITH_OWN_WINDOWS  # only the first replica has an intake
        windows = (*COMMON_CRASH_WINDOWS, *(OWN_CRASH_WINDOWS[name] if has_own else ()))
        point = f"{chance.choice(windows)}:{chance.randint(1, MOST_TIMES)}"
        return replicas.crashing(self._store, replica, crash_at=point)
