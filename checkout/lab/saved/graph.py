"""Graph: the states that a lab can come to, recorded by moving labs until each move from each state has been made."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from checkout.lab.engine.replica import service_of
from checkout.lab.saved.fingerprint import Fingerprint
from checkout.lab.saved.recorded_run import CRASH, NEXT, RESTART, Changes, RecordedRun
from checkout.messaging.log import Partition


@dataclass
class Move:
    """A move to another state, and what it adds.

    `shifts`: from here on records may have other offsets than on the path that was recorded, in partitions that no
    later move of this path concerns; a crash could concern them.
    """

    to: int
    changes: Changes
    shifts: bool


@dataclass
class State:
    """A state of the lab: its status, its moves that are recorded, and those that are still to be made.

    `is_clean`: it can be reached without a crash. A state after a crash has one move, and no second crash.
    """

    number: int
    status: Any
    verbs: list[str]
    crashes: list[str]
    restarts: list[str]
    is_clean: bool
    fingerprint: Fingerprint
    moves: dict[str, Move] = field(default_factory=dict)

    def missing(self, has_crashes: bool, is_shifted: bool) -> list[str]:
        """The moves that are not recorded yet."""
        crashes = [*self.restarts, *(() if is_shifted else self.crashes)] if has_crashes else []
        return [key for key in (*crashes, *self.verbs) if key not in self.moves]


class Graph:
    """Records the states of labs that `start` returns, all in the same first state, and closes these labs.

    Each run prefers a move that is not recorded, and else the way to the nearest one, until none is left. Paths meet
    again soon, so that some 40 runs record an order with its crashes. `limit`: the longest path, in verbs; with more,
    `is_complete` is False.
    """

    def __init__(self, start: Callable[[], RecordedRun], limit: int) -> None:
        self._start, self._limit = start, limit
        self.states: list[State] = []
        self._by_behaviour: dict[bytes, list[State]] = {}
        self._touched: list[set[Partition]] = []
        self.is_complete = self._record_path()
        if self.is_complete:
            self._record(has_crashes=False)
            self._touched = self._touched_later()
            self._record(has_crashes=True)

    def keys(self, verbs: Sequence[str]) -> list[str]:
        """These verbs, called from the first state on, as keys of recorded moves."""
        at, keys = self.states[0], list[str]()
        for verb in verbs:
            keys.append(verb if verb in at.moves else at.verbs[0])
            at = self.states[at.moves[keys[-1]].to]
        return keys

    def _record_path(self) -> bool:
        with self._traversal() as run:
            for _ in range(self._limit):
                missing = run.state.missing(False, False)
                if not missing:
                    return True
                run.record(missing[0])
        return False

    def _record(self, has_crashes: bool) -> None:
        while self.path_to_missing(self.states[0], has_crashes, False) is not None:
            with self._traversal() as run:
                while (path := self.path_to_missing(run.state, has_crashes, run.is_shifted)) is not None:
                    for key in path:
                        run.repeat(key)
                    run.record(run.state.missing(has_crashes, run.is_shifted)[0])

    @contextmanager
    def _traversal(self) -> Iterator["Traversal"]:
        with closing(self._start()) as run:
            yield Traversal(self, run)

    def path_to_missing(self, state: State, has_crashes: bool, is_shifted: bool) -> list[str] | None:
        """The moves to the nearest state with a move that is not recorded; None if there is none."""
        seen, coming = {(state.number, is_shifted)}, deque[tuple[State, bool, list[str]]]([(state, is_shifted, [])])
        while coming:
            at, shifted, path = coming.popleft()
            if at.missing(has_crashes, shifted):
                return path
            for key, move in at.moves.items():
                after = shifted or move.shifts
                if (move.to, after) not in seen and not (shifted and key.startswith(CRASH)):
                    seen.add((move.to, after))
                    coming.append((self.states[move.to], after, [*path, key]))
        return None

    def find(self, found: Fingerprint) -> tuple[State | None, bool]:
        """The recorded state that goes on in the same way, and whether its records may have other offsets."""
        for state in self._by_behaviour.get(found.behaviour, []):
            known = state.fingerprint
            differing = {where for (group, where), each in found.offsets.items() if known.offsets[group, where] != each}
            if not differing and known.unmarked == found.unmarked:
                return state, False
            if self._touched and state.is_clean and not differing & self._touched[state.number]:
                return state, True
        return None, False

    def add(self, run: RecordedRun, found: Fingerprint, is_clean: bool, has_just_crashed: bool) -> State:
        """A new state. After a crash one path is recorded, with the restart at its beginning and at its end."""
        status = run.status
        work, crashed = status["work_in_progress"], list(dict.fromkeys(map(service_of, status["crashed"])))
        verbs = list(work["allowed"]) if work else [] if status["is_idle"] else [NEXT]
        crashes = [f"{CRASH} {work['service']}"] if work and is_clean else []
        restarts = [f"{RESTART} {name}" for name in crashed] if has_just_crashed or status["is_idle"] else []
        if not is_clean and work:
            work["allowed"] = verbs = verbs[:1]
        state = State(len(self.states), status, verbs, crashes, restarts, is_clean, found)
        self.states.append(state)
        self._by_behaviour.setdefault(found.behaviour, []).append(state)
        return state

    def _touched_later(self) -> list[set[Partition]]:
        """By state: the partitions whose offsets change in a later move. States are numbered along the paths."""
        touched: list[set[Partition]] = [set() for _ in self.states]
        has_changed = True
        while has_changed:
            has_changed = False
            for state in reversed(self.states):
                for move in state.moves.values():
                    after = self.states[move.to]
                    offsets = after.fingerprint.offsets
                    now = {where for (group, where), each in state.fingerprint.offsets.items()
                           if offsets[group, where] != each} | touched[move.to]  # fmt: skip
                    has_changed |= not now <= touched[state.number]
                    touched[state.number] |= now
        return touched


class Traversal:
    """One run through the graph, from its first state on."""

    def __init__(self, graph: Graph, run: RecordedRun) -> None:
        self._graph, self.run, self.is_shifted = graph, run, False
        self.start = self.run.history()
        self._is_known = True
        found = self.run.fingerprint
        state, _ = graph.find(found)
        self.state = state or graph.add(self.run, found, True, False)

    def repeat(self, key: str) -> None:
        """Makes a move that is recorded."""
        self.run.move(key)
        self._go(self.state.moves[key])
        self._is_known = False

    def record(self, key: str) -> None:
        """Makes a move and records it."""
        if not self._is_known:
            self.run.catch_up()
        self.run.move(key)
        changes, found = self.run.changes(), self.run.fingerprint
        is_crash = key.startswith(CRASH)
        if is_crash:  # the only state besides the last from which the replica is restarted
            found = found._replace(behaviour=b"crashed " + found.behaviour)
        state, shifts = self._graph.find(found)
        if state is None:
            is_clean = self.state.is_clean and not is_crash
            state = self._graph.add(self.run, found, is_clean, is_crash)
        self.state.moves[key] = move = Move(state.number, changes, shifts)
        self._is_known = True
        self._go(move)

    def _go(self, move: Move) -> None:
        self.state = self._graph.states[move.to]
        self.is_shifted |= move.shifts
