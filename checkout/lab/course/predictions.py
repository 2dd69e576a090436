"""Predictions: a learner's answers to questions about a run, compared with what the run showed."""

from collections.abc import Iterable
from html import escape
from types import EllipsisType
from typing import Any

from checkout.c4.notebook.text import wrapped
from checkout.lab.errors import LabError

TOLERANCE = 0.005  # of a number: half a cent


class Prediction:
    """A question about something that has not happened yet, and the learner's answer."""

    def __init__(self, question: str, mine: object, number: int) -> None:
        self.question, self.mine, self.number = question, mine, number
        self.is_right: bool | None = None
        self._text = f"Prediction {number}: {question}"
        self._told = self._text + ("\nReplace ... by your answer." if mine is ... else f"\nYou predict: {_shown(mine)}")

    def compare(self, happened: Any) -> "Prediction":
        """Compares the answer with what happened, and shows both.

        `happened`: a number, a text, True or False, or several texts or numbers in any order. Returns the prediction.
        """
        happened = list(happened) if _is_collection(happened) else happened  # a generator is read once
        self.is_right = None if self.mine is ... else _is_same(self.mine, happened)
        verdict = {None: "no prediction", True: "right", False: f"you predicted {_shown(self.mine)}"}[self.is_right]
        self._told = f"{self._text}\nThe run: {_shown(happened)} ({verdict})"
        return self

    def __repr__(self) -> str:
        return wrapped(self._told)

    def _repr_html_(self) -> str:
        question, _, answer = self._told.partition("\n")
        return f"<p><b>{escape(question)}</b><br>{escape(answer)}</p>"


class Predictions:
    """The predictions of one notebook. Calling it makes one; `score` counts the right ones.

    `predict("Which services read it?", ...)` asks, `.compare(...)` of the result answers from the run.
    """

    def __init__(self) -> None:
        self._made: dict[str, Prediction] = {}

    def __call__(self, question: str, mine: object | EllipsisType) -> Prediction:
        """Asks a question. A question that is asked again replaces the earlier one.

        `mine`: the learner's answer, or `...` for none. Raises LabError for an empty question.
        """
        if not question.strip():
            raise LabError("a prediction needs a question: predict('Which services read it?', ...)")
        earlier = self._made.get(question)
        number = earlier.number if earlier else len(self._made) + 1
        self._made[question] = Prediction(question, mine, number)
        return self._made[question]

    def score(self) -> str:
        """Returns how many predictions were made and were right, and which were wrong or are still open."""
        made = [each for each in self._made.values() if each.mine is not ...]
        lines = [f"{sum(each.is_right is True for each in made)} of {len(self._made)} predictions right, "
                 f"{len(self._made) - len(made)} not made"]  # fmt: skip
        lines += [f"  wrong: {each.number} {each.question}" for each in made if each.is_right is False]
        lines += [f"  not compared yet: {each.number} {each.question}" for each in made if each.is_right is None]
        return "\n".join(lines)


def _is_same(mine: Any, happened: Any) -> bool:
    if _is_collection(happened):
        expected = sorted(map(_text, happened))
        given = mine if _is_collection(mine) else [part for part in str(mine).split(",") if part.strip()]
        return sorted(map(_text, given)) == expected
    if isinstance(happened, bool):
        return _text(mine) in ({"true", "yes"} if happened else {"false", "no"})
    try:
        return abs(float(mine) - float(happened)) < TOLERANCE
    except (TypeError, ValueError):
        return _text(mine) == _text(happened)


def _is_collection(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def _text(value: object) -> str:
    return str(value).strip().strip(".").lower()


def _shown(value: Any) -> str:
    return ", ".join(sorted(map(str, value))) or "none" if _is_collection(value) else str(value)
