"""Comparison: two runs and where they differ first, as text and as a table."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checkout.c4.notebook.text import wrapped
from checkout.journal.hop import Outcome
from checkout.lab.comparison.alignment import Alignment, Row
from checkout.lab.comparison.difference_sentences import Difference, difference_at, text_of
from checkout.lab.errors import LabError
from checkout.lab.history.moment import Moment
from checkout.lab.history.moments import align
from checkout.lab.history.replay import Replay
from checkout.lab.history.sentences import LAB

if TYPE_CHECKING:
    from checkout.lab.lab import Lab
    from checkout.lab.widget.compare import Comparison

NAMES = ("the first run", "the second run")
HEAD = ("", "first", "second", "step", "", "", "", "", "")
BEFORE, AFTER = 2, 4  # rows of the table around the first difference


def compare(
    first: "Lab | Replay | str | Path", second: "Lab | Replay | str | Path", names: Sequence[str] = NAMES
) -> "Comparison":
    """Returns a comparison of two runs: their walks side by side with one slider, and the first difference.

    `first`, `second`: a lab, a replay, or the path of a journal. `names`: of the two runs, within a sentence.
    Hops are compared by order and message; their times and the ids of orders are not. Raises LabError for a path
    without a journal, for anything else, and if there are not two different names.
    """
    from checkout.lab.widget.compare import Comparison  # the widget needs anywidget, which not every program has

    if not isinstance(names, list | tuple) or len(names) != 2 or not all(names) or names[0] == names[1]:
        raise LabError(f"a comparison needs two different names, not {names!r}: names={NAMES!r}")
    return Comparison(_run(first), _run(second), names)


def _run(given: "Lab | Replay | str | Path") -> "Lab | Replay":
    """The run of an argument of `compare`. Raises LabError if there is none."""
    if isinstance(given, str | Path):
        return Replay(given)
    if not hasattr(given, "journal"):
        raise LabError(f"a comparison needs labs, replays or paths of journals, not {given!r}")
    return given


class RunComparison:
    """Two runs and where they differ. A lab may go on: each reading compares the hops that it has by then."""

    def __init__(self, first: "Lab | Replay", second: "Lab | Replay", names: Sequence[str] = NAMES) -> None:
        self.runs, self.names = (first, second), tuple(names)
        self._compared: tuple[Any, ...] = ()

    @property
    def alignment(self) -> Alignment:
        """The hops of both runs in rows."""
        states = tuple((run.journal.projection, len(run.moments)) for run in self.runs)
        if states != self._compared:
            self._compared, self._alignment = states, Alignment(*(list(run.moments) for run in self.runs))
        return self._alignment

    @property
    def first_difference(self) -> Difference | None:
        """Where the runs differ first; None where all hops are equal."""
        different = self.alignment.different
        return self.difference_at(different[0]) if different else None

    def difference_at(self, row: int) -> Difference | None:
        """The difference in a row of the alignment; None where the hops are equal, and beyond the end."""
        return difference_at(self.alignment, row, self.names) if 0 <= row < len(self.alignment.rows) else None

    @property
    def counts(self) -> str:
        """How many hops the runs have, and how many of these are equal, as a sentence."""
        alignment, (one, other) = self.alignment, self.names
        if not alignment.different:
            return f"No difference: {one} and {other} have {len(alignment.first)} equal hops."
        equal = len(alignment.rows) - len(alignment.different)
        total = f"{one} has {len(alignment.first)} hops, {other} has {len(alignment.second)}; {equal} are equal."
        return f"{total[0].upper()}{total[1:]}"

    @property
    def sentence(self) -> str:
        """The counts and the first difference."""
        found = self.first_difference
        return f"{self.counts} First difference: {found.sentence}" if found else self.counts

    def __repr__(self) -> str:
        lines = [line for row in self._shown() for line in self._lines(row)]
        return "\n".join([wrapped(self.sentence), *(align([HEAD, *lines]) if lines else [])])

    def html(self) -> str:
        """The rows around the first difference as an HTML table with the sentence as its caption."""
        rows = "".join(f"<tr>{self._html_cells(row)}</tr>" for row in self._shown())
        names = "".join(f"<th>hop</th><th>{escape(name)}</th>" for name in self.names)
        head = f"<thead><tr><th></th>{names}</tr></thead>" if rows else ""
        return f"<table><caption>{escape(self.sentence)}</caption>{head}<tbody>{rows}</tbody></table>"

    def _shown(self) -> Sequence[Row]:
        found = self.first_difference
        return self.alignment.rows[max(0, found.row - BEFORE) : found.row + 1 + AFTER] if found else []

    def _lines(self, row: Row) -> Iterator[Sequence[str]]:
        first, second = self.alignment.moments(row)
        found = self.alignment.difference(row)
        if first and second and not found:
            yield "", str(first.number), str(second.number), *_cells(first), ""
            return
        field = found.field if found else ""
        if first:
            yield "-", str(first.number), "", *_cells(first), f"{field}: {text_of(found.first)}" if found else ""
        if second:
            yield "+", "", str(second.number), *_cells(second), f"{field}: {text_of(found.second)}" if found else ""

    def _html_cells(self, row: Row) -> str:
        found = self.alignment.difference(row)
        values = (found.first, found.second) if found else ("", "")
        cells = [f"<th>{'≠' * (found is not None or None in row)}</th>"]
        for moment, value in zip(self.alignment.moments(row), values, strict=True):
            words = escape(moment.sentence) if moment else ""
            words += f" <mark>{escape(f'{found.field}: {text_of(value)}')}</mark>" if found else ""
            cells.append(f"<td>{moment.number if moment else ''}</td><td>{words}</td>")
        return "".join(cells)


def _cells(moment: Moment) -> Sequence[str]:
    hop = moment.hop
    if hop.sender == LAB:
        return "", LAB, "", "", hop.technology
    outcome = "" if hop.outcome is Outcome.APPLIED else str(hop.outcome)
    return str(hop.step or ""), f"{hop.sender} → {hop.to}", hop.message, moment.order, outcome
