"""Table: examines mutants one by one, prints what each must break and has broken, and sums up."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mutants.examination import Verdict
from mutants.mutant import Mutant

from checkout.checker.check import INVARIANTS
from checkout.checker.invariants.invariant import NOTHING_STORED
from checkout.checker.results import Report

HEAD = "mutant", "must break", "has broken", "without it", "seconds"
WIDTHS = 46, 11, 22, 11, 7


class Examined(NamedTuple):
    """A mutant and the invariants that were broken with it; `is_found`: those it must break, and none without it."""

    mutant: Mutant
    broken: list[str]
    is_found: bool


class Table:
    """Prints a line for each mutant; `examined` are all of them."""

    def __init__(self) -> None:
        self.examined: list[Examined] = []
        print(_line(*HEAD))

    def add(self, mutants: Iterable[Mutant], examine: Callable[[Mutant], Verdict]) -> None:
        """Examines mutants."""
        for mutant in mutants:
            started = time.monotonic()
            twin, mutated = examine(mutant)
            is_found = not twin.broken and _is_whole(twin) and mutant.expected <= set(mutated.broken)
            self.examined.append(Examined(mutant, mutated.broken, is_found))
            without = " ".join(twin.broken) or ("holds" if _is_whole(twin) else "not checked")
            name = mutant.name if is_found else f"{mutant.name} NOT FOUND"
            print(_line(name, mutant.breaks, " ".join(mutated.broken), without, f"{time.monotonic() - started:.1f}"))

    def sum_up(self) -> bool:
        """Prints how many mutants were found and invariants broken; returns whether all were found, and any."""
        found = [each for each in self.examined if each.is_found]
        broken = {invariant for each in found for invariant in each.broken}
        unbroken = [invariant.number for invariant in INVARIANTS if invariant.number not in broken]
        print(f"{len(found)} of {len(self.examined)} mutants found", end="; ")
        print(f"{len(INVARIANTS) - len(unbroken)} of {len(INVARIANTS)} invariants broken by at least one", end="")
        print(f", not {', '.join(unbroken)}" if unbroken else "")
        return bool(found) and len(found) == len(self.examined)


def _is_whole(report: Report) -> bool:
    return all(result.not_checked in ("", NOTHING_STORED) for result in report.results)


def _line(*cells: str) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
