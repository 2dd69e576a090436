"""Summary: the results of many orders, with each distinct deviation and each gap once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checkout.c4.checks.conformance.results import (
    Deviation,
    OrderResult,
    Unjudged,
    Verdict,
    deviation_data,
)
from checkout.c4.checks.gaps import Gaps, NoGaps
from checkout.c4.findings import printable
from checkout.journal.hop import Hop

DRAW, DRAW_OR_IGNORE = "draw it", "draw it, or add it to [ignore] in traces.toml"


@dataclass(frozen=True)
class DistinctDeviation:
    """A deviation as its first order has it, the number of orders that have it, and of its hops in all of them."""

    example: Deviation
    order: str
    orders: int
    hops: int

    def as_data(self) -> dict[str, Any]:
        """This deviation as JSON data."""
        return deviation_data(self.example) | {"order": self.order, "orders": self.orders, "count": self.hops}


@dataclass(frozen=True)
class DistinctGap:
    """What cannot be judged, as the first order has it, and the number of orders."""

    example: Unjudged
    order: str
    orders: int

    def as_data(self) -> dict[str, Any]:
        """This gap as JSON data."""
        arrow = self.example.arrow
        place = {"line": arrow.line.number if arrow else None, "reason": self.example.reason}
        return place | {"order": self.order, "orders": self.orders}


@dataclass(frozen=True)
class Summary:
    """The results of orders: how many have each verdict, and what deviates or cannot be judged; accepted ones too.

    `problems` are sentences about the recording as a whole.
    """

    results: tuple[OrderResult, ...]
    deviations: tuple[DistinctDeviation, ...]
    gaps: tuple[DistinctGap, ...]
    problems: tuple[str, ...] = ()
    remedy: str = DRAW

    @property
    def verdicts(self) -> Counter[Verdict]:
        """The number of orders of each verdict."""
        return Counter(result.verdict for result in self.results)

    @property
    def undrawn(self) -> list[DistinctDeviation]:
        """The deviations that are hops without an arrow."""
        return [each for each in self.deviations if each.example.is_undrawn]

    def exit_code(self, allow_gaps: bool = False) -> int:
        """1 if an order deviates, else 3 if one cannot be judged and gaps are not allowed, else 0."""
        if self.verdicts[Verdict.DEVIATES]:
            return 1
        return 3 if self.verdicts[Verdict.UNJUDGED] and not allow_gaps else 0

    def __str__(self) -> str:
        counts = self.verdicts
        parts = [f"{counts[each]:,} {verb}" for each, verb in _VERBS.items()]
        lines = [f"{len(self.results):,} orders: {', '.join(parts)}"]
        lines += [f"{each.example}; {self.where(each)}" for each in self.deviations]
        return "\n".join([*lines, *(f"{each.example}; {self.where(each)}" for each in self.gaps)])

    def where(self, found: DistinctDeviation | DistinctGap) -> str:
        """The number of orders that have something, and an example."""
        return f"in {found.orders:,} of {len(self.results):,} orders, such as {printable(found.order)}"


_VERBS = {Verdict.CONFORMS: "conform", Verdict.DEVIATES: "deviate", Verdict.UNJUDGED: "cannot be judged"}


def describe_undrawn(found: DistinctDeviation, remedy: str) -> str:
    """An undrawn hop with its ends, operation, number, span or id, and what to do about it."""
    hop = found.example.hop
    assert hop is not None
    times = f", {found.hops:,} times" if found.hops > 1 else ""
    where = f"{_identifier(hop)} of {hop.order}" if hop.id else str(hop.order)
    arrow = f"{hop.sender} → {hop.to} [{hop.technology}], operation {hop.message}"
    return printable(f"is not drawn: {arrow}{times}, {where}: {remedy}")


def _identifier(hop: Hop) -> str:
    # The id of a hop from a trace begins with the id of its trace.
    return f"span {(hop.id or '').removeprefix(hop.order or '').strip(':/- ')}"


def summarize(results: Sequence[OrderResult], gaps: Gaps | None = None) -> Summary:
    """The summary of results; `gaps` is what was given to `verify_orders`."""
    found: dict[tuple[str, ...], list[tuple[str, Deviation]]] = {}
    open_ones: dict[tuple[str, ...], list[tuple[str, Unjudged]]] = {}
    for result in results:
        for each in result.deviations:
            if not each.tolerated or each.accepted:
                index = each.arrow.index if each.arrow else ""
                found.setdefault((index, *each.key), []).append((result.order, each))
        for gap in result.unjudged:
            key = (gap.arrow.index, *gap.arrow.key) if gap.arrow else (gap.reason,)
            open_ones.setdefault(key, []).append((result.order, gap))
    return Summary(
        tuple(results),
        tuple(_distinct(each) for each in found.values()),
        tuple(DistinctGap(each[0][1], each[0][0], len(each)) for each in open_ones.values()),
        tuple(printable(problem) for problem in gaps.problems) if gaps else (),
        DRAW if gaps is None or isinstance(gaps, NoGaps) else DRAW_OR_IGNORE,
    )


def _distinct(found: Sequence[tuple[str, Deviation]]) -> DistinctDeviation:
    order, example = found[0]
    orders = len({each for each, _ in found})
    return DistinctDeviation(example, order, orders, sum(deviation.count for _, deviation in found))
