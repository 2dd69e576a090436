"""Reports: the summary of a verification as text, JSON, findings for GitHub and SARIF, and Markdown."""

import re
from collections.abc import Sequence
from html import escape

from checkout.c4.checks.conformance.results import Deviation, DeviationKind, Verdict
from checkout.c4.checks.conformance.summary import (
    DistinctDeviation,
    DistinctGap,
    Summary,
    describe_undrawn,
)
from checkout.c4.checks.sarif import SarifResult
from checkout.c4.checks.verify import numbered_arrows
from checkout.c4.findings import json_text, printable
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.files import SourceLine

FEW = 5  # orders whose results are printed one by one
REMEDIES = {
    DeviationKind.MISSING: "make the call in the code, or remove the arrow",
    DeviationKind.EARLY: "correct the order in the code, or the step of the arrow",
    DeviationKind.WRONG_TECHNOLOGY: "correct the topic or endpoint in the code, or the technology of the arrow",
    DeviationKind.REDELIVERED: "make the receiver drop repeats, or use --allow-redelivery",
    DeviationKind.EXTRA: "take one of the alternatives, or draw a loop around them",
}
RECORD = "record what is missing, or use --allow-gaps"


def as_text(summary: Summary) -> str:
    """The result of each order if there are few, else the summary; undrawn calls of traces have a remedy."""

    def as_line(deviation: Deviation) -> str:
        is_call = summary.is_traced and deviation.is_undrawn and not deviation.accepted
        return f"extra: {describe_undrawn(deviation, summary.remedy)}" if is_call else str(deviation)

    is_few = len(summary.results) <= FEW
    lines = [result.describe(as_line) for result in summary.results] if is_few else [str(summary)]
    return "\n".join([*lines, *summary.notes])


def as_json(summary: Summary, drawing: Drawing, warnings: Sequence[str] = ()) -> str:
    """The summary as one JSON object with a schema version; `warnings` are those of the baseline."""
    arrows = numbered_arrows(drawing)
    answers = zip(arrows, summary.answers(arrows), strict=True)
    data = {
        "version": 1,
        "diagram": drawing.name,
        "summary": {"orders": len(summary.results)} | {str(each): summary.verdicts[each] for each in Verdict}
        | {"other stories": sum(summary.others.values())},
        "arrows": [arrow.as_data() | each._asdict() for arrow, each in answers],
        "deviations": [each.as_data() for each in summary.deviations],
        "gaps": [each.as_data() for each in summary.gaps],
        "problems": list(summary.problems),
        "others": dict(summary.others),
        "baseline": list(warnings),
        "orders": [result.as_data() for result in summary.results],
    }
    return json_text(data)


def as_results(summary: Summary, drawing: Drawing) -> list[SarifResult]:
    """A finding for each distinct deviation and gap, at the line of its arrow."""
    found = [_deviation_result(summary, each, drawing) for each in summary.deviations]
    return [*found, *(_gap_result(summary, each, drawing) for each in summary.gaps)]


def _deviation_result(summary: Summary, found: DistinctDeviation, drawing: Drawing) -> SarifResult:
    example, where = found.example, summary.where(found)
    line, label = _place(example, drawing), example.arrow.label if example.arrow else ""
    message, fix = f"{example.message}; {where}", REMEDIES[example.kind]
    if example.is_undrawn:
        text, fix = describe_undrawn(found, ""), summary.remedy
        message = f"{text.removesuffix(': ')}; {where}"
    rule = f"verify-{example.kind.replace(' ', '-')}"
    finding = line.finding(rule, message, fix, line.text.strip().split("(")[0])
    return SarifResult(finding, f"{drawing.name} {label} {example.key}", example.accepted)


def _gap_result(summary: Summary, found: DistinctGap, drawing: Drawing) -> SarifResult:
    arrow, where = found.example.arrow, summary.where(found)
    line = arrow.line if arrow else title_line(drawing)
    message = f"{found.example}; {where}".replace(f"{line.place}: ", "")
    finding = line.finding("verify-cannot-be-judged", message, RECORD, line.text.strip().split("(")[0], "warning")
    return SarifResult(finding, f"{drawing.name} cannot be judged {arrow.label if arrow else ''} {arrow and arrow.key}")


def _place(deviation: Deviation, drawing: Drawing) -> SourceLine:
    """The line of a deviation's arrow; for an undrawn hop that of the first arrow between its ends, else the title."""
    if deviation.arrow:
        return deviation.arrow.line
    ends = deviation.hop.arrow[:2] if deviation.hop else ()
    return next((each.line for each in drawing.visible_arrows if each.key[:2] == ends), title_line(drawing))


def title_line(drawing: Drawing) -> SourceLine:
    """The line of a diagram's title, else its first line."""
    own = (line for line in drawing.diagram.lines if line.file == drawing.diagram.file)
    return next((line for line in own if re.match(r"\s*title\b", line.text, re.I)), drawing.diagram.head)


def as_markdown(summary: Summary, drawing: Drawing, picture: str = "", warnings: Sequence[str] = ()) -> str:
    """The summary for a pull request: verdicts, tables of deviations and gaps, and the picture at a relative link."""
    counts, total = summary.verdicts, summary.count(len(summary.results))
    noun = "traces" if summary.is_traced else "orders"
    conform, deviate, unjudged = (counts[each] for each in Verdict)
    lines = [f"### {_cell(drawing.title or drawing.name)}", ""]
    verdicts = f"**{conform:,} conform, {deviate:,} deviate, {unjudged:,} cannot be judged**"
    lines += [f"{total}: {verdicts}.", ""]
    if summary.deviations:
        lines += [f"| deviation | place | {noun} | example |", "| --- | --- | ---: | --- |"]
        lines += [_deviation_row(summary, each, drawing) for each in summary.deviations]
        lines.append("")
    if summary.gaps:
        lines += [f"| cannot be judged | reason | {noun} | example |", "| --- | --- | ---: | --- |"]
        lines += [_gap_row(each) for each in summary.gaps]
        lines.append("")
    notes = [*summary.notes, *warnings]
    lines += [f"- {_cell(note)}" for note in notes] + ([""] if notes else [])
    lines += [f"![{_cell(drawing.title or drawing.name)}, coloured by conformance](<{picture}>)", ""] if picture else []
    return "\n".join(lines)


def _deviation_row(summary: Summary, found: DistinctDeviation, drawing: Drawing) -> str:
    example = found.example
    message = describe_undrawn(found, summary.remedy) if example.is_undrawn else example.message
    accepted = f"; accepted: {example.accepted}" if example.accepted else ""
    place = _place(example, drawing).place
    cells = (f"{example.kind}: {message}{accepted}", place, f"{found.orders:,}", found.order)
    return f"| {' | '.join(map(_cell, cells))} |"


def _gap_row(found: DistinctGap) -> str:
    arrow = found.example.arrow
    cells = (str(arrow or "the whole order"), found.example.reason, f"{found.orders:,}", found.order)
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """A text without the characters that have a meaning in Markdown, a table or HTML."""
    plain = re.sub(r"([\\`*_{}\[\]|#!~])", r"\\\1", printable(text.replace("\n", " ")))
    return escape(plain, quote=False)
