"""Moments: the hops of a step or a run as a cell shows them, one a line."""

from collections.abc import Iterable, Sequence

from checkout.c4.notebook.text import wrapped
from checkout.journal.hop import Outcome
from checkout.lab.history.moment import Moment
from checkout.lab.history.sentences import LAB

MAX_LINES = 40


class Moments(list[Moment]):
    """A list of moments. Its repr is a table of at most 40 moments, in lines of at most 120 characters.

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
        shown = self[:MAX_LINES]
        hops = iter(align([_cells(moment) for moment in shown if moment.hop.sender != LAB]))
        lines = [f"lab: {moment.hop.technology}" if moment.hop.sender == LAB else next(hops) for moment in shown]
        more = [f"... and {len(self) - MAX_LINES} more"] if len(self) > MAX_LINES else []
        return wrapped("\n".join([*lines, *more, *([self.note] if self.note else [])])) or "nothing happened"


def _cells(moment: Moment) -> Sequence[str]:
    hop = moment.hop
    outcome = "observed" if hop.observed else "" if hop.outcome == Outcome.APPLIED else hop.outcome
    return str(hop.step or ""), f"{hop.sender} → {hop.to}", hop.message, moment.order, moment.place, outcome


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with aligned columns."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [[row[0].rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])] for row in rows]
    return ["  ".join(cells).rstrip() for cells in aligned]
