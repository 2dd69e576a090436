"""Whole: one self-contained HTML page of a report, without scripts and without anything from a network."""

import re
from collections.abc import Sequence
from pathlib import Path

from checkout.c4.report.changes import counted
from checkout.c4.report.data import ReportData, ViewData
from checkout.c4.report.page import sections
from checkout.c4.report.page.markup import Html, join, slug, tag
from checkout.c4.report.page.pictures import Pictures

PAGE = Path(__file__).with_name("page.html")
TITLE = "Drawings and recorded stories"
NOTES = (
    ("Story", "What one request or event led to: one trace, or several that links join."),
    (
        "Assignment",
        "A story may belong to a drawing if it has its first arrow or half of its arrows. It belongs to the drawings "
        "to which it conforms, else to the one with the fewest arrows that only it or only the story has.",
    ),
    ("Conform", "Every arrow happened, in the drawn order, and nothing else."),
    ("Cannot be judged", "The traces lack spans, so that the absence of an arrow is no proof that it never happened."),
    ("p50, p99", "Half, and 99 of 100, of the spans took at most this time. All attempts count, also failed ones."),
    ("Call", "The duration of the caller's span, or of the called service's span if the caller has none."),
    ("Send", "The duration of the producer's span, until the broker has the message."),
    (
        "From send to process",
        "From the end of the producer's span to the start of the consumer's span. It is given where both have one "
        "clock in all stories.",
    ),
    ("Processing", "The duration of the consumer's span, where the clocks of producer and consumer may differ."),
)


def render_page(data: ReportData, pictures: Sequence[Pictures], has_baseline: bool) -> str:
    """The page of a report. `pictures` are those of its views."""
    ids = [f"drawing-{number}-{slug(view.name)}" for number, view in enumerate(data.views, 1)]
    views = (
        _view(view, drawn, name, has_baseline) for view, drawn, name in zip(data.views, pictures, ids, strict=True)
    )
    body = [_head(data), tag("main", _overview(data, ids), sections.changes(data), *views, *_end(data))]
    parts = {"__TITLE__": TITLE, "__BODY__": join(body, "\n")}
    return re.sub("__(?:TITLE|BODY)__", lambda part: parts[part[0]], PAGE.read_text(encoding="utf-8"))


def _head(data: ReportData) -> Html:
    numbers = f"{counted(data.stories, 'story')} in {counted(data.spans, 'span')}"
    return tag("header", tag("h1", TITLE), tag("p", f"{numbers}, read at {sections.when(data.made)}.", class_="muted"))


def _overview(data: ReportData, ids: Sequence[str]) -> Html:
    content = [tag("h2", "Overview"), sections.overview(data, ids)]
    if data.others:
        count = counted(data.others_count, "story")
        verb = "belongs" if data.others_count == 1 else "belong"
        content.append(tag("p", tag("a", f"{count} {verb} to no drawing", href="#others"), "."))
    return tag("section", *content)


def _view(view: ViewData, pictures: Pictures, name: str, has_baseline: bool) -> Html:
    place = tag("p", tag("code", f"{view.file}#{view.name}"), class_="muted")
    parts = [tag("h2", view.title), place]
    if not view.stories:
        parts.append(tag("p", tag("strong", "No story belongs to this drawing.")))
    parts += [sections.verdicts(view), sections.deviations(view, has_baseline), sections.gaps(view)]
    parts += [sections.uncovered(view) if view.stories else Html()]
    parts.append(tag("h3", "Conformance" if view.stories else "Picture"))
    parts.append(sections.conformance_figure(view, pictures))
    if any(arrow.spans for arrow in view.arrows):
        parts += [tag("h3", "Latency"), sections.heat_figure(view, pictures), sections.latency(view, pictures.heat)]
    return tag("section", *parts, id_=name)


def _end(data: ReportData) -> list[Html]:
    terms = (join([tag("dt", tag("strong", term)), tag("dd", meaning)]) for term, meaning in NOTES)
    notes = [*data.summary, *data.problems]
    recording = tag("ul", *(tag("li", each) for each in notes)) if notes else tag("p", "Nothing to note.")
    return [
        sections.others(data.others),
        tag("section", tag("h2", "Notes on the traces"), recording),
        tag("section", tag("h2", "How to read this page"), tag("dl", *terms)),
    ]
