"""Results: how an order conforms to a view: the arrows that happened, the deviations, and what cannot be judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from checkout.c4.findings import printable
from checkout.c4.journal import hop_data
from checkout.c4.source.arrows import Arrow
from checkout.journal.hop import Hop


class DeviationKind(StrEnum):
    """How a run deviates from a view."""

    MISSING = "missing"
    EXTRA = "extra"
    EARLY = "too early"
    WRONG_TECHNOLOGY = "wrong technology"
    REDELIVERED = "redelivered"


class Verdict(StrEnum):
    """Whether a run conforms to a view."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    UNJUDGED = "cannot be judged"


class DeviationKey(NamedTuple):
    """What two equal deviations of different orders have in common; `seen` is the technology of a wrong one."""

    kind: str
    source: str
    target: str
    technology: str
    seen: str = ""

    def __str__(self) -> str:
        technology = f" [{self.technology}]" if self.technology else ""
        seen = f", seen [{self.seen}]" if self.seen else ""
        return printable(f"{self.kind} {self.source} → {self.target}{technology}{seen}")


@dataclass(frozen=True)
class Deviation:
    """One deviation: `arrow` is what is drawn and `hop` what was recorded, if there is one.

    `count` is the number of hops. `accepted` is the reason for which a baseline accepts it.
    """

    kind: DeviationKind
    message: str
    arrow: Arrow | None = None
    hop: Hop | None = None
    tolerated: bool = False
    count: int = 1
    accepted: str = ""

    @property
    def key(self) -> DeviationKey:
        """What this deviation has in common with equal ones of other orders."""
        ends = self.arrow.key if self.arrow else self.hop.arrow if self.hop else ("", "", "")
        is_wrong = self.kind is DeviationKind.WRONG_TECHNOLOGY and self.hop is not None
        return DeviationKey(self.kind, *ends, self.hop.technology if is_wrong and self.hop else "")

    @property
    def is_undrawn(self) -> bool:
        """Whether this is a hop that no arrow of the view has."""
        return self.kind is DeviationKind.EXTRA and self.arrow is None

    def __str__(self) -> str:
        accepted = f"; accepted: {printable(self.accepted)}" if self.accepted else ""
        return f"{self.kind}: {f'{self.arrow.line.place}: ' if self.arrow else ''}{self.message}{accepted}"


@dataclass(frozen=True)
class Unjudged:
    """An arrow of which the recording does not show whether it happened; without an arrow the whole order."""

    arrow: Arrow | None
    reason: str

    def __str__(self) -> str:
        arrow = f"{self.arrow.line.place}: {self.arrow}: " if self.arrow else ""
        return f"cannot be judged: {arrow}{printable(self.reason)}"


@dataclass(frozen=True)
class OrderResult:
    """How one order conforms: the first hop of each arrow that happened, the deviations, and what cannot be judged.

    `hops` and `times`, the number of hops, have the position of the arrow among the numbered arrows as key; `times`
    has only arrows that happened more than once.
    """

    order: str
    hops: dict[int, Hop]
    deviations: tuple[Deviation, ...]
    unjudged: tuple[Unjudged, ...] = ()
    times: Mapping[int, int] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Deviates if a deviation is not tolerated, else cannot be judged if an arrow cannot, else conforms."""
        if any(not deviation.tolerated for deviation in self.deviations):
            return Verdict.DEVIATES
        return Verdict.UNJUDGED if self.unjudged else Verdict.CONFORMS

    @property
    def conforms(self) -> bool:
        """Whether all deviations are tolerated and every arrow can be judged."""
        return self.verdict is Verdict.CONFORMS

    def describe(self, as_line: Callable[[Deviation], str] = str) -> str:
        """The verdict, and a line for each deviation, arrow that cannot be judged, and repeated arrow."""
        summary = f"{printable(self.order)}: {self.verdict}, {len(self.hops)} arrows happened"
        return "\n  ".join([summary, *map(as_line, self.deviations), *map(str, self.unjudged), *self.repeated])

    def __str__(self) -> str:
        return self.describe()

    def as_data(self) -> dict[str, Any]:
        """This result as JSON data."""
        unjudged = [
            {"line": each.arrow.line.number if each.arrow else None, "reason": each.reason} for each in self.unjudged
        ]
        return {
            "order": self.order, "verdict": self.verdict, "conforms": self.conforms, "arrows": len(self.hops),
            "deviations": [deviation_data(each) for each in self.deviations], "unjudged": unjudged,
            "repeated": list(self.repeated),
        }  # fmt: skip


def deviation_data(deviation: Deviation) -> dict[str, Any]:
    """A deviation as JSON data."""
    arrow, hop = deviation.arrow, deviation.hop
    return {
        "kind": deviation.kind, "tolerated": deviation.tolerated, "message": deviation.message,
        "count": deviation.count, "accepted": deviation.accepted or None,
        "line": arrow.line.number if arrow else None, "hop": hop_data(hop) if hop else None,
    }  # fmt: skip
