"""Summary: the results of many orders, with each distinct deviation and each gap once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from checkout.c4.checks.conformance.results import (
    Deviation,
    DeviationKind,
    OrderResult,
    Unjudged,
    Verdict,
    deviation_data,
)
from checkout.c4.checks.conformance.stories import describe_others
from checkout.c4.checks.gaps import Gaps, NoGaps
from checkout.c4.findings import printable
from checkout.c4.source.arrows import Arrow
from checkout.journal.hop import Hop

NEVER = (DeviationKind.MISSING, DeviationKind.WRONG_TECHNOLOGY)


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


class Answers(NamedTuple):
    """In how many orders an arrow happened, never happened, and cannot be judged; the rest took other alternatives."""

    happened: int
    never: int
    unjudged: int


@dataclass(frozen=True)
class Summary:
    """The results of orders: how many have each verdict, and what deviates or cannot be judged; accepted ones too.

    `problems` are sentences about the recording as a whole. `is_traced` if the hops are from traces, not a journal.
    `others` counts the traces of other stories, which are not judged, by what they begin with.
    """

    results: tuple[OrderResult, ...]
    deviations: tuple[DistinctDeviation, ...]
    gaps: tuple[DistinctGap, ...]
    problems: tuple[str, ...] = ()
    is_traced: bool = False
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """What concerns no single order: the traces of other stories, and the problems."""
        return [*filter(None, [describe_others(self.others)]), *self.problems]

    def count(self, number: int) -> str:
        """A number of orders, or traces, in words."""
        noun = "trace" if self.is_traced else "order"
        return f"{number:,} {noun}{'' if number == 1 else 's'}"

    @property
    def remedy(self) -> str:
        """What to do about an undrawn hop."""
        return "draw it, or add it to [ignore] in traces.toml" if self.is_traced else "draw it"

    @property
    def verdicts(self) -> Counter[Verdict]:
        """The number of orders of each verdict."""
        return Counter(result.verdict for result in self.results)

    def answers(self, arrows: Sequence[Arrow]) -> list[Answers]:
        """The answers about each of the arrows, which are those of `numbered_arrows`."""
        happened = Counter(at for result in self.results for at in result.hops)
        deviations = [each for result in self.results for each in result.deviations if each.arrow]
        never = Counter(_identity(each.arrow) for each in deviations if each.kind in NEVER and each.arrow)
        unjudged = Counter(_identity(each.arrow) for result in self.results for each in result.unjudged if each.arrow)
        names = [_identity(arrow) for arrow in arrows]
        return [Answers(happened[at], never[name], unjudged[name]) for at, name in enumerate(names)]

    def without_needless_problems(self) -> "Summary":
        """This summary, without problems if all orders conform: other views may draw what they name."""
        is_clear = self.verdicts[Verdict.CONFORMS] == len(self.results)
        return replace(self, problems=()) if is_clear else self

    def exit_code(self, allow_gaps: bool = False) -> int:
        """1 if an order deviates, else 3 if one cannot be judged and gaps are not allowed, else 0."""
        if self.verdicts[Verdict.DEVIATES]:
            return 1
        return 3 if self.verdicts[Verdict.UNJUDGED] and not allow_gaps else 0

    def __str__(self) -> str:
        counts = self.verdicts
        parts = [f"{counts[each]:,} {verb}" for each, verb in _VERBS.items()]
        lines = [f"{self.count(len(self.results))}: {', '.join(parts)}"]
        lines += [self.describe(each) for each in self.deviations]
        return "\n".join([*lines, *(f"{each.example}; {self.where(each)}" for each in self.gaps)])

    def describe(self, found: DistinctDeviation) -> str:
        """One line about a deviation of all orders."""
        if self.is_traced and found.example.is_undrawn:
            return f"extra: {describe_undrawn(found, self.remedy)}; {self.where(found)}"
        return f"{found.example}; {self.where(found)}"

    def where(self, found: DistinctDeviation | DistinctGap) -> str:
        """The number of orders that have something, and an example; for a single order its id."""
        if len(self.results) == 1:
            return f"in {printable(found.order)}"
        return f"in {found.orders:,} of {self.count(len(self.results))}, such as {printable(found.order)}"


def _identity(arrow: Arrow) -> tuple[str, ...]:
    return (arrow.index, *arrow.key, str(arrow.line.number))


_VERBS = {Verdict.CONFORMS: "conform", Verdict.DEVIATES: "deviate", Verdict.UNJUDGED: "cannot be judged"}


def describe_undrawn(found: DistinctDeviation | Deviation, remedy: str) -> str:
    """An undrawn hop with its ends, operation, number, span, and what to do about it."""
    hop, count = (found.hop, found.count) if isinstance(found, Deviation) else (found.example.hop, found.hops)
    assert hop is not None
    times = f", {count:,} times" if count > 1 else ""
    arrow = f"{hop.sender} → {hop.to} [{hop.technology}], operation {hop.message}"
    return printable(f"is not drawn: {arrow}{times}{_origin(hop)}: {remedy}")


def _origin(hop: Hop) -> str:
    """The span and trace of a hop from a trace, whose id is `trace:span` or `trace:span:number`; else empty."""
    trace, _, span = (hop.id or "").partition(":")
    return f", span {span.partition(':')[0]} of trace {trace}" if trace and span else ""


def summarize(
    results: Sequence[OrderResult], gaps: Gaps | None = None, others: Mapping[str, int] | None = None
) -> Summary:
    """The summary of results; `gaps` is what was given to `verify_orders`, `others` those of `sort_stories`."""
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
        gaps is not None and not isinstance(gaps, NoGaps),
        others or {},
    )


def _distinct(found: Sequence[tuple[str, Deviation]]) -> DistinctDeviation:
    order, example = found[0]
    orders = len({each for each, _ in found})
    return DistinctDeviation(example, order, orders, sum(deviation.count for _, deviation in found))
