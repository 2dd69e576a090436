"""Draw: the dynamic view from what ran, keeping the author's file but for its arrows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checkout.c4.checks.verify import in_steps
from checkout.c4.findings import Refused
from checkout.c4.journal import Hop
from checkout.c4.source.arrows import Arrow, Drawing

MACRO = re.compile(r"\s*(?P<name>Rel(?:Index)?(?:_[A-Za-z_]+)?)\s*\((?P<inside>.*)\)\s*(?:'.*)?$")
INDEX = re.compile(r"(\$index\s*=\s*)(\"[^\"]*\"|[^,)\s]+)")


@dataclass(frozen=True)
class Happened:
    """An arrow as a run has it: its step, its ends and technology, its message."""

    step: int
    source: str
    target: str
    technology: str
    message: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What its arrow is found by: from, to, technology."""
        return self.source, self.target, self.technology


def happened(orders: Iterable[Sequence[Hop]]) -> list[Happened]:
    """The arrows of one or more orders of the same story, each once, in step order."""
    found: dict[tuple[str, str, str], Happened] = {}
    for hops in orders:
        steps = _steps([hop for hop in hops if hop.counts])
        for hop, step in steps:
            known = found.get(hop.key)
            if known is None or step < known.step:
                found[hop.key] = Happened(step, *hop.key, hop.message)
    return sorted(found.values(), key=lambda arrow: arrow.step)


def _steps(hops: Sequence[Hop]) -> list[tuple[Hop, int]]:
    if all(hop.step is not None for hop in hops):
        return [(hop, hop.step or 0) for hop in hops]
    levels: list[tuple[Hop, int]] = []
    for hop in hops:
        before = [level for each, level in levels if _leads_to(each, hop)]
        levels.append((hop, max(before, default=0) + 1))
    return levels


def _leads_to(one: Hop, two: Hop) -> bool:
    """Whether one hop led to another: it was passed on, it caused it, or its answer was waited for."""
    if one.message == two.message:
        return one.target == two.source
    if one.message == two.cause:
        return two.source in (one.target, one.source)
    called = one.url is not None and one.source == two.source and one.cause == two.cause
    return called and two.url is None and one.at <= two.at


def drawn_into(drawing: Drawing, arrows: Sequence[Happened]) -> str:
    """The diagram's own file with its arrows as they ran: renumbered, added, removed; everything else untouched."""
    file = drawing.diagram.file
    lines = file.read_bytes().decode("utf-8").split("\n")
    wanted = {arrow.key: arrow for arrow in arrows}
    places, gone = dict[int, int](), set[int]()
    for arrow in in_steps(drawing):
        run = wanted.pop(arrow.key, None)
        at = arrow.line.number - 1
        if run is None:
            _only_arrow(drawing, arrow)
            gone.add(at)
        elif run.step != arrow.step:
            lines[at] = _renumbered(drawing, arrow, lines[at], run.step)
        if run is not None and arrow.line.file == file:
            places[at] = run.step
    return "\n".join(_merged(lines, gone, places, list(wanted.values())))


def _merged(lines: list[str], gone: set[int], places: dict[int, int], new: list[Happened]) -> list[str]:
    merged = list[str]()
    end = max([*places, *gone], default=len(lines) - 2)
    for at, line in enumerate(lines):
        if at in places:
            merged += [written(arrow) for arrow in new if arrow.step < places[at]]
            new = [arrow for arrow in new if arrow.step >= places[at]]
        if at not in gone:
            merged.append(line)
        if at == end:
            merged += [written(arrow) for arrow in new]
            new = []
    return merged


def _only_arrow(drawing: Drawing, arrow: Arrow) -> None:
    shared = [each for each in drawing.arrows if each.line == arrow.line]
    if arrow.line.file != drawing.diagram.file or len(shared) > 1 or not MACRO.match(arrow.line.text):
        message = f"{arrow} differs from the run, and this line is not one Rel(...) of its own"
        raise Refused(arrow.line.finding("not-editable", message, "change it by hand"))


def _renumbered(drawing: Drawing, arrow: Arrow, text: str, step: int) -> str:
    _only_arrow(drawing, arrow)
    if INDEX.search(text):
        return INDEX.sub(rf"\g<1>{step}", text, count=1)
    if re.match(r"\s*RelIndex", text):
        return re.sub(r"\(\s*[^,]+,", f"({step},", text, count=1)
    return re.sub(r"\)(\s*(?:'.*)?)$", rf", $index={step})\1", text, count=1)


def written(arrow: Happened) -> str:
    """One arrow as a line of C4-PlantUML, its message as words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", arrow.message).lower()
    plain = [re.sub(r'["\n\r]', " ", part) for part in (words, arrow.technology)]
    ends = [re.sub(r"[^\w.]", "_", end) for end in (arrow.source, arrow.target)]
    return f'Rel({ends[0]}, {ends[1]}, "{plain[0]}", "{plain[1]}", $index={arrow.step})'


def drawn_anew(arrows: Sequence[Happened]) -> str:
    """A whole dynamic view of a run of which no diagram exists yet."""
    ends = dict.fromkeys(re.sub(r"[^\w.]", "_", end) for arrow in arrows for end in (arrow.source, arrow.target))
    head = [
        "@startuml",
        "' Scope: one run, as its journal has it.",
        "' Primary elements: whatever sent or received a message.",
        "' Supporting elements: none.",
        "' Intended audience: whoever gives these elements their proper kinds and names.",
        "!include <C4/C4_Dynamic>",
        "title What ran",
        "",
    ]
    boxes = [f'Container({end}, "{end.replace("_", " ").title()}", "")' for end in ends]
    return "\n".join([*head, *boxes, "", *map(written, arrows), "@enduml", ""])
