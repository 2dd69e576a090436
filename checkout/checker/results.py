"""Results: what the checker has counted for each invariant, and what broke it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_EVIDENCE = 10  # violations of an invariant that the text shows


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

    @property
    def verdict(self) -> str:
        """holds, BROKEN or not checked."""
        return "BROKEN" if self.violations else "not checked" if self.not_checked else "holds"

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {number:,}" for name, number in self.counts.items())
        lines = [f"{self.invariant:<4} {self.title:<39} {self.verdict:<12} {self.not_checked or counts}".rstrip()]
        for violation in self.violations[:MOST_EVIDENCE]:
            lines.append(f"       {f'order {violation.order}: ' if violation.order else ''}{violation.evidence}")
        if more := len(self.violations) - MOST_EVIDENCE:
            lines += [f"       and {more:,} more"] if more > 0 else []
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Report:
    """The results of all invariants, in their order. Its text is a line for each, with the evidence of what broke."""

    results: Sequence[InvariantResult]

    @property
    def violations(self) -> list[Violation]:
        """What broke any invariant."""
        return [violation for result in self.results for violation in result.violations]

    @property
    def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [result.invariant for result in self.results if result.violations]

    @property
    def not_checked(self) -> list[str]:
        """The invariants that could not be checked."""
        return [result.invariant for result in self.results if result.verdict == "not checked"]

    def __str__(self) -> str:
        held = sum(result.verdict == "holds" for result in self.results)
        end = f"{held} of {len(self.results)} invariants hold, {len(self.not_checked)} not checked"
        return "\n".join([*map(str, self.results), f"{end}; violations: {len(self.violations):,}"])

    __repr__ = __str__
