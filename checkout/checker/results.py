"""Results: what the checker has counted for each invariant, and what broke it."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Violation:
    """One case in which an invariant does not hold: its order if it concerns one, and the evidence as text."""

    invariant: str
    evidence: str
    order: str | None = None


@dataclass(kw_only=True)
class InvariantResult:
    """One invariant ("I5"): its title, how many things were checked, and what broke it.

    `not_checked`: why the invariant cannot be checked, such as a witness that is not there; else empty.
    """

    invariant: str
    title: str
    counts: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    not_checked: str = ""


@dataclass(frozen=True)
class Report:
    """The results of all invariants, in their order."""

    results: Sequence[InvariantResult]

    @property
    def violations(self) -> list[Violation]:
        """What broke any invariant."""
        return [violation for result in self.results for violation in result.violations]

    @property
    def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [result.invariant for result in self.results if result.violations]
