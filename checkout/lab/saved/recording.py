"""Recording: what a saved page knows of a run - its hops, and what can follow from each state of the lab."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

import msgspec

from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.saved.graph import Graph, Move, State
from checkout.lab.saved.recorded_run import Changes, RecordedRun, first_move, moves
from checkout.lab.widget.history_pages import JsonObject

MAX_VERBS = 100  # of a path: two orders under way
Keep = Callable[[JsonObject], JsonObject]
CHOICES = (
    "This page holds a recorded run and what can follow from each of its states: each verb, publish and commit in "
    "either order, and one crash with its restart. Reset returns to the first state."
)
ONE_PATH = "This page holds one path of a recorded run: it can be looked at, hop by hop and backwards."


class Recording(NamedTuple):
    """The data of a saved page, what it holds in a sentence, and the run whose end it shows when it is opened.

    The run may be a lab that is closed: its journal can be read.
    """

    data: JsonObject
    sentence: str
    run: Lab | Replay

    @property
    def has_choices(self) -> bool:
        """Whether a reader can move the run."""
        return self.sentence == CHOICES

    @property
    def views(self) -> list[str]:
        """The names of the diagram views that the page shows."""
        changes = [self.data["history"]] + [
            move["changes"] for state in self.data["states"] for move in state["moves"].values()
        ]
        return list(dict.fromkeys(name for each in changes for name in (each["view"], *each["views"].values())))


def record(run: Lab | Replay, keep: Keep, topic: str = "") -> Recording:
    """Records a run; the lab itself is not moved, its forks are, and they are closed.

    A lab that comes to rest within MAX_VERBS verbs after the last thing that was done to it is recorded with all
    choices from there on. Of a longer run, of a replay and of a lab that cannot be forked there is one path: that of a
    lab goes on to its end. `keep` selects what the widget needs of the message about a hop; `topic`: of the partitions
    only its own.
    """
    if isinstance(run, Replay):
        return _one_path(run, keep, topic)
    with run.lock:
        try:
            return _choices(run, keep, topic) or _path_to_the_end(run, keep, topic)
        except LabError:
            return _one_path(run, keep, topic)


def _choices(lab: Lab, keep: Keep, topic: str) -> Recording | None:
    actions = list(lab.actions)
    start = first_move(actions)
    done = moves(actions[start:])
    if len(done) > MAX_VERBS:
        return None
    graph = Graph(lambda: RecordedRun(lab.fork_at_action(start), topic), MAX_VERBS)
    if not graph.is_complete:
        return None
    with closing(RecordedRun(lab.fork_at_action(start), topic)) as first:
        return Recording(_data(first, graph.keys(done), graph.states, keep), CHOICES, lab)


def _path_to_the_end(lab: Lab, keep: Keep, topic: str) -> Recording:
    with closing(lab.fork()) as fork:
        fork.run()
        return _one_path(fork, keep, topic)


def _one_path(run: Lab | Replay, keep: Keep, topic: str) -> Recording:
    return Recording(_data(RecordedRun(run, topic), [], [], keep), ONE_PATH, run)


def _data(first: RecordedRun, here: Sequence[str], states: Sequence[State], keep: Keep) -> JsonObject:
    rows = [{"status": state.status, "moves": {key: _move(move, keep) for key, move in state.moves.items()}}
            for state in states]  # fmt: skip
    return {"history": _changes(first.history(), keep), "here": here, "states": rows or [{"status": None, "moves": {}}]}


def _move(move: Move, keep: Keep) -> JsonObject:
    return {"to": move.to, "shifts": move.shifts, "changes": _changes(move.changes, keep)}


def _changes(changes: Changes, keep: Keep) -> JsonObject:
    hops = [[keep(message) if message else {}, patch] for message, patch in changes.hops]
    last = keep(changes.last) if changes.last else None
    return msgspec.structs.asdict(changes) | {"hops": hops, "last": last}
