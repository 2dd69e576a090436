"""Action log: everything that has been done to a lab, verb by verb, so that a fork can do it again."""

import contextlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, Sized
from copy import copy, deepcopy
from typing import Any, NamedTuple

from checkout.lab.engine.clock import Clock
from checkout.lab.errors import check_hop
from checkout.registry import STORE

VERB, REQUEST, SWITCHES = "verb", "request", "switches"


class Action(NamedTuple):
    """One thing that was done to a lab.

    `name`: of a method of `Lab`, called with `arguments` and `options`; or `verb`, with replica and verb; `request`,
    the web app sends its first request; `switches`, with an external system and its new fault switches.
    `hops`: the number of hops before it. `seconds`: the time on the lab's clock since the lab's start.
    """

    name: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    hops: int
    seconds: float


class ActionLog(Sequence[Action]):
    """The actions of one run of a lab, oldest first. Break points and what only reads the lab are not among them.

    `hops`: the journal of the run. `systems`: its external systems; their switches are compared before each action,
    because a learner may set them directly.
    """

    def __init__(self, clock: Clock, hops: Sized, systems: Any) -> None:
        self._clock, self._hops, self._started = clock, hops, clock.seconds()
        self._systems = {name: getattr(systems, name) for name in STORE.external_systems if hasattr(systems, name)}
        self._switches = self._copy_switches()
        self._actions: list[Action] = []

    @contextlib.contextmanager
    def adding(self, name: str, /, *arguments: Any, **options: Any) -> Iterator[None]:
        """Adds an action when the block ends without an error; the arguments are copied as they are before."""
        self._add_switches()
        action = self._action(name, *deepcopy(arguments), **deepcopy(options))
        try:
            yield
            self._actions.append(action)
        finally:
            self._switches = self._copy_switches()

    def until(self, hop: int | None) -> int:
        """How many actions lead to this hop, counted from 1: the last of them wrote it. Without a hop, all of them.

        Hop 0 is the state before the first hop. Raises LabError if there is no such hop.
        """
        self._add_switches()
        if hop is None:
            return len(self._actions)
        check_hop(hop, len(self._hops))
        hops_after = [*(action.hops for action in self._actions[1:]), len(self._hops)]
        first = bisect_left(hops_after, max(hop, 1))
        return min(first + (hop > 0), len(self._actions))

    def elapsed(self) -> float:
        """Seconds on the lab's clock since its start."""
        return self._clock.seconds() - self._started

    def catch_up(self, seconds: float) -> None:
        """Moves the lab's clock forward to this time since its start; what takes time is not waited for again."""
        self._clock.forward(seconds - self.elapsed())

    def set_switches(self, system: str, switches: Any) -> None:
        """Sets the fault switches of an external system."""
        self._systems[system].switches = copy(switches)

    def _action(self, name: str, /, *arguments: Any, **options: Any) -> Action:
        return Action(name, arguments, options, len(self._hops), self.elapsed())

    def _add_switches(self) -> None:
        for name, switches in self._copy_switches().items():
            if switches != self._switches[name]:
                self._actions.append(self._action(SWITCHES, name, switches))
                self._switches[name] = switches

    def _copy_switches(self) -> dict[str, Any]:
        return {name: copy(system.switches) for name, system in self._systems.items()}

    def __getitem__(self, at: Any) -> Any:
        return self._actions[at]

    def __len__(self) -> int:
        return len(self._actions)
