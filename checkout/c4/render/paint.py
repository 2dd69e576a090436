"""Paint: colours on arrows and boxes of a finished picture, and arrows that only the picture has."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from checkout.c4.render import svg
from checkout.c4.render.renderer import Picture, Renderer
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.files import Line

ADDED = 0  # the line number of an arrow that stands in no file


@dataclass(frozen=True)
class Ink:
    """How an arrow or a box is drawn: nothing keeps what the picture has."""

    colour: str | None = None
    width: float | None = None
    dashes: str | None = None
    opacity: float | None = None


GREEN, RED = Ink("#1E8E3E", 1.6), Ink("#D93025", 2.2, "7,5")
PURPLE, AMBER, ORANGE = Ink("#8E24AA", 2.2), Ink("#B26A00", 2.2), Ink("#E8710A", 3.0)
DOTTED, GREY = Ink("#E8710A", 2.2, "2,4"), Ink("#9AA0A6", 1.0)
FAINT, PALE = Ink(opacity=0.3), Ink(opacity=0.55)


def painted(text: str, arrows: Mapping[str, Ink], boxes: Mapping[str, Ink] | None = None) -> str:
    """The picture with arrows painted by group id and boxes by alias."""
    root = svg.parse(text)
    for group in root.iter(svg.tag("g")):
        ink = arrows.get(group.get("id") or "")
        name = group.get("data-qualified-name")
        if ink and group.get("class") == "link":
            _draw(group, ink)
        elif name and boxes and group.get("class") == "entity":
            alias = next((each for each in boxes if name == each or name.endswith("." + each)), None)
            _outline(group, boxes[alias] if alias else Ink())
    return svg.written(root)


def _draw(group: svg.Node, ink: Ink) -> None:
    if ink.opacity is not None:
        group.set("opacity", f"{ink.opacity:g}")
    for node in group.iter():
        if ink.colour and node.tag == svg.tag("text"):
            node.set("fill", ink.colour)
        elif ink.colour and node.tag == svg.tag("polygon"):
            node.set("fill", ink.colour)
            node.set("style", _styled(node, ink.colour, None, None))
        elif node.tag == svg.tag("path"):
            node.set("style", _styled(node, ink.colour, ink.width, ink.dashes))


def _outline(group: svg.Node, ink: Ink) -> None:
    if ink.opacity is not None:
        group.set("opacity", f"{ink.opacity:g}")
    for node in group:
        if node.tag in (svg.tag("rect"), svg.tag("path")) and ink.colour:
            node.set("style", _styled(node, ink.colour, ink.width, ink.dashes))


def _styled(node: svg.Node, colour: str | None, width: float | None, dashes: str | None) -> str:
    style = dict(part.split(":", 1) for part in (node.get("style") or "").split(";") if ":" in part)
    wanted = {"stroke": colour, "stroke-width": width and f"{width:g}", "stroke-dasharray": dashes}
    style.update({name: value for name, value in wanted.items() if value})
    return ";".join(f"{name}:{value}" for name, value in style.items())


def with_arrows(renderer: Renderer, drawing: Drawing, more: Iterable[tuple[str, str, str]]) -> Picture:
    """The picture with further arrows (from, to, label), and boxes for ends it lacks; those stand on line 0."""
    extra = list(dict.fromkeys(more))
    if not extra:
        return renderer.picture(drawing.diagram)
    file, lines = drawing.diagram.file, drawing.diagram.lines
    names = {alias: _word(alias) for ends in extra for alias in ends[:2]}
    ends = [name for alias, name in names.items() if alias not in drawing.aliases]
    texts = [f'rectangle "{name}" as {name}' for name in dict.fromkeys(ends)]
    texts += [f"{names[one]} ..> {names[two]} : {_safe(label)}" for one, two, label in extra]
    drawn = [Line(text, file, ADDED) for text in texts]
    return renderer.picture(replace(drawing.diagram, lines=(*lines[:-1], *drawn, lines[-1])))


def added(arrows: Sequence[Arrow]) -> list[Arrow]:
    """The arrows that only the picture has."""
    return [arrow for arrow in arrows if arrow.line.number == ADDED]


def _word(alias: str) -> str:
    # Names in a journal are another's words: none may become a line of PlantUML.
    return re.sub(r"[^\w.]", "_", alias) or "unnamed"


def _safe(label: str) -> str:
    return re.sub(r"[^\w .,/()-]", " ", label)[:120]
