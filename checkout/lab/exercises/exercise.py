"""Exercise: what a learner builds, how it is examined, and what `check` answers."""

from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

from checkout.lab.errors import LabError
from checkout.lab.exercises.examination import Examination


class Exercise(NamedTuple):
    """Something that a learner builds.

    `takes`: what `check` is given, in words. `hints`: three, from a direction to the line of code. `examine`: runs the
    learner's code in hidden runs and notes the requirements. `accepts`: whether an object is of the right kind.
    """

    takes: str
    hints: tuple[str, str, str]
    examine: Callable[[Any, Examination], None]
    accepts: Callable[[Any], bool] = callable


class Feedback:
    """The answer of `check`: requirements, crash matrix, the next hint. `is_right` is true or false."""

    def __init__(self, name: str, found: Examination, hint: str) -> None:
        self.is_right, self._found = found.is_passed, found
        met = sum(each.is_met for each in found.requirements)
        first = f"{name}: done." if self.is_right else f"{name}: {met} of {len(found.requirements)} requirements met."
        self.text = "\n".join([first, str(found), *([hint] if hint else [])])

    def walk(self) -> Any:
        """The walk through the first wrong run. Raises LabError if no run of a lab was wrong."""
        if self._found.wrong_lab is None:
            raise LabError("no run of a lab went wrong: there is nothing to walk through")
        return self._found.wrong_lab.walk()

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"
