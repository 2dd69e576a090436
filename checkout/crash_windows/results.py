"""Results: what became of the store after a crash in each window, as a file, a table and the cells of a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from checkout.checker.results import Report
from checkout.crash_windows.windows import WINDOWS

COLUMNS = [str(number) for number in range(8)]  # of the windows


class WindowOutcome(StrEnum):
    """What became of a store: all invariants hold, or one is broken, or the service was never in this window."""

    GOOD = "good"
    BROKEN = "broken"
    NOT_HIT = "not hit"


class WindowResult(msgspec.Struct, kw_only=True):
    """One crash: which replica died, the n-th `time` that it was in the window, and what broke.

    `problems` are those of the round, in which one replica of each service crashes.
    """

    window: str
    replicas: int
    replica: str
    time: int
    outcome: WindowOutcome
    problems: list[str] = msgspec.field(default_factory=list)


class CrashReport(msgspec.Struct, kw_only=True):
    """The results of a run, the number of orders in it, and what the checker has counted for each invariant."""

    results: list[WindowResult] = msgspec.field(default_factory=list)
    orders: int = 0
    checked: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)

    def add(self, results: Sequence[WindowResult], orders: int, report: Report) -> None:
        """Adds the results of one store, the number of its orders, and the last report of the checker."""
        self.results += results
        self.orders += orders
        for result in report.results:
            counts = Counter(self.checked.get(result.invariant)) + Counter(result.counts)
            self.checked[result.invariant] = dict(counts)

    @property
    def is_good(self) -> bool:
        """Whether there are results, and all are good."""
        return bool(self.results) and all(result.outcome is WindowOutcome.GOOD for result in self.results)

    @property
    def summary(self) -> str:
        """One line: how many windows were hit, and after how many crashes all invariants hold."""
        counts = Counter(result.outcome for result in self.results)
        hit = len(self.results) - counts[WindowOutcome.NOT_HIT]
        windows = len({result.window for result in self.results if result.outcome is not WindowOutcome.NOT_HIT})
        return (
            f"{hit} of {len(self.results)} crashes happened, in {windows} of {len(WINDOWS)} windows, during "
            f"{self.orders:,} orders; after {counts[WindowOutcome.GOOD]} of them all invariants hold"
        )

    def rows(self) -> list[str]:
        """The labels of the rows: a service and a kind of window, and the number of replicas."""
        return [label for label, _ in self._by_row()]

    def cells(self) -> list[list[str]]:
        """The outcome of each window by row and number; empty where there is no such window, or it was not tried."""
        return [[cells.get(column, "") for column in COLUMNS] for _, cells in self._by_row()]

    def _by_row(self) -> Sequence[tuple[str, dict[str, str]]]:
        found: dict[tuple[int, str], dict[str, str]] = {}
        order = list(dict.fromkeys(window.row for window in WINDOWS.values()))
        for result in self.results:
            window = WINDOWS[result.window]
            found.setdefault((result.replicas, window.row), {})[window.column] = result.outcome.value
        keys = sorted(found, key=lambda key: (key[0], order.index(key[1])))
        return [(f"{row}, {n} replica{'s' * (n > 1)}", found[n, row]) for n, row in keys]

    def table(self) -> str:
        """The rows and cells as text, and the problems."""
        rows, cells = self.rows(), self.cells()
        width = max(map(len, rows), default=0)
        texts = ["".join(f" {cell:<7}" for cell in found) for found in cells]
        lines = [" " * width + "".join(f" {number:<7}" for number in COLUMNS)]
        lines += [f"{row:<{width}}{text}" for row, text in zip(rows, texts, strict=True)]
        problems = dict.fromkeys(problem for result in self.results for problem in result.problems)
        return "\n".join(line.rstrip() for line in [*lines, *problems])

    @classmethod
    def read(cls, path: Path | str) -> CrashReport:
        """Reads a report."""
        return msgspec.json.decode(Path(path).read_bytes(), type=cls)

    def write(self, path: Path | str) -> None:
        """Writes a report."""
        Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")
