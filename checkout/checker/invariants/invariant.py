"""Invariant: its number, its title, the witnesses that it needs, and the function that checks it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from checkout.checker.evidence import Evidence
from checkout.checker.results import InvariantResult, Violation

Finding = tuple[str | None, str]  # the order that breaks an invariant, if it concerns one, and the evidence
NOTHING_STORED = "nothing to check in any database"
Check = Callable[[Evidence, Counter[str]], Iterator[Finding]]  # counts what it checks, and yields what is broken


class Invariant(NamedTuple):
    """One invariant.

    `needs`: witnesses, and services whose databases it reads; without them it cannot be checked. `reads`: services
    whose databases it reads where they are there. A service that runs in the store must have its database.
    """

    number: str
    title: str
    check: Check
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()

    def evaluate(self, evidence: Evidence) -> InvariantResult:
        """Checks the invariant, or says which witness is missing."""
        result = InvariantResult(invariant=self.number, title=self.title)
        result.not_checked = ", ".join(dict.fromkeys(filter(None, map(evidence.why_missing, self.needs))))
        missing = {service: why for service in self.reads if (why := evidence.why_missing(service))}
        if self.reads and len(missing) == len(self.reads):
            result.not_checked = "no database of any service"
        if not result.not_checked:
            self._check(evidence, result, missing.values())
        lost = [service for service in dict.fromkeys((*self.needs, *self.reads)) if evidence.is_lost(service)]
        result.violations += [Violation(self.number, f"{name} runs in this store, without database") for name in lost]
        return result

    def _check(self, evidence: Evidence, result: InvariantResult, missing: Iterable[str]) -> None:
        counts = Counter[str]()
        result.violations = [Violation(self.number, text, order) for order, text in self.check(evidence, counts)]
        if self.reads and not counts and not result.violations:
            result.not_checked = NOTHING_STORED
        result.counts = dict(counts) | dict.fromkeys(missing, 1)
