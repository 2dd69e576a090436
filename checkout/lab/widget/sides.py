"""Sides: the one or two runs that a widget shows side by side, and how they compare."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from checkout.lab.comparison.comparison import RunComparison
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.widget.history_pages import JsonObject
from checkout.lab.widget.messages import answer_to, locked
from checkout.lab.widget.run_messages import RunMessages

FIRST, SECOND, PAIR = "first", "second", "pair"
FORK_NAMES = ("the lab", "the fork")


class Sides:
    """The messages about one run, or about two.

    Those about the second have `side: "second"`, and those about both `side: "pair"`. With two runs each message that
    changes one has `pair`: the rows of their alignment, where they differ, and the first difference as a sentence.
    """

    def __init__(self, run: Lab | Replay, send: Callable[[JsonObject], object]) -> None:
        self._send, self._sides = send, dict[str, RunMessages]()
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
            answer = answer_to(request, lambda: self._answer(side, request))
        return answer if side == FIRST else answer | {"side": side}

    def _answer(self, side: str, request: Mapping[str, Any]) -> JsonObject:
        if request["do"] == "fork":
            return self._forked(request)
        if side == PAIR:
            return self._answer_for_pair(request)
        if side not in self._sides:
            raise LabError(f"there is no {side} run here: it has been closed")
        return self._with_pair(side, self._sides[side].answer(request))

    def _forked(self, request: Mapping[str, Any]) -> JsonObject:
        if self.second is not None and not self._is_fork:
            raise LabError("two runs are compared here: lab.fork(number) returns a fork in a cell")
        self.add(self._sides[FIRST].run.fork(request["number"]), FORK_NAMES, is_fork=True)
        return {"pair": self._pair() | {"is_new": True}}

    def _answer_for_pair(self, request: Mapping[str, Any]) -> JsonObject:
        if request["do"] == "close":
            if self.second is None or not self._is_fork:
                raise LabError("there is no fork here: it has been closed")
            self._sides.pop(SECOND).close()
            self.comparison = None
            return {}
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

    def locked(self) -> AbstractContextManager[None]:
        """Holds the lock of the widgets and those of all labs that are shown."""
        return locked(lambda: (side.run for side in self._sides.values()))

    def close(self) -> None:
        """Sends no more news: the widget is closed."""
        for side in list(self._sides.values()):
            side.close()


def _ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Rising numbers as pairs of start and length."""
    ranges = list[list[int]]()
    for number in numbers:
        if ranges and number == sum(ranges[-1]):
            ranges[-1][1] += 1
        else:
            ranges.append([number, 1])
    return ranges
