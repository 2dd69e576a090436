"""Building: the data of a report from the stories of its views."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checkout.c4.checks.conformance.baseline import open_baseline
from checkout.c4.checks.conformance.reports import as_results
from checkout.c4.checks.conformance.results import DeviationKind, Verdict
from checkout.c4.checks.conformance.summary import DistinctDeviation, DistinctGap, Summary, summarize
from checkout.c4.checks.verify import is_silent
from checkout.c4.findings import Finding, display_path, printable
from checkout.c4.report.data import ArrowData, DeviationData, GapData, OtherStories, ReportData, ViewData
from checkout.c4.report.stories import AssignedStories, Other, ViewStories
from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.naming.text import clean


@dataclass(frozen=True)
class ViewReport:
    """The data of one view, and what its pictures show."""

    data: ViewData
    drawing: Drawing
    summary: Summary


def build_views(assigned: AssignedStories, baseline: Path | None, now: datetime) -> list[ViewReport]:
    """The report of each view. Raises BaselineError, OSError."""
    return [_build_view(view, baseline, now) for view in assigned.views]


def build_data(assigned: AssignedStories, views: Sequence[ViewReport], spans: int, now: datetime) -> ReportData:
    """The data of the whole report, without changes."""
    others = sorted(assigned.others.values(), key=lambda each: -each.stories)
    return ReportData(
        made=now.isoformat(timespec="seconds"),
        stories=assigned.stories,
        spans=spans,
        summary=tuple(map(printable, assigned.summary)),
        views=tuple(view.data for view in views),
        others=tuple(map(_other_data, others)),
        problems=tuple(map(printable, assigned.problems)),
    )


def _build_view(view: ViewStories, baseline: Path | None, now: datetime) -> ViewReport:
    drawing = view.drawing
    accepted = open_baseline(baseline, drawing.name, now.date())
    summary = summarize(accepted.accept(view.results))
    counts, places = summary.verdicts, iter(as_results(summary, drawing))
    data = ViewData(
        name=drawing.name,
        title=printable(drawing.title or drawing.name),
        file=display_path(drawing.diagram.file),
        conforms=counts[Verdict.CONFORMS],
        deviates=counts[Verdict.DEVIATES],
        unjudged=counts[Verdict.UNJUDGED],
        arrows=tuple(_arrows_data(view)),
        deviations=tuple(_deviation_data(each, next(places).finding) for each in summary.deviations),
        gaps=tuple(_gap_data(each, next(places).finding) for each in summary.gaps),
        warnings=tuple(accepted.warnings),
    )
    return ViewReport(data, drawing, summary)


def _arrows_data(view: ViewStories) -> Iterator[ArrowData]:
    happened = Counter(at for result in view.results for at in result.hops)
    numbers = Counter[tuple[str, str, str]]()
    for at, arrow in enumerate(view.arrows):
        measure, spans, p50, p99 = view.times[at].summarize()
        source, target, technology = arrow.key
        yield ArrowData(
            index=arrow.index, source=source, target=target, technology=printable(technology),
            label=printable(arrow.label), place=arrow.line.place, number=numbers[arrow.key], stories=happened[at],
            is_expected=not is_silent(arrow), measure=measure, spans=spans, p50=p50, p99=p99,
        )  # fmt: skip
        numbers[arrow.key] += 1


def _deviation_data(found: DistinctDeviation, finding: Finding) -> DeviationData:
    example, key = found.example, found.example.key
    return DeviationData(
        kind=DeviationKind(key.kind), source=key.source, target=key.target, technology=printable(key.technology),
        message=printable(example.message), place=f"{finding.file}:{finding.line}", stories=found.orders,
        hops=found.hops, example=printable(found.order), seen=printable(key.seen),
        operation=clean(example.hop.message) if example.hop and not example.arrow else "",
        is_drawn=example.arrow is not None, accepted=printable(example.accepted),
    )  # fmt: skip


def _gap_data(found: DistinctGap, finding: Finding) -> GapData:
    return GapData(
        arrow=printable(str(found.example.arrow or "")), reason=printable(found.example.reason),
        place=f"{finding.file}:{finding.line}", stories=found.orders, example=printable(found.order),
    )  # fmt: skip


def _other_data(other: Other) -> OtherStories:
    hop = other.first
    return OtherStories(
        source=hop.sender, target=hop.to, technology=hop.technology, message=clean(hop.message),
        stories=other.stories, examples=tuple(map(printable, other.examples)),
    )  # fmt: skip
