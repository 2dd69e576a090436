"""Examination: what a learner's code did in hidden runs: requirements, a crash matrix, and the first wrong run."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from textwrap import wrap
from typing import Any, NamedTuple

from checkout.lab.errors import in_words
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
            self.require(text, False, f"your code raised {in_words(error)}")
            return None

    def judge(
        self, text: str, action: Callable[[], Any], wrong: Callable[[Any], str], lab: Lab | None = None
    ) -> bool:  # fmt: skip
        """Calls the learner's code and notes whether its result is right.

        `wrong`: returns what is wrong with the result as a sentence, or an empty text. `lab`: what the code has moved.
        """
        try:
            result = action()
        except Exception as error:
            return self.require(text, False, f"your code raised {in_words(error)}", lab)
        seen = wrong(result)
        return self.require(text, not seen, seen, lab)

    def crash(
        self, service: str, prepare: Callable[[], Lab], judge: Callable[[Lab], str],
        finish: Callable[[Lab], Any] = Lab.run, row: str = "message", last: int = MAX_MESSAGES,
    ) -> None:  # fmt: skip
        """Crashes a service in each window of each of its messages, and adds a requirement and rows of the matrix.

        `prepare`: opens a lab and places its orders. `finish`: runs it to the end. `judge`: returns what is wrong with
        the result as a sentence, or an empty text. `row`: a word for the messages, the label of the rows.
        `last`: how many of them.
        Where an earlier requirement is not met, nothing is run.
        """
        text, seen = f"a crash of {service} in any window changes nothing ({row})", ""
        if not all(each.is_met for each in self.requirements):
            self.require(text, False, "tried when the requirements above are met")
            return
        publishes = False
        for number, window in product(range(1, last + 1), WINDOWS):
            outcomes = self.matrix.setdefault(f"{row} {number}", dict.fromkeys(WINDOWS, NOT_REACHED))
            if window in ("published", "committed") and not publishes:
                continue  # nothing is published, so the hop ends with its commit
            lab, allowed = _crash(service, number, WINDOWS[window], prepare, finish)
            if window == "after handle":
                publishes = "publish" in allowed
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
            lines += lines_of(f"{'met     ' if each.is_met else 'not met '} {each.text}", 0, 9)
            lines += lines_of(each.seen, 11, 11)
        if self.matrix:
            lines += ["", "crash matrix of your code:", *_table(self.matrix)]
        return "\n".join(lines)


def lines_of(text: str, first: int = 0, other: int = 0) -> list[str]:
    """A text in lines for the feedback, which begin with so many spaces; the name of a topic stays in one line."""
    return wrap(text, WIDTH, initial_indent=" " * first, subsequent_indent=" " * other, break_on_hyphens=False)


def _crash(
    service: str, number: int, verbs: Sequence[str], prepare: Callable[[], Lab], finish: Callable[[Lab], Any]
) -> tuple[Lab | None, list[str]]:
    """A lab in which a service has crashed after these verbs of a message, and the verbs that were possible then.

    The lab is None if the service receives fewer messages.
    """
    lab = prepare()
    lab.break_at(service, "handle")
    for count in range(number):
        if count:
            lab.step(verb="handle")
        finish(lab)
        if not lab.status().stopped_at:
            return None, []
    for verb in verbs:
        lab.step(verb=verb)
    work = lab.status().work_in_progress
    lab.clear_break(service, "handle")
    lab.crash(service)
    lab.restart(service)
    finish(lab)
    return lab, work.allowed if work else []


def _table(matrix: Mapping[str, Mapping[str, str]]) -> list[str]:
    columns, label = list(WINDOWS), max(map(len, matrix))
    widths = [max(len(column), 5) for column in columns]
    rows = [("", dict(zip(columns, columns, strict=True))), *matrix.items()]
    return ["  ".join([name.ljust(label), *(row[c].ljust(w) for c, w in zip(columns, widths, strict=True))]).rstrip()
            for name, row in rows]  # fmt: skip
