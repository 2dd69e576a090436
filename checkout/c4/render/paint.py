"""Paint: colours the arrows and boxes of a rendered picture."""

from collections.abc import Mapping
from dataclasses import dataclass

from checkout.c4.render import svg


@dataclass(frozen=True)
class Stroke:
    """How an arrow or a box is drawn; None keeps what the picture has."""

    colour: str | None = None
    width: float | None = None
    dashes: str | None = None
    opacity: float | None = None


GREEN, RED = Stroke("#1E8E3E", 1.6), Stroke("#D93025", 2.2, "7,5")
PURPLE, AMBER, ORANGE = Stroke("#8E24AA", 2.2), Stroke("#B26A00", 2.2), Stroke("#E8710A", 3.0)
DOTTED, GREY = Stroke("#E8710A", 2.2, "2,4"), Stroke("#9AA0A6", 1.0)
AMBER_DASHED, GREY_DASHED = Stroke("#B26A00", 2.2, "7,5"), Stroke("#80868B", 1.6, "3,4")
FAINT, PALE = Stroke(opacity=0.3), Stroke(opacity=0.55)


def apply_strokes(text: str, arrows: Mapping[str, Stroke], boxes: Mapping[str, Stroke] | None = None) -> str:
    """The SVG with strokes applied to arrows, by the id of their group, and to boxes, by alias."""
    root = svg.parse(text)
    for group in root.iter(svg.tag("g")):
        stroke = arrows.get(group.get("id") or "")
        name = group.get("data-qualified-name")
        if stroke and group.get("class") == "link":
            _apply_to_arrow(group, stroke)
        elif name and boxes and group.get("class") == "entity":
            alias = next((each for each in boxes if name == each or name.endswith("." + each)), None)
            _apply_to_box(group, boxes[alias] if alias else Stroke())
    return svg.serialise(root)


def _apply_to_arrow(group: svg.Node, stroke: Stroke) -> None:
    if stroke.opacity is not None:
        group.set("opacity", f"{stroke.opacity:g}")
    for node in group.iter():
        if stroke.colour and node.tag == svg.tag("text"):
            node.set("fill", stroke.colour)
        elif stroke.colour and node.tag == svg.tag("polygon"):
            node.set("fill", stroke.colour)
            node.set("style", _style(node, Stroke(stroke.colour)))
        elif node.tag == svg.tag("path"):
            node.set("style", _style(node, stroke))


def _apply_to_box(group: svg.Node, stroke: Stroke) -> None:
    if stroke.opacity is not None:
        group.set("opacity", f"{stroke.opacity:g}")
    for node in group:
        if node.tag in (svg.tag("rect"), svg.tag("path")) and stroke.colour:
            node.set("style", _style(node, stroke))


def _style(node: svg.Node, stroke: Stroke) -> str:
    style = dict(part.split(":", 1) for part in (node.get("style") or "").split(";") if ":" in part)
    width = stroke.width and f"{stroke.width:g}"
    wanted = {"stroke": stroke.colour, "stroke-width": width, "stroke-dasharray": stroke.dashes}
    style.update({name: value for name, value in wanted.items() if value})
    return ";".join(f"{name}:{value}" for name, value in style.items())
