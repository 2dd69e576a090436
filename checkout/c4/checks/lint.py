"""Lint: what PlantUML draws without a word although it is wrong."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from checkout.c4.findings import Finding
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.files import Line
from checkout.c4.source.includes import DIRECTIVE, REMOTE, bundled_name

Rule = Callable[[Drawing], Iterator[Finding]]


def lint(drawing: Drawing) -> list[Finding]:
    """What is wrong with one drawing by itself, in the order of its lines."""
    found = [finding for rule in RULES for finding in rule(drawing)]
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.file, finding.line, finding.column))


def _undeclared(drawing: Drawing) -> Iterator[Finding]:
    declared = drawing.aliases
    for arrow in drawing.arrows if any("C4" in line.text for line in drawing.diagram.lines) else ():
        for alias in dict.fromkeys((arrow.source, arrow.target)):
            if alias not in declared:
                near = _nearest(alias, declared)
                fix = f"write {near}" if near else "declare it, or correct the name"
                yield arrow.line.finding("undeclared-alias", f"no element is called {alias}", fix, alias)


def _declared_twice(drawing: Drawing) -> Iterator[Finding]:
    first: dict[str, Line] = {}
    for element in drawing.elements:
        if element.alias in first:
            message = f"{element.alias} is declared a second time, after line {first[element.alias].number}"
            yield element.line.finding("duplicate-alias", message, "take one of the two out", element.alias)
        first.setdefault(element.alias, element.line)


def _not_closed(drawing: Drawing) -> Iterator[Finding]:
    for element in drawing.open_boundaries:
        message = f"the boundary {element.alias} is not closed"
        yield element.line.finding("unclosed-boundary", message, "add its closing }", element.alias)


def _unnumbered(drawing: Drawing) -> Iterator[Finding]:
    is_meant = any(line.extends_c4 and "dynamic" in line.text.lower() for line in drawing.diagram.lines)
    if is_meant and drawing.arrows and not drawing.is_dynamic:
        message = "no arrow of this dynamic view has a number: a later include took the numbering away"
        yield drawing.diagram.head.finding("no-numbers", message, "include C4_Dynamic last, and the model after it")
    for arrow in drawing.arrows if drawing.is_dynamic else ():
        if not arrow.index and not arrow.hidden and not arrow.both_ways:
            yield _at(arrow, "unnumbered-arrow", f"{arrow} has no number", "give it an $index")


def _gaps(drawing: Drawing) -> Iterator[Finding]:
    steps = sorted({arrow.step for arrow in drawing.arrows if arrow.step is not None})
    if any(arrow.index and arrow.step is None for arrow in drawing.arrows):
        return  # numbers such as 4-1 leave gaps by intention
    for before, step in zip([0, *steps], steps, strict=False):
        if step > before + 1:
            arrow = next(each for each in drawing.arrows if each.step == step)
            missing = f"step {before + 1}" if step == before + 2 else f"steps {before + 1} to {step - 1}"
            yield _at(arrow, "step-gap", f"{missing} missing before {arrow}", f"give it the number {before + 1}")


def _repeated(drawing: Drawing) -> Iterator[Finding]:
    for group in _by_step(drawing.arrows):
        for at, arrow in enumerate(group):
            twin = next((each for each in group[:at] if each.key == arrow.key), None)
            chained = [each for each in group if each is not arrow and each.target == arrow.source]
            if twin or (chained and arrow.source != arrow.target):
                message = f"{arrow} cannot be concurrent with {twin or chained[0]}"
                yield _at(arrow, "step-repeated", message, "give the later of them the next number")


def _topic_order(drawing: Drawing) -> Iterator[Finding]:
    queues = {element.alias for element in drawing.elements if element.shape == "queue"}
    numbered = [arrow for arrow in drawing.arrows if arrow.step is not None]
    for arrow in numbered:
        sent = [each for each in numbered if each.target == arrow.source and each.technology == arrow.technology]
        if arrow.source in queues and arrow.technology and not any((e.step or 0) < (arrow.step or 0) for e in sent):
            when = f"only in step {sent[0].index}" if sent else "never"
            message = f"{arrow} is delivered, and published {when}"
            yield _at(arrow, "not-published", message, "correct the number or the topic")


def _unconnected(drawing: Drawing) -> Iterator[Finding]:
    used = {end for arrow in drawing.arrows for end in (arrow.source, arrow.target)}
    holders = {element.inside for element in drawing.elements}
    for element in drawing.elements if drawing.arrows else ():
        if not (element.is_boundary or element.alias in used or element.alias in holders):
            message, fix = f"no arrow touches {element.alias}", "draw its arrow, or take it out"
            yield element.line.finding("unconnected", message, fix, element.alias, "warning")


def _nothing(drawing: Drawing) -> Iterator[Finding]:
    if drawing.elements and not drawing.arrows:
        yield drawing.diagram.head.finding("no-arrows", "this diagram has no arrow", "draw what its elements do")


def _includes(drawing: Drawing) -> Iterator[Finding]:
    for line in drawing.diagram.lines:
        if line.file != drawing.diagram.file and line.extends_c4 and line.text:
            what = line.text.split()[-1]
            message = f"{line.file.name}, which is included, includes {what} itself"
            yield line.finding("c4-in-shared-file", message, "leave the C4 file to the view", what, "warning")


def _styles(drawing: Drawing) -> Iterator[Finding]:
    lines = [line for line in drawing.diagram.lines if re.match(r"\s*RelIndex\w*\s*\(", line.text)]
    mixed = any(re.match(r"\s*Rel(?:_\w+)?\s*\(.*\$index\s*=", line.text) for line in drawing.diagram.lines)
    for line in lines:
        rule, also = ("mixed-numbering", " beside $index") if mixed else ("outdated-relindex", "")
        yield line.finding(rule, f"RelIndex is outdated{also}", "write Rel(..., $index=...)", "RelIndex", "warning")


def _technology(drawing: Drawing) -> Iterator[Finding]:
    queues = {element.alias for element in drawing.elements if element.shape == "queue"}
    for arrow in drawing.arrows:
        if not arrow.technology and not arrow.hidden and queues & {arrow.source, arrow.target}:
            yield _at(arrow, "missing-technology", f"{arrow} does not name its topic", "give the topic as technology")


def _title(drawing: Drawing) -> Iterator[Finding]:
    if not drawing.title and drawing.diagram.kind == "uml":
        head = drawing.diagram.head
        yield head.finding("no-title", "the diagram has no title", "add a line: title ...", severity="warning")


RULES: tuple[Rule, ...] = (
    _undeclared, _declared_twice, _not_closed, _unnumbered, _gaps, _repeated, _topic_order, _unconnected, _nothing,
    _includes, _styles, _technology, _title,
)  # fmt: skip


def fixed(text: str) -> tuple[str, int]:
    """A source with every remote include that has a bundled twin rewritten to it, and how many were."""
    lines, count = text.split("\n"), 0
    for at, line in enumerate(lines):
        directive = DIRECTIVE.match(line)
        name = bundled_name(directive["what"]) if directive and REMOTE.match(directive["what"]) else ""
        if directive and name:
            lines[at] = line[: directive.start("how")] + f"include {name}"
            count += 1
    return "\n".join(lines), count


def _by_step(arrows: Iterable[Arrow]) -> list[list[Arrow]]:
    visible = [arrow for arrow in arrows if arrow.index and not arrow.hidden]
    return [[a for a in visible if a.index == index] for index, n in Counter(a.index for a in visible).items() if n > 1]


def _nearest(alias: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(alias, list(known), 1, 0.7)), "")


def _at(arrow: Arrow, rule: str, message: str, fix: str) -> Finding:
    return arrow.line.finding(rule, message, fix, arrow.finding_at())
