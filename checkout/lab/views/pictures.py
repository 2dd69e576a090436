"""Pictures: the committed views, with what happened lit on them, or how long each arrow took."""

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import checkout
from checkout.c4.render import svg
from checkout.c4.render.paint import Stroke, apply_strokes
from checkout.journal.hop import Hop, Outcome
from checkout.lab.errors import LabError
from checkout.lab.history.projection import Moment, element

FOLDER = Path(checkout.__file__).parents[1] / "diagrams"
VIEWS = ("ordering", "ordering-sold-out", "ordering-payment-denied")
PAST, NOW, ODD = Stroke("#0B57A4", 1.8), Stroke("#B84A00", 4.0), Stroke("#B3261E", 4.0, "7,5")
# Cividis, light (fast) to dark (slow): it reads the same for every kind of colour vision.
WARMTH = [
    Stroke("#BCAF6F", 1.6), Stroke("#8D8878", 2.4), Stroke("#61656F", 3.2), Stroke("#35456C", 4.2),
    Stroke("#00204D", 5.4),
]  # fmt: skip
WORDS, DRAWN = [svg.tag(name) for name in ("title", "desc", "metadata")], ("cluster", "entity", "link")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
Key = tuple[str, str, str]  # from, to, technology
Box = tuple[float, float, float, float]


class Picture:
    """A picture as SVG, and what it says as a title and a fact per line."""

    def __init__(self, svg: bytes, title: str, facts: Sequence[str]) -> None:
        self.svg, self.title, self.facts = svg, title, list(facts)

    @property
    def alt(self) -> str:
        """The whole picture in one sentence, for whoever does not see it."""
        return f"{self.title}. {'; '.join(self.facts)}."

    def __repr__(self) -> str:
        return "\n  ".join([self.title, *self.facts])

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.svg).decode()
        return f'<img alt="{escape(self.alt)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'


class Drawn(NamedTuple):
    """An arrow in a picture: its group, the place below its label, and the box around it and both its ends."""

    id: str
    step: int
    x: float
    y: float
    box: Box


class View(NamedTuple):
    """A view without title and legend: its arrows by (from, to, technology), its elements' groups by alias."""

    svg: str
    arrows: dict[Key, Drawn]
    boxes: dict[str, str]

    def find(self, hop: Hop) -> Drawn | None:
        """The arrow of a hop, if the view draws it."""
        return self.arrows.get((hop.sender, hop.to, _squeezed(hop.technology)))


@cache
def view(name: str) -> View:
    """A committed view, made slim. Raises LabError."""
    try:
        root = _slim(svg.sanitise(svg.parse((FOLDER / f"{name}.svg").read_bytes())))
    except (OSError, ValueError) as error:
        raise LabError(f"there is no picture of {name}: draw it with `checkout diagrams render diagrams`") from error
    groups = {group.get("id") or "": group for group in root.iter(svg.tag("g")) if group.get("id")}
    names = {id: (group.get("data-qualified-name") or "").rpartition(".")[2] for id, group in groups.items()}
    arrows = {}
    for id, group in groups.items():
        if group.get("class") == "link":
            ends = [group.get(f"data-entity-{end}") or "" for end in (1, 2)]
            step, technology = _label(group)
            arrows[names[ends[0]], names[ends[1]], technology] = _drawn(id, step, group, [groups[end] for end in ends])
    boxes = {names[id]: id for id, group in groups.items() if group.get("class") == "entity"}
    return View(svg.serialise(root), arrows, boxes)


def _slim(root: svg.Node) -> svg.Node:
    for parent in list(root.iter()):
        for node in list(parent):
            is_blank = node.tag == svg.tag("text") and not "".join(node.itertext()).strip()
            if is_blank or node.tag in WORDS or node.get("class") in ("title", "legend"):
                parent.remove(node)
    frames = [_around(group) for group in root.iter(svg.tag("g")) if group.get("class") in DRAWN]
    left, top, right, bottom = _union(frames)
    root.attrib = {"version": "1.1", "viewBox": f"{left - 9:g} {top - 9:g} {right - left + 18:g} {bottom - top + 18:g}"}
    return root


def _label(group: svg.Node) -> tuple[int, str]:
    # The label is broken into words and lines; without its spaces it is one again.
    text = _squeezed("".join("".join(each.itertext()) for each in group.iter(svg.tag("text"))))
    found = re.fullmatch(r"(?:(\d+):)?.*?(?:\[([^\[\]]*)\])?", text)
    return (int(found[1] or 0), found[2] or "") if found else (0, "")


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def _drawn(id: str, step: int, group: svg.Node, ends: Sequence[svg.Node]) -> Drawn:
    left, _, right, low = _union([_frame(text) for text in group.iter(svg.tag("text"))])
    return Drawn(id, step, round((left + right) / 2, 1), low + 14, _union([_around(each) for each in (group, *ends)]))


def _around(group: svg.Node) -> Box:
    return _union([_frame(node) for node in group if node.tag in map(svg.tag, ("rect", "path", "text"))])


def _frame(node: svg.Node) -> Box:
    if node.tag == svg.tag("path"):
        numbers = [float(number) for number in NUMBER.findall(node.get("d") or "")]
        return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
    x, y = (float(node.get(side) or 0) for side in "xy")
    width, height = (float(node.get(size) or 0) for size in ("width", "height"))
    return x, y, x + (width or float(node.get("textLength") or 0)), y + height


def _union(boxes: Sequence[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def story(moments: Sequence[Moment], at: int) -> list[Moment]:
    """What had happened, at that moment (0: none yet), to the order that was then on its way."""
    past = moments[:at]
    order = next((moment.order for moment in reversed(past) if moment.order), "")
    return [moment for moment in past if moment.order == order and order]


def lit(name: str, moments: Sequence[Moment], at: int) -> str:
    """The view at that moment (0: none yet): past arrows, the current one, both its ends, and its coordinates."""
    picture, arrows = view(name), dict[str, Stroke]()
    for moment in story(moments, at):
        if drawn := picture.find(moment.hop):
            arrows[drawn.id] = PAST
    now = moments[at - 1] if at else None
    drawn = picture.find(now.hop) if now else None
    if now is None or drawn is None:
        return _written(picture, arrows, {}, {})
    ink = NOW if now.hop.outcome == Outcome.APPLIED else ODD
    ends = {now.hop.sender: ink, now.hop.to: ink}
    return _written(picture, arrows | {drawn.id: ink}, ends, {drawn: coordinates(now)}, now.hop.topic is not None)


def coordinates(moment: Moment) -> list[str]:
    """Where a hop came to stand, as the lines that are written at its arrow."""
    hop = moment.hop
    key = moment.order if hop.key == hop.order else hop.key
    about = [f"key {key[:36]}"] if key else []
    about += [f"lag {moment.lag}"] if moment.lag is not None else []
    about += [hop.outcome] if hop.outcome != Outcome.APPLIED else []
    first = moment.place if hop.topic else f"answer: {hop.status}" if hop.status else ""
    return [line for line in (first, ", ".join(about)) if line]


def _written(
    picture: View, arrows: Mapping[str, Stroke], boxes: Mapping[str, Stroke], words: Mapping[Drawn, Sequence[str]],
    hides_topic: bool = False,
) -> str:  # fmt: skip
    root = svg.parse(apply_strokes(picture.svg, arrows, boxes))
    _, _, *size = map(float, (root.get("viewBox") or "").split())
    root.attrib |= {"width": f"{size[0] * 0.62:.0f}", "height": f"{size[1] * 0.62:.0f}", "style": "background:#FFFFFF"}
    groups = {group.get("id"): group for group in root.iter(svg.tag("g"))}
    for group in (group for group in groups.values() if group.get("class") == "link"):
        for text in group.findall(svg.tag("text")):
            text.set("fill", "#333333")  # a light arrow may keep its colour, its words must be read
    for drawn, lines in words.items():
        group = groups[drawn.id]
        for text in group.findall(svg.tag("text")) if hides_topic else ():
            if text.get("font-style"):  # its coordinates begin with it
                group.remove(text)
        top = drawn.y - 14 * hides_topic
        root.extend(_text(drawn.x, top + 15 * at, line) for at, line in enumerate(lines))
    return svg.serialise(root)


def _text(x: float, y: float, words: str) -> svg.Node:
    look: dict[str, Any] = {"text-anchor": "middle", "font-size": "13", "font-weight": "700", "fill": "#000"}
    look |= {"stroke": "#FFF", "stroke-width": "4", "paint-order": "stroke", "class": "place", "font-family": svg.FONTS}
    node = svg.Node(svg.tag("text"), look | {"x": f"{x:g}", "y": f"{y:g}"})
    node.text = words
    return node


def still(name: str, moments: Sequence[Moment], at: int | None = None) -> Picture:
    """The view as it stood at that moment, the last if none is named, with its words."""
    at = len(moments) if at is None else min(max(at, 0), len(moments))
    now = moments[at - 1] if at else None
    facts = [now.sentence.rstrip("."), *coordinates(now)] if now else ["nothing has happened yet"]
    return Picture(lit(name, moments, at).encode(), f"{name}, hop {at} of {len(moments)}", facts)


def heat(name: str, milliseconds: Mapping[Key, float]) -> Picture:
    """The view with arrows the darker and thicker the longer they took, the figure at each. Raises LabError."""
    picture = view(name)
    took = {(one, two, _squeezed(how)): max(value, 0) for (one, two, how), value in milliseconds.items()}
    found = {drawn: took[key] for key, drawn in picture.arrows.items() if key in took}
    if not found:
        raise LabError(f"none of these arrows is drawn in {name}: let an order take them first")
    longest = max(found.values()) or 1
    # The root spreads the short ones, which are many, over more of the scale.
    arrows = {drawn.id: WARMTH[int(4.999 * sqrt(value / longest))] for drawn, value in found.items()}
    words = {drawn: [f"{value:.1f} ms"] for drawn, value in found.items()}
    labels = {drawn: (drawn.step, f"{element(key[0])} to {element(key[1])}") for key, drawn in picture.arrows.items()}
    facts = [f"step {labels[drawn][0]}, {labels[drawn][1]}: {found[drawn]:.1f} ms" for drawn in found]
    title = f"{name}: milliseconds per arrow, the darker and thicker the longer"
    return Picture(_written(picture, arrows, {}, words).encode(), title, facts)
