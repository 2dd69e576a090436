"""Moments: hops as they are shown in a cell: a line each, then why it stopped."""

from collections.abc import Iterable, Sequence

from checkout.journal.hop import Outcome
from checkout.lab.history.projection import Moment

MOST_LINES = 40


class Moments(list[Moment]):
    """What a step or a run has brought, with a note where it stopped for a reason."""

    def __init__(self, moments: Iterable[Moment], note: str = "") -> None:
        super().__init__(moments)
        self.note = note

    @property
    def hop(self) -> Moment:
        """The last of them. Raises IndexError where nothing happened."""
        return self[-1]

    def __repr__(self) -> str:
        lines = table([_cells(moment) for moment in self[:MOST_LINES]])
        more = [f"... and {len(self) - MOST_LINES} more"] if len(self) > MOST_LINES else []
        return "\n".join([*lines, *more, *([self.note] if self.note else [])]) or "nothing happened"


def _cells(moment: Moment) -> Sequence[str]:
    hop = moment.hop
    if hop.sender == "lab":
        return "", "", hop.technology, "", "", ""
    outcome = "" if hop.outcome == Outcome.APPLIED else hop.outcome
    return str(hop.step or ""), f"{hop.sender} → {hop.to}", hop.message, moment.order, moment.place, outcome


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines whose columns stand below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = [[row[0].rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])] for row in rows]
    return ["  ".join(cells).rstrip() for cells in aligned]
