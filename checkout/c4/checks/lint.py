"""Lint: rules for mistakes in one diagram that PlantUML accepts silently."""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from checkout.c4.findings import Finding
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import OUTSIDE
from checkout.c4.source.files import SourceLine
from checkout.c4.source.includes import DIRECTIVE, REMOTE, THEME, bundled_name

Rule = Callable[[Drawing], Iterator[Finding]]


def lint(drawing: Drawing) -> list[Finding]:
    """The findings of all rules on one diagram, in the order of its lines."""
    found = [finding for rule in RULES for finding in rule(drawing)]
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.file, finding.line, finding.column))


def _undeclared_alias(drawing: Drawing) -> Iterator[Finding]:
    declared = drawing.aliases
    for arrow in drawing.arrows if any("C4" in line.text for line in drawing.diagram.lines) else ():
        for alias in dict.fromkeys((arrow.source, arrow.target)):
            if alias not in declared and alias not in OUTSIDE:
                near = get_close_matches(alias, declared, 1, 0.7)
                fix = f"write {near[0]}" if near else "declare it, or correct the name"
                yield arrow.line.finding("undeclared-alias", f"no element is called {alias}", fix, alias)


def _duplicate_alias(drawing: Drawing) -> Iterator[Finding]:
    first: dict[str, SourceLine] = {}
    for element in drawing.elements:
        if element.alias in first:
            message = f"{element.alias} is declared a second time, after line {first[element.alias].number}"
            yield element.line.finding("duplicate-alias", message, "remove one of the two", element.alias)
        first.setdefault(element.alias, element.line)


def _unclosed_boundary(drawing: Drawing) -> Iterator[Finding]:
    for element in drawing.open_boundaries:
        message = f"the boundary {element.alias} is not closed"
        yield element.line.finding("unclosed-boundary", message, "add its closing }", element.alias)


def _unnumbered_arrow(drawing: Drawing) -> Iterator[Finding]:
    is_meant = any(line.extends_c4 and "dynamic" in line.text.lower() for line in drawing.diagram.lines)
    if is_meant and drawing.arrows and not drawing.is_dynamic:
        message = "no arrow of this dynamic view has a number: a later include redefines Rel without numbers"
        yield drawing.diagram.head.finding("no-numbers", message, "include C4_Dynamic last, and the model after it")
    for arrow in drawing.arrows if drawing.is_dynamic else ():
        if not arrow.index and not arrow.hidden and not arrow.both_ways:
            yield arrow.finding("unnumbered-arrow", f"{arrow} has no number", "give it an $index")


def _step_gap(drawing: Drawing) -> Iterator[Finding]:
    steps = sorted({arrow.step for arrow in drawing.arrows if arrow.step is not None})
    if any(arrow.index and arrow.step is None for arrow in drawing.arrows):
        return  # numbers such as 4-1 leave gaps on purpose
    for before, step in zip([0, *steps], steps, strict=False):
        if step > before + 1:
            arrow = next(each for each in drawing.arrows if each.step == step)
            missing = f"step {before + 1}" if step == before + 2 else f"steps {before + 1} to {step - 1}"
            yield arrow.finding("step-gap", f"{missing} missing before {arrow}", f"give it the number {before + 1}")


def _step_repeated(drawing: Drawing) -> Iterator[Finding]:
    groups, queues = dict[str, list[Arrow]](), _queues(drawing)
    for arrow in drawing.visible_arrows:
        groups.setdefault(arrow.index, []).append(arrow)
    groups.pop("", None)  # arrows without a number
    for group in groups.values():
        for at, arrow in enumerate(group):
            twin = next((each for each in group[:at] if each.key == arrow.key), None)
            chained = [each for each in group if each is not arrow and _can_cause(each, arrow, queues)]
            if twin or (chained and arrow.source != arrow.target):
                message = f"{arrow} cannot be concurrent with {twin or chained[0]}"
                yield arrow.finding("step-repeated", message, "give the later of them the next number")


def _can_cause(one: Arrow, other: Arrow, queues: set[str]) -> bool:
    if one.target != other.source:
        return False
    # What a queue delivers was published on the same topic.
    return one.target not in queues or not one.technology or one.technology == other.technology


def _queues(drawing: Drawing) -> set[str]:
    return {element.alias for element in drawing.elements if element.shape == "queue"}


def _not_published(drawing: Drawing) -> Iterator[Finding]:
    queues = _queues(drawing)
    numbered = [arrow for arrow in drawing.arrows if arrow.step is not None]
    for arrow in numbered:
        sent = [each for each in numbered if each.target == arrow.source and each.technology == arrow.technology]
        if arrow.source in queues and arrow.technology and not any((e.step or 0) < (arrow.step or 0) for e in sent):
            when = f"published only in step {sent[0].index}" if sent else "never published"
            message = f"{arrow} is delivered but {when}"
            yield arrow.finding("not-published", message, "correct the number or the topic")


def _unconnected(drawing: Drawing) -> Iterator[Finding]:
    used = {end for arrow in drawing.arrows for end in (arrow.source, arrow.target)}
    holders = {element.inside for element in drawing.elements}
    for element in drawing.elements if drawing.arrows else ():
        if not (element.is_boundary or element.alias in used or element.alias in holders):
            message, fix = f"no arrow touches {element.alias}", "draw its arrow, or remove it"
            yield element.line.finding("unconnected", message, fix, element.alias, "warning")


def _no_arrows(drawing: Drawing) -> Iterator[Finding]:
    if drawing.elements and not drawing.arrows:
        yield drawing.diagram.head.finding("no-arrows", "this diagram has no arrow", "draw what its elements do")


def _c4_in_shared_file(drawing: Drawing) -> Iterator[Finding]:
    for line in drawing.diagram.lines:
        if line.file != drawing.diagram.file and line.extends_c4 and line.text:
            what = line.text.split()[-1]
            message = f"{line.file.name}, which is included, includes {what} itself"
            yield line.finding("c4-in-shared-file", message, "leave the C4 file to the view", what, "warning")


def _outdated_relindex(drawing: Drawing) -> Iterator[Finding]:
    lines = [line for line in drawing.diagram.lines if re.match(r"\s*RelIndex\w*\s*\(", line.text)]
    mixed = any(re.match(r"\s*Rel(?:_\w+)?\s*\(.*\$index\s*=", line.text) for line in drawing.diagram.lines)
    for line in lines:
        rule, also = ("mixed-numbering", " beside $index") if mixed else ("outdated-relindex", "")
        yield line.finding(rule, f"RelIndex is outdated{also}", "write Rel(..., $index=...)", "RelIndex", "warning")


def _missing_technology(drawing: Drawing) -> Iterator[Finding]:
    queues = _queues(drawing)
    for arrow in drawing.visible_arrows:
        if not arrow.technology and queues & {arrow.source, arrow.target}:
            message = f"{arrow} does not name its topic"
            yield arrow.finding("missing-technology", message, "give the topic as technology")


def _no_title(drawing: Drawing) -> Iterator[Finding]:
    if not drawing.title and drawing.diagram.kind == "uml":
        head = drawing.diagram.head
        yield head.finding("no-title", "the diagram has no title", "add a line: title ...", severity="warning")


RULES: tuple[Rule, ...] = (
    _undeclared_alias, _duplicate_alias, _unclosed_boundary, _unnumbered_arrow, _step_gap, _step_repeated,
    _not_published, _unconnected, _no_arrows, _c4_in_shared_file, _outdated_relindex, _missing_technology, _no_title,
)  # fmt: skip


def fix_remote_includes(text: str) -> tuple[str, int]:
    """Rewrites includes of URLs to the bundled library where it has the file; returns the source and how many."""
    lines, count = text.split("\n"), 0
    for at, line in enumerate(lines):
        directive = DIRECTIVE.match(line)
        written = directive["what"] if directive else ""
        theme = THEME.fullmatch(written) if directive and directive["how"].lower() == "theme" else None
        address = theme["place"] if theme else written
        name = bundled_name(address) if REMOTE.match(address) else ""
        if directive and name:
            replacement = f"theme {theme['name']} from {name}" if theme else f"include {name}"
            lines[at] = line[: directive.start("how")] + replacement
            count += 1
    return "\n".join(lines), count
