"""Moments: the hops of a step or a run as a cell shows them, one a line."""

from collections.abc import Iterable, Sequence

from checkout.journal.hop import Outcome
from checkout.lab.history.projection import Moment
from checkout.lab.history.sentences import LAB

MAX_LINES = 40


class Moments(list[Moment]):
    """A list of moments. Its repr is a table of at most 40 lines.

    `note` says why the lab has stopped: a break point, nothing left to do, or the verb that was called.
    """

    def __init__(self, moments: Iterable[Moment], note: str = "") -> None:
        super().__init__(moments)
        self.note = note

    @property
    def hop(self) -> Moment:
        """The last moment. Raises IndexError if the list is empty."""
        return self[-1]

    def __repr__(self) -> str:
        lines = align([_cells(moment) for moment in self[:MAX_LINES]])
        more = [f"... and {len(self) - MAX_LINES} more"] if len(self) > MAX_LINES else []
        return "\n".join([*lines, *more, *([self.note] if self.note else [])]) or "nothing happened"


def _cells(moment: Moment) -> Sequence[str]:
    hop = moment.hop
    if hop.sender == LAB:
        return "", "", hop.technology, "", "", ""
    outcome = "observed" if hop.observed else "" if hop.outcome == Outcome.APPLIED else hop.outcome
    return str(hop.step or ""), f"{hop.sender} → {hop.to}", hop.message, moment.order, moment.place, outcome


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [[row[0].rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])] for row in rows]
    return ["  ".join(cells).rstrip() for cells in aligned]
