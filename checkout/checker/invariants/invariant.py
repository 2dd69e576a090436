"""Invariant: its number, its title, the witnesses that it needs, and the function that checks it."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from checkout.checker.evidence import Evidence
from checkout.checker.results import InvariantResult, Violation

Finding = tuple[str | None, str]  # the order that breaks an invariant, if it concerns one, and the evidence
Check = Callable[[Evidence, Counter[str]], Iterator[Finding]]  # counts what it checks, and yields what is broken


class Invariant(NamedTuple):
    """One invariant. `needs`: witnesses, and services whose databases it reads; without them it cannot be checked."""

    number: str
    title: str
    check: Check
    needs: tuple[str, ...] = ()

    def evaluate(self, evidence: Evidence) -> InvariantResult:
        """Checks the invariant, or says which witness is missing."""
        result = InvariantResult(invariant=self.number, title=self.title)
        result.not_checked = ", ".join(dict.fromkeys(filter(None, map(evidence.why_missing, self.needs))))
        if not result.not_checked:
            counts = Counter[str]()
            result.violations = [Violation(self.number, text, order) for order, text in self.check(evidence, counts)]
            result.counts = dict(counts)
        return result
