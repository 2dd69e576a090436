"""Recorded run: one lab that is moved from state to state, and what each move adds to its history."""

from contextlib import suppress
from typing import Any

import msgspec

from checkout.lab.engine.action_log import REQUEST, VERB, Action
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.saved.fingerprint import Fingerprint, fingerprint
from checkout.lab.saved.patches import Key, Patch, flattened, hop_message, patch
from checkout.lab.widget.history_pages import PAGE, HistoryPages, JsonObject

NEXT, CRASH, RESTART = "next", "crash", "restart"
Hops = list[tuple[JsonObject, Patch]]


class Changes(msgspec.Struct):
    """What a move has added: hops, each with the changes of the partition state up to it.

    `last`: without new hops the last one, if its lag has changed. `state`: what has changed since the last hop.
    """

    hops: Hops
    last: JsonObject | None
    state: Patch
    views: JsonObject
    view: str
    first: str
    real_times: bool


class RecordedRun:
    """A run, with the messages about it. A move is a verb, `next` for whatever comes, `crash` or `restart`.

    `topic`: of the partitions only its own.
    """

    def __init__(self, run: Lab | Replay, topic: str = "") -> None:
        self.run, self._topic = run, topic
        self._pages = HistoryPages(run.journal.projection)
        self._messages: dict[int, JsonObject] = {}
        self._state: dict[Key, Any] = {}

    def history(self) -> Changes:
        """All hops so far, after an empty one that stands for the state before them."""
        projection = self.run.journal.projection
        starts = range(1, len(self.run.moments) + 1, PAGE)
        messages = [each for start in starts for each in self._pages.page(start, start + PAGE - 1, 0)["moments"]]
        news = self._pages.news(True)
        hops: Hops = [({}, self._patch(0)), *map(self._hop, messages)]
        views = {order: projection.view(order) for order in projection.order_names}
        return Changes(hops, None, self._patch(None), views, news["view"], news["first"], news["real_times"])

    def move(self, key: str) -> None:
        """Moves the lab. Raises LabError if it cannot move so."""
        lab = self._lab
        if key.startswith((CRASH, RESTART)):
            name, _, service = key.partition(" ")
            (lab.crash if name == CRASH else lab.restart)(service)
        else:
            lab.step(verb=True if key == NEXT else key)

    def changes(self) -> Changes:
        """What has been added since the last call."""
        news = self._pages.news()
        before = len(self._messages)
        hops = [self._hop(message) for message in news["moments"] if message["number"] > before]
        last = None if hops or not news["moments"] else self._portable(news["moments"][-1])
        return Changes(hops, last, self._patch(None), news["views"], news["view"], news["first"], news["real_times"])

    def catch_up(self) -> None:
        """Takes the changes of moves that are recorded already as known."""
        self.changes()

    @property
    def status(self) -> JsonObject:
        """The status of the lab, as its walk shows it."""
        found: JsonObject = msgspec.to_builtins(self._lab.status())
        return found

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the lab."""
        return fingerprint(self._lab)

    @property
    def _lab(self) -> Lab:
        assert isinstance(self.run, Lab)
        return self.run

    def _hop(self, message: JsonObject) -> tuple[JsonObject, Patch]:
        return self._portable(message), self._patch(message["number"])

    def _patch(self, number: int | None) -> Patch:
        partitions = self.run.journal.projection.partitions
        state = partitions.at(len(self.run.moments)) if number is None else partitions.at(number, follows_last=False)
        before, self._state = self._state, flattened(state.of_topic(self._topic) if self._topic else state)
        return patch(before, self._state)

    def _portable(self, message: JsonObject) -> JsonObject:
        found = hop_message(message, self._messages)
        self._messages[message["number"]] = message
        return found

    def close(self) -> None:
        """Closes the lab."""
        with suppress(LabError):
            self._lab.close()


def moves(actions: list[Action]) -> list[str]:
    """The moves that the verbs of a lab were."""
    return [NEXT if action.name == REQUEST else action.arguments[1] for action in actions]


def first_move(actions: list[Action]) -> int:
    """How many actions come before those that are moves, up to the last one."""
    others = [at for at, action in enumerate(actions) if action.name not in (VERB, REQUEST)]
    return others[-1] + 1 if others else 0
