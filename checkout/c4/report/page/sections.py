"""Sections: the tables and texts of a report's page."""

from collections.abc import Iterable, Sequence

from checkout.c4.render.paint import Stroke
from checkout.c4.report.changes import FACTOR, KINDS, LEAST_SPANS, counted, in_units
from checkout.c4.report.data import ArrowData, Change, DeviationData, Ends, OtherStories, ReportData, ViewData
from checkout.c4.report.latency import CALL, HANDLING, SEND, WAIT
from checkout.c4.report.page.markup import Column, Html, join, table, tag
from checkout.c4.report.page.pictures import HeatClass, Pictures, heat_of

SHOWN, MOST_CHANGES = 100, 300  # rows of one table, and of the tables of changes together
MEASURES = {
    CALL: "call", SEND: "send", WAIT: "from send to process", HANDLING: "processing", "": "–",
}  # fmt: skip


def mark(words: str, kind: str) -> Html:
    """A word on the colour of good, bad or open."""
    return tag("span", words, class_=f"mark {kind}")


def when(time: str) -> str:
    """A time in UTC to the minute, from its form in the data."""
    return f"{time[:16].replace('T', ' ')} UTC"


def arrow_cell(ends: Ends, note: str = "") -> Html:
    """An arrow with its technology, and a note below it."""
    index = f"{ends.index}. " if isinstance(ends, ArrowData) and ends.index else ""
    below = ", ".join(filter(None, (ends.technology, note)))
    name = tag("span", f"{index}{ends.source} → {ends.target}", class_="arrow")
    return join([name, tag("span", below, class_="muted")])


def verdicts(view: ViewData) -> Html:
    """How many stories of a view have each verdict, as a list."""
    counts = (
        (view.conforms, "conform", "good"), (view.deviates, "deviate", "bad"),
        (view.unjudged, "cannot be judged", "open"),
    )  # fmt: skip
    items = [tag("li", tag("strong", f"{view.stories:,}"), " stories" if view.stories != 1 else " story")]
    for number, words, kind in counts:
        items.append(tag("li", tag("strong", f"{number:,}"), f" {words}", class_=kind if number else "none"))
    drawn = len(view.covered) + len(view.uncovered)
    items.append(tag("li", tag("strong", f"{len(view.covered)} of {drawn}"), " arrows happened"))
    return tag("ul", *items, class_="counts")


def overview(data: ReportData, ids: Sequence[str]) -> Html:
    """One row for each drawing, with a link to its section."""
    columns = [
        Column("Drawing", is_head=True), Column("Stories", True), Column("Deviate", True),
        Column("Cannot be judged", True), Column("Conform", True), Column("Arrows happened", True),
        Column("Slowest arrow, p99"),
    ]  # fmt: skip
    rows = [
        (
            tag("a", view.title, href=f"#{name}"), f"{view.stories:,}",
            mark(f"{view.deviates:,}", "bad") if view.deviates else "0",
            mark(f"{view.unjudged:,}", "open") if view.unjudged else "0", f"{view.conforms:,}",
            f"{view.coverage:.0f} %", _slowest(view),
        )
        for view, name in zip(data.views, ids, strict=True)
    ]  # fmt: skip
    return table("Drawings and the stories that belong to them", columns, rows)


def _slowest(view: ViewData) -> object:
    measured = [arrow for arrow in view.arrows if arrow.p99 is not None]
    if not measured:
        return "no durations"
    slowest = max(measured, key=lambda arrow: arrow.p99 or 0)
    return f"{in_units(slowest.p99 or 0)}: {slowest.source} → {slowest.target}"


def changes(data: ReportData) -> Html:
    """What changed since the earlier report, drawing by drawing; empty without one."""
    if data.changes is None:
        return Html()
    heading = tag("h2", f"Changes since {when(data.since)}")
    least = " and ".join(f"{spans} spans for {name}" for name, spans in LEAST_SPANS.items())
    note = f"Latency counts as changed by a factor of more than {FACTOR:g}, with at least {least} in both reports."
    by_view: dict[str, list[Change]] = {}
    for change in sorted(data.changes, key=lambda each: not each.is_worse)[:MOST_CHANGES]:
        by_view.setdefault(change.view, []).append(change)
    titles = [*by_view.keys() & {""}, *(view.title for view in data.views if view.title in by_view)]
    titles = list(dict.fromkeys([*titles, *by_view]))  # those of drawings that are gone at the end
    tables = [_changes_of(title, by_view[title]) for title in titles] or [tag("p", "Nothing changed.")]
    return tag("section", heading, *tables, _more(len(data.changes), MOST_CHANGES), tag("p", note, class_="muted"))


def _changes_of(view: str, found: Sequence[Change]) -> Html:
    columns = [Column("Change"), Column("What", is_head=True), Column("Before", True), Column("Now", True)]
    rows = [
        (mark(each.kind, "bad" if each.is_worse else "good"), each.what, each.before or "–", each.after or "–")
        for each in found
    ]
    name = view or "Stories without a drawing"
    return join([tag("h3", name), table(f"Changes of {name}", columns, rows)])


def _more(rows: int, shown: int = SHOWN) -> Html:
    return tag("p", f"{rows - shown:,} more are in the JSON report.") if rows > shown else Html()


def deviations(view: ViewData, has_baseline: bool) -> Html:
    """The distinct deviations of a view."""
    heading = tag("h3", "Deviations")
    if not view.deviations:
        return join([heading, tag("p", "None.")])
    columns = [
        Column("Deviation"), Column("Arrow", is_head=True), Column("Stories", True), Column("Example trace"),
        Column("Place"), *([Column("Baseline")] if has_baseline else []),
    ]  # fmt: skip
    ordered = sorted(view.deviations, key=lambda each: (bool(each.accepted), -each.stories))
    rows = [_deviation_row(each, view, has_baseline) for each in ordered[:SHOWN]]
    warnings = [tag("p", each, class_="muted") for each in view.warnings]
    return join([heading, table(f"Deviations of {view.title}", columns, rows), _more(len(ordered)), *warnings])


def _deviation_row(found: DeviationData, view: ViewData, has_baseline: bool) -> list[object]:
    times = counted(found.hops, "time") if found.hops > found.stories else ""
    operation = f"operation {found.operation}" if found.operation not in found.technology else ""
    note = ", ".join(filter(None, (f"seen with {found.seen}" if found.seen else operation, times)))
    kind = mark(KINDS.get(found.kind, found.kind), "open" if found.accepted else "bad")
    stories = f"{found.stories:,} of {view.stories:,}"
    cells = [kind, arrow_cell(found, note), stories, tag("code", found.example), tag("code", found.place)]
    baseline = f"accepted: {found.accepted}" if found.accepted else "not accepted"
    return [*cells, *([baseline] if has_baseline else [])]


def gaps(view: ViewData) -> Html:
    """What cannot be judged in a view; empty where everything can be."""
    if not view.gaps:
        return Html()
    columns = [
        Column("Arrow", is_head=True), Column("Reason"), Column("Stories", True), Column("Example trace"),
        Column("Place"),
    ]  # fmt: skip
    rows = [
        (each.arrow or "the whole story", each.reason, f"{each.stories:,}", tag("code", each.example),
         tag("code", each.place))
        for each in view.gaps[:SHOWN]
    ]  # fmt: skip
    listed = table(f"Arrows of {view.title} in doubt", columns, rows)
    return join([tag("h3", "Cannot be judged"), listed, _more(len(view.gaps))])


def uncovered(view: ViewData) -> Html:
    """The arrows that happened in no story; empty where all did."""
    if not view.uncovered:
        return Html()
    columns = [Column("Arrow", is_head=True), Column("Label"), Column("Place")]
    rows = [(arrow_cell(each), each.label, tag("code", each.place)) for each in view.uncovered]
    return join([tag("h3", "Arrows that happened in no story"), table(f"Not covered: {view.title}", columns, rows)])


def latency(view: ViewData, classes: Sequence[HeatClass]) -> Html:
    """The durations of the arrows of a view."""
    columns = [
        Column("Arrow", is_head=True), Column("p50", True), Column("p99", True), Column("Spans", True),
        Column("Measured"),
    ]  # fmt: skip
    rows = [
        (
            arrow_cell(each), _time(each.p50), _heat(each, classes), f"{each.spans:,}",
            MEASURES.get(each.measure, each.measure),
        )
        for each in view.arrows
        if each.is_expected or each.spans
    ]  # fmt: skip
    return table(f"Latency of the arrows of {view.title}", columns, rows)


def _time(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else in_units(milliseconds)


def _heat(arrow: ArrowData, classes: Sequence[HeatClass]) -> object:
    heat = heat_of(arrow, classes)
    return _time(arrow.p99) if heat is None else join([swatch(classes[heat].stroke), _time(arrow.p99)])


def swatch(stroke: Stroke) -> Html:
    """A short line with a stroke of twice its width, which means nothing to screen readers."""
    dashes = f' stroke-dasharray="{stroke.dashes}"' if stroke.dashes else ""
    width = 2 * (stroke.width or 1)
    line = f'<line x1="3" y1="6" x2="37" y2="6" stroke="{stroke.colour}" stroke-width="{width:g}"{dashes}/>'
    return Html(f'<svg class="swatch" viewBox="0 0 40 12" aria-hidden="true" focusable="false">{line}</svg>')


def legend(strokes: Iterable[tuple[Stroke, str]]) -> Html:
    """What strokes of a picture mean."""
    return tag("ul", *(tag("li", swatch(stroke), words) for stroke, words in strokes), class_="legend")


def others(found: Sequence[OtherStories]) -> Html:
    """The stories that belong to no view; empty where all do."""
    if not found:
        return Html()
    number = sum(each.stories for each in found)
    columns = [Column("First hop", is_head=True), Column("Stories", True), Column("Example traces")]
    rows = [
        (arrow_cell(each, each.message if each.message not in each.technology else ""), f"{each.stories:,}",
         join((tag("code", example) for example in each.examples), " "))
        for each in found[:SHOWN]
    ]  # fmt: skip
    reason = "They have neither the first arrow of a drawing nor half of its arrows. Draw them, or ignore them."
    content = [tag("p", reason), table("Stories without a drawing, by their first hop", columns, rows)]
    heading = tag("h2", f"Stories that no drawing shows: {number:,}")
    return tag("section", heading, *content, _more(len(found)), id_="others")


def figure(picture: str, name: str, *caption: object) -> Html:
    """A picture in a region that can be scrolled by keyboard."""
    scrolled = tag("div", Html(picture), class_="wide", role="region", aria_label=name, tabindex="0")
    return tag("figure", scrolled, tag("figcaption", *caption))


def conformance_figure(view: ViewData, pictures: Pictures) -> Html:
    """The picture of conformance with its legend, or the plain one."""
    keys = legend(pictures.keys) if pictures.keys else Html()
    return figure(pictures.conformance, f"Picture: {view.title}", pictures.note, keys)


def heat_figure(view: ViewData, pictures: Pictures) -> Html:
    """The picture of latencies with its legend; empty without one."""
    if not pictures.latency:
        return Html()
    keys = legend((each.stroke, str(each)) for each in pictures.heat)
    return figure(pictures.latency, f"Picture: latency of {view.title}", "Colour and width show p99:", keys)
