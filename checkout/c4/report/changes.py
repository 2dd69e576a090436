"""Changes: what differs between two reports."""

from collections.abc import Iterable, Iterator

import msgspec

from checkout.c4.checks.conformance.results import DeviationKind
from checkout.c4.report.data import ArrowData, Change, DeviationData, Ends, ReportData, ViewData

FACTOR = 1.5  # by which p50 or p99 of an arrow has to change to count
LEAST_SPANS = {"p50": 20, "p99": 200}  # of an arrow in each report, below which a percentile is not compared

KINDS: dict[str, str] = {
    DeviationKind.MISSING: "never happened", DeviationKind.EXTRA: "not drawn", DeviationKind.EARLY: "too early",
    DeviationKind.WRONG_TECHNOLOGY: "wrong technology", DeviationKind.REDELIVERED: "delivered again",
}  # fmt: skip
NEW_DEVIATION, GONE_DEVIATION = "new deviation", "gone deviation"
NEW_UNDRAWN, GONE_UNDRAWN = "new undrawn arrow", "gone undrawn arrow"
COVERED, UNCOVERED, SLOWER, FASTER = "now covered", "no longer covered", "slower", "faster"
NEW_VIEW, GONE_VIEW, NEW_STORIES, NO_STORIES = "new drawing", "gone drawing", "now has stories", "has no stories"
NEW_OTHER = "new story without drawing"


def with_changes(report: ReportData, earlier: ReportData) -> ReportData:
    """A report with the differences from an earlier one."""
    return msgspec.structs.replace(report, since=earlier.made, changes=tuple(find_changes(earlier, report)))


def find_changes(earlier: ReportData, later: ReportData) -> Iterator[Change]:
    """The differences of two reports, view by view. Views without stories in one of them are not compared further."""
    before, after = ({view.key: view for view in report.views} for report in (earlier, later))
    for key, view in after.items():
        if key not in before:
            yield Change(kind=NEW_VIEW, view=view.title, what=view.name, is_worse=False)
        elif bool(view.stories) != bool(before[key].stories):
            yield _stories_change(before[key], view)
        else:
            yield from _changes_of_view(before[key], view)
    for view in (view for key, view in before.items() if key not in after):
        yield Change(kind=GONE_VIEW, view=view.title, what=view.name)
    known = {_ends(each) for each in earlier.others}
    for other in (each for each in later.others if _ends(each) not in known):
        yield Change(kind=NEW_OTHER, view="", what=_name(other), after=counted(other.stories, "story"))


def _ends(of: Ends) -> tuple[str, str, str]:
    return of.source, of.target, of.technology


def _name(of: Ends) -> str:
    index = f"{of.index} " if isinstance(of, ArrowData) and of.index else ""
    technology = f" [{of.technology}]" if of.technology else ""
    return f"{index}{of.source} → {of.target}{technology}"


def _stories_change(before: ViewData, after: ViewData) -> Change:
    first, second = counted(before.stories, "story"), counted(after.stories, "story")
    kind = NEW_STORIES if after.stories else NO_STORIES
    return Change(
        kind=kind, view=after.title, what=after.name, before=first, after=second, is_worse=not after.stories
    )


def _changes_of_view(before: ViewData, after: ViewData) -> Iterator[Change]:
    earlier, later = ({each.key: each for each in view.deviations} for view in (before, after))
    for key, each in later.items():
        if key not in earlier:
            yield _deviation_change(after, each, is_new=True)
    for key, each in earlier.items():
        if key not in later:
            yield _deviation_change(after, each, is_new=False)
    arrows = {arrow.key: arrow for arrow in before.arrows}
    for arrow in after.arrows:
        if arrow.key in arrows:
            yield from _changes_of_arrow(after.title, arrows[arrow.key], arrow)


def _deviation_change(view: ViewData, found: DeviationData, is_new: bool) -> Change:
    if found.is_undrawn:
        kind = NEW_UNDRAWN if is_new else GONE_UNDRAWN
        what = _name(found)
    else:
        kind = NEW_DEVIATION if is_new else GONE_DEVIATION
        seen = f", seen with [{found.seen}]" if found.seen else ""
        what = f"{KINDS.get(found.kind, found.kind)}: {_name(found)}{seen}"
    stories = counted(found.stories, "story")
    before, after = ("", stories) if is_new else (stories, "")
    is_worse = is_new and not found.accepted
    what += ", accepted by the baseline" if found.accepted else ""
    return Change(kind=kind, view=view.title, what=what, before=before, after=after, is_worse=is_worse)


def _changes_of_arrow(view: str, before: ArrowData, after: ArrowData) -> Iterator[Change]:
    name = _name(after)
    if bool(before.stories) != bool(after.stories):
        kind = COVERED if after.stories else UNCOVERED
        first, second = counted(before.stories, "story"), counted(after.stories, "story")
        yield Change(kind=kind, view=view, what=name, before=first, after=second, is_worse=not after.stories)
    if before.measure == after.measure:
        yield from _latency_changes(view, name, before, after)


def _latency_changes(view: str, name: str, before: ArrowData, after: ArrowData) -> Iterator[Change]:
    percentiles: Iterable[tuple[str, float | None, float | None]] = (
        ("p50", before.p50, after.p50), ("p99", before.p99, after.p99),
    )  # fmt: skip
    for percentile, first, second in percentiles:
        if first is None or second is None or min(before.spans, after.spans) < LEAST_SPANS[percentile]:
            continue
        is_slower = second > first * FACTOR
        if is_slower or first > second * FACTOR:
            old, new = (f"{percentile} {in_units(value)}" for value in (first, second))
            kind = SLOWER if is_slower else FASTER
            yield Change(kind=kind, view=view, what=name, before=old, after=new, is_worse=is_slower)


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 story", "2 stories"."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def in_units(milliseconds: float) -> str:
    """A duration with two or three digits: "480 µs", "12.3 ms", "1.24 s"."""
    if not milliseconds:
        return "0 ms"
    for limit, factor, unit in ((0.9995, 1_000, "µs"), (999.5, 1, "ms"), (float("inf"), 0.001, "s")):
        if milliseconds < limit:
            value = milliseconds * factor
            return f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"
    return "∞"
