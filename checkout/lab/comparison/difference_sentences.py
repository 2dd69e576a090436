"""Difference sentences: what two runs do not have in common in one row, as a sentence and as data."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from checkout.c4.notebook.text import wrapped
from checkout.lab.comparison.alignment import Alignment, Row
from checkout.lab.history.moment import Moment

MAX_VALUE = 60  # characters of a value in a sentence
Names = Sequence[str]


class DifferenceKind(StrEnum):
    """What the difference is: a hop that is missing, another message, another place, a field, or the end of a run."""

    MISSING = "missing"
    MESSAGE = "message"
    ORDER = "order"
    FIELD = "field"
    END = "end"


class Difference(msgspec.Struct):
    """A difference between two runs. Its repr is a sentence.

    `row`: index of the row of the alignment. `first`, `second`: the moments concerned, None where a run has none.
    `field`, `values`: of the kind `field`, what differs and both values.
    """

    kind: DifferenceKind
    row: int
    sentence: str
    first: Moment | None = None
    second: Moment | None = None
    field: str = ""
    values: tuple[Any, Any] | None = None

    def __repr__(self) -> str:
        return wrapped(self.sentence)


def difference_at(alignment: Alignment, at: int, names: Names) -> Difference | None:
    """Returns the difference in one row of the alignment, None if there is none. `names`: of the runs in a sentence."""
    row = alignment.rows[at]
    first, second = alignment.moments(row)
    if first and second:
        return _of_pair(alignment, at, first, second, names)
    if _has_ended(alignment, at):
        return _end(alignment, at, first, second, names)
    return _of_one(alignment, at, names)


def _of_pair(alignment: Alignment, at: int, first: Moment, second: Moment, names: Names) -> Difference | None:
    found = alignment.difference(alignment.rows[at])
    if found is None:
        return None
    if _message(first) != _message(second):
        verb = _verb(first, second, names, "is another message", "are different messages")
        sentence = f"{verb}: {_clause(first)} in {names[0]}, {_clause(second)} in {names[1]}."
        return Difference(DifferenceKind.MESSAGE, at, sentence, first, second)
    values = f"{found.field} is {text_of(found.first)} in {names[0]} and {text_of(found.second)} in {names[1]}"
    sentence = f"{_verb(first, second, names, 'differs', 'differ')}: {values} ({_clause(first)})."
    return Difference(DifferenceKind.FIELD, at, sentence, first, second, found.field, (found.first, found.second))


def _of_one(alignment: Alignment, at: int, names: Names) -> Difference:
    row = alignment.rows[at]
    partner, is_first = alignment.partner(row), row.first is not None
    own, other = names if is_first else reversed(names)
    if partner is None:
        first, second = alignment.moments(row)
        moment = first or second
        assert moment is not None
        sentence = f"Hop {moment.number} of {own} is missing in {other}: {_clause(moment)}."
        return Difference(DifferenceKind.MISSING, at, sentence, first, second)
    first, second = alignment.moments(Row(row.first, partner) if is_first else Row(partner, row.second))
    assert first is not None and second is not None
    numbers = f"is hop {first.number} of {names[0]} and hop {second.number} of {names[1]}"
    sentence = f"The order of the hops differs: \"{_clause(first)}\" {numbers}."
    return Difference(DifferenceKind.ORDER, at, sentence, first, second)


def _has_ended(alignment: Alignment, at: int) -> bool:
    left = alignment.rows[at:]
    is_alone = all(row.second is None for row in left) or all(row.first is None for row in left)
    return is_alone and not any(alignment.partner(row) is not None for row in left)


def _end(alignment: Alignment, at: int, first: Moment | None, second: Moment | None, names: Names) -> Difference:
    moment, (own, other) = first or second, names if first else reversed(names)
    assert moment is not None
    ended, more = len(alignment.second if first else alignment.first), len(alignment.rows) - at
    sentence = (
        f"Both are equal to the end of {other}, {ended} hop{'s' * (ended != 1)}; "
        f"{own} goes on for {more} more: {_clause(moment)}{', and so on' * (more > 1)}."
    )
    return Difference(DifferenceKind.END, at, sentence, first, second)


def _verb(first: Moment, second: Moment, names: Names, of_one: str, of_two: str) -> str:
    if first.number == second.number:
        return f"Hop {first.number} {of_one}"
    return f"Hop {first.number} of {names[0]} and hop {second.number} of {names[1]} {of_two}"


def _message(moment: Moment) -> tuple[str, ...]:
    return moment.order, moment.hop.sender, moment.hop.to, moment.hop.message


def _clause(moment: Moment) -> str:
    return moment.sentence.rstrip(".")


def text_of(value: Any) -> str:
    """A value of a field in at most 60 characters."""
    text = str(value) if isinstance(value, str | Decimal) else msgspec.json.encode(value).decode()
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]} ..."
