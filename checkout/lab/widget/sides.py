"""Sides: the one or two runs that a widget shows side by side, and how they compare."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from checkout.lab.comparison.comparison import RunComparison
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.widget.history_pages import JsonObject
from checkout.lab.widget.messages import error_sentence
from checkout.lab.widget.run_messages import RunMessages

FIRST, SECOND, PAIR = "first", "second", "pair"
FORK_NAMES = ("the lab", "the fork")


class Sides:
    """The messages about one run, or about two.

    Those about the second have `side: "second"`, and those about both `side: "pair"`. With two runs each message that
    changes one has `pair`: the rows of their alignment, where they differ, and the first difference as a sentence.
    """

    def __init__(self, run: Lab | Replay, send: Callable[[JsonObject], object]) -> None:
        self._send, self._lock, self._sides = send, threading.RLock(), dict[str, RunMessages]()
        self.comparison: RunComparison | None = None
        self._is_fork = False
        self._put(FIRST, run)

    def add(self, run: Lab | Replay, names: Sequence[str], is_fork: bool = False) -> None:
        """Shows a second run beside the first, in place of an earlier one."""
        if before := self._sides.get(SECOND):
            before.close()
        self._put(SECOND, run)
        self._is_fork = is_fork
        self.comparison = RunComparison(self._sides[FIRST].run, run, names)

    def _put(self, side: str, run: Lab | Replay) -> None:
        self._sides[side] = RunMessages(run, partial(self._send_news, side), self.locked)

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser, for the side that it names; by default the first."""
        side = request.get("side", FIRST)
        with self.locked():
            if request["do"] == "fork":
                return self._forked(request)
            if side == PAIR:
                return {"side": PAIR, "answers": request.get("id"), "error": ""} | self._answer_for_pair(request)
            return self._with_pair(side, self._sides[side].answer(request))

    def _forked(self, request: Mapping[str, Any]) -> JsonObject:
        answer = {"answers": request.get("id"), "error": ""}
        try:
            self.add(self._sides[FIRST].run.fork(request["number"]), FORK_NAMES, is_fork=True)
        except Exception as problem:
            return answer | {"error": error_sentence(problem)}
        return answer | {"pair": self._pair() | {"is_new": True}}

    def _answer_for_pair(self, request: Mapping[str, Any]) -> JsonObject:
        if request["do"] == "close":
            self._sides.pop(SECOND).close()
            self.comparison = None
        found = self.comparison.difference_at(request["row"]) if self.comparison else None
        return {"difference": found.sentence if found else ""}

    def _send_news(self, side: str, news: JsonObject) -> None:
        self._send(self._with_pair(side, news))

    def _with_pair(self, side: str, message: JsonObject) -> JsonObject:
        sided = message if side == FIRST else message | {"side": side}
        return sided | {"pair": self._pair()} if self.comparison and "keep" in message else sided

    def _pair(self) -> JsonObject:
        assert self.comparison is not None
        alignment, found = self.comparison.alignment, self.comparison.first_difference
        return {"names": list(self.comparison.names), "rows": alignment.shape(),
                "different": _ranges(alignment.different), "first": found.row if found else None,
                "sentence": self.comparison.sentence, "is_fork": self._is_fork}  # fmt: skip

    @property
    def second(self) -> Lab | Replay | None:
        """The run beside the first, None if there is none."""
        return self._sides[SECOND].run if SECOND in self._sides else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the locks of all labs that are shown."""
        locks = (side.run.lock for side in self._sides.values() if isinstance(side.run, Lab))
        with self._lock, ExitStack() as held:
            for lock in sorted(locks, key=id):  # always in the same order: other widgets may show the same labs
                held.enter_context(lock)
            yield


def _ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Rising numbers as pairs of start and length."""
    ranges = list[list[int]]()
    for number in numbers:
        if ranges and number == sum(ranges[-1]):
            ranges[-1][1] += 1
        else:
            ranges.append([number, 1])
    return ranges
