"""Draw: derives the arrows of a dynamic view from recorded runs, as a new diagram or as an update of a file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from checkout.c4.checks.verify import numbered_arrows
from checkout.c4.findings import PreconditionError
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import ElementKind
from checkout.c4.source.preprocessing import REPLACED
from checkout.journal.causality import causal_levels
from checkout.journal.hop import Hop

MACRO = re.compile(r"\s*Rel(?:Index)?(?:_[A-Za-z_]+)?\s*\(.*\)\s*(?:'.*)?$")
INDEX = re.compile(r"(\$index\s*=\s*)(\"[^\"]*\"|[^,)\s]+)")


@dataclass(frozen=True)
class ObservedArrow:
    """An arrow that recorded runs have."""

    step: int
    source: str
    target: str
    technology: str
    message: str

    @property
    def key(self) -> tuple[str, str, str]:
        """From, to, technology: what identifies an arrow."""
        return self.source, self.target, self.technology


def observe_arrows(orders: Iterable[Sequence[Hop]]) -> list[ObservedArrow]:
    """The distinct arrows of orders of one story, in step order; missing step numbers follow from causes.

    Raises PreconditionError if no hop was applied.
    """
    found: dict[tuple[str, str, str], ObservedArrow] = {}
    for hops in orders:
        for hop, step in _steps([hop for hop in hops if hop.is_applied]):
            known = found.get(hop.arrow)
            if known is None or step < known.step:
                found[hop.arrow] = ObservedArrow(step, *hop.arrow, hop.message)
    if not found:
        raise PreconditionError("no hop of this journal was applied: there is nothing to draw")
    return sorted(found.values(), key=lambda arrow: arrow.step)


def _steps(hops: Sequence[Hop]) -> list[tuple[Hop, int]]:
    if all(hop.step is not None for hop in hops):
        return [(hop, hop.step or 0) for hop in hops]
    return list(zip(hops, causal_levels(hops), strict=True))


def update_source(drawing: Drawing, arrows: Sequence[ObservedArrow]) -> str:
    """The source of a diagram with its arrows renumbered, added and removed as observed, and otherwise unchanged.

    Raises DiagramError if an arrow that differs is not one macro call on its own line of the file.
    """
    file = drawing.diagram.file
    lines = file.read_bytes().decode("utf-8").split("\n")
    new = {arrow.key: arrow for arrow in arrows}
    places, gone = dict[int, int](), set[int]()
    for arrow in numbered_arrows(drawing):
        observed = new.pop(arrow.key, None)
        at = arrow.line.number - 1
        if observed is None:
            _require_own_line(drawing, arrow)
            gone.add(at)
        elif observed.step != arrow.step:
            lines[at] = _renumber(drawing, arrow, lines[at], observed.step)
        if observed is not None and arrow.line.file == file:
            places[at] = observed.step
    end = max([*places, *gone], default=len(lines) - 2)
    for added in reversed(new.values()):
        at = min((at for at, step in places.items() if step > added.step), default=end + 1)
        lines[at] = f"{as_macro(added)}\n{lines[at]}"
    return "\n".join(line for at, line in enumerate(lines) if at not in gone)


def _require_own_line(drawing: Drawing, arrow: Arrow) -> None:
    shared = [each for each in drawing.arrows if each.line == arrow.line]
    if arrow.line.file != drawing.diagram.file or len(shared) > 1 or not MACRO.match(arrow.line.text):
        message = f"{arrow} differs from the run, and is not a single Rel(...) on its own line"
        raise arrow.line.error("not-editable", message, "change it by hand")


def _renumber(drawing: Drawing, arrow: Arrow, text: str, step: int) -> str:
    _require_own_line(drawing, arrow)
    if INDEX.search(text):
        return INDEX.sub(rf"\g<1>{step}", text, count=1)
    if re.match(r"\s*RelIndex", text):
        return re.sub(r"\(\s*[^,]+,", f"({step},", text, count=1)
    return re.sub(r"\)(\s*(?:'.*)?)$", rf", $index={step})\1", text, count=1)


def message_words(message: str) -> str:
    """The name of a message in words: "new order received" for NewOrderReceived; "POST /orders" as it is."""
    is_name = re.fullmatch(r"[A-Z][A-Za-z0-9]*", message) and not message.isupper()
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", message).lower() if is_name else message


def _alias(end: str) -> str:
    return re.sub(r"[^\w.]", "_", end)


def as_macro(arrow: ObservedArrow) -> str:
    """The arrow as a line of C4-PlantUML, labelled with the words of its message.

    Raises PreconditionError for a technology that PlantUML would change, so that the arrow would not be found again.
    """
    if REPLACED.search(arrow.technology):
        what = f"PlantUML would change the technology {arrow.technology!r} of {arrow.source} → {arrow.target}"
        raise PreconditionError(f"{what}: give it another text under [technology] in traces.toml")
    label, technology = (re.sub(r'["\n\r]', " ", part) for part in (message_words(arrow.message), arrow.technology))
    label = REPLACED.sub(r"\g<0> ", label)
    return f'Rel({_alias(arrow.source)}, {_alias(arrow.target)}, "{label}", "{technology}", $index={arrow.step})'


def observe_queues(hops: Iterable[Hop]) -> dict[str, ElementKind]:
    """The elements from which consumer groups receive messages."""
    return {hop.sender: ElementKind.QUEUE for hop in hops if hop.topic and hop.group}


def new_source(arrows: Sequence[ObservedArrow], kinds: Mapping[str, ElementKind] | None = None) -> str:
    """The source of a new dynamic view. Elements without a kind are drawn as containers."""
    known = kinds or {}
    ends = {_alias(end): known.get(end, ElementKind.CONTAINER) for arrow in arrows for end in arrow.key[:2]}
    head = [
        "@startuml",
        "' Scope: a recorded run.",
        "' Primary elements: all senders and receivers of messages.",
        "' Supporting elements: none.",
        "' Intended audience: the author who completes the kinds and names of the elements.",
        "!include <C4/C4_Dynamic>",
        "title Recorded run",
        "",
    ]
    boxes = [f'{kind}({end}, "{end.replace("_", " ").title()}", "")' for end, kind in ends.items()]
    return "\n".join([*head, *boxes, "", *map(as_macro, arrows), "@enduml", ""])
