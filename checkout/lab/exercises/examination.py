"""Examination: what a learner's code did in hidden runs: requirements, a crash matrix, and the first wrong run."""

import linecache
import traceback
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from textwrap import wrap
from typing import Any, NamedTuple

from checkout.lab.lab import Lab

WIDTH = 118
# What a service has called of its hop when it crashes; `handle` is the transaction of its database.
WINDOWS: Mapping[str, Sequence[str]] = {
    "before handle": [],
    "after handle": ["handle"],
    "published": ["handle", "publish"],
    "committed": ["handle", "commit"],
}
GOOD, WRONG, NOT_REACHED = "good", "wrong", "-"
MAX_MESSAGES = 20  # at which a service is crashed


class Requirement(NamedTuple):
    """What an exercise asks for, whether the learner's code does it, and what was seen instead."""

    text: str
    is_met: bool
    seen: str = ""


class Examination:
    """The findings about one answer. `wrong_lab` is the lab of the first run that went wrong."""

    def __init__(self) -> None:
        self.requirements: list[Requirement] = []
        self.matrix: dict[str, dict[str, str]] = {}
        self.wrong_lab: Lab | None = None

    @property
    def is_passed(self) -> bool:
        """Whether all requirements are met; without any, it is not."""
        return bool(self.requirements) and all(each.is_met for each in self.requirements)

    def require(self, text: str, is_met: bool, seen: str = "", lab: Lab | None = None) -> bool:
        """Notes whether a requirement is met, and if not, what was seen, in which lab."""
        self.requirements.append(Requirement(text, is_met, "" if is_met else seen))
        if not is_met and self.wrong_lab is None:
            self.wrong_lab = lab
        return is_met

    def attempt(self, text: str, action: Callable[[], Any]) -> Any:
        """Calls the learner's code. After an exception the requirement is unmet and the result is None."""
        try:
            return action()
        except Exception as error:
            self.require(text, False, f"your code raised {type(error).__name__}: {error}{_line_of(error)}")
            return None

    def crash(
        self, service: str, prepare: Callable[[], Lab], judge: Callable[[Lab], str],
        finish: Callable[[Lab], Any] = Lab.run, row: str = "message",
    ) -> None:  # fmt: skip
        """Crashes a service in each window of each of its messages, and adds a requirement and rows of the matrix.

        `prepare`: opens a lab and places its orders. `finish`: runs it to the end. `judge`: returns what is wrong with
        the result as a sentence, or an empty text. `row`: a word for the messages, the label of the rows.
        Where an earlier requirement is not met, nothing is run.
        """
        text, seen = f"a crash of {service} in any window changes nothing ({row})", ""
        if not all(each.is_met for each in self.requirements):
            self.require(text, False, "tried when the requirements above are met")
            return
        for number, window in product(range(1, MAX_MESSAGES + 1), WINDOWS):
            outcomes = self.matrix.setdefault(f"{row} {number}", dict.fromkeys(WINDOWS, NOT_REACHED))
            if window == "committed" and outcomes["published"] == NOT_REACHED:
                continue  # nothing is published, so the hop ends with this commit
            lab = _crash(service, number, WINDOWS[window], prepare, finish)
            if lab is None and window == "before handle":
                del self.matrix[f"{row} {number}"]
                break
            if lab is not None and not self._judged(outcomes, window, lab, judge) and not seen:
                seen = f"crash at {row} {number}, {window}: {judge(lab)}"
        self.require(text, f"{row} 1" in self.matrix and not seen, seen or f"{service} received no message")

    def _judged(self, outcomes: dict[str, str], window: str, lab: Lab, judge: Callable[[Lab], str]) -> bool:
        is_good = not judge(lab)
        outcomes[window] = GOOD if is_good else WRONG
        if not is_good and self.wrong_lab is None:
            self.wrong_lab = lab
        return is_good

    def __str__(self) -> str:
        lines = []
        for each in self.requirements:
            lines += wrap(f"{'met     ' if each.is_met else 'not met '} {each.text}", WIDTH, subsequent_indent=" " * 9)
            lines += wrap(each.seen, WIDTH, initial_indent=" " * 11, subsequent_indent=" " * 11)
        if self.matrix:
            lines += ["", "crash matrix of your code:", *_table(self.matrix)]
        return "\n".join(lines)


def _crash(
    service: str, number: int, verbs: Sequence[str], prepare: Callable[[], Lab], finish: Callable[[Lab], Any]
) -> Lab | None:
    """A lab in which a service has crashed after these verbs of a message; None if it does not get that far."""
    lab = prepare()
    lab.break_at(service, "handle")
    for count in range(number):
        if count:
            lab.step(verb="handle")
        finish(lab)
        if not lab.status().stopped_at:
            return None
    for verb in verbs:
        work = lab.status().work_in_progress
        if work is None or verb not in work.allowed:
            return None
        lab.step(verb=verb)
    lab.clear_break(service, "handle")
    lab.crash(service)
    lab.restart(service)
    finish(lab)
    return lab


def _line_of(error: Exception) -> str:
    """The last line of the learner's own code in a traceback: code that is not in a file of this package."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if "checkout" not in each.filename.split("/")]
    if not frames:
        return ""
    line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno or 0).strip()
    return f" (line {frames[-1].lineno}: {line})" if line else f" (line {frames[-1].lineno})"


def _table(matrix: Mapping[str, Mapping[str, str]]) -> list[str]:
    columns, label = list(WINDOWS), max(map(len, matrix))
    widths = [max(len(column), 5) for column in columns]
    rows = [("", dict(zip(columns, columns, strict=True))), *matrix.items()]
    return ["  ".join([name.ljust(label), *(row[c].ljust(w) for c, w in zip(columns, widths, strict=True))]).rstrip()
            for name, row in rows]  # fmt: skip
