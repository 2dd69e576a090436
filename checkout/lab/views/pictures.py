"""Pictures: the committed diagram views, with the arrows of a run highlighted or coloured by latency."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import checkout
from checkout.c4.notebook.text import alternative_text, picture_html, wrapped
from checkout.c4.render import svg
from checkout.c4.render.paint import Stroke, apply_strokes
from checkout.journal.hop import Hop
from checkout.lab.errors import LabError
from checkout.lab.history.metrics import ArrowKey
from checkout.lab.history.moment import Moment, moments_of
from checkout.lab.history.sentences import element
from checkout.lab.views.free_place import Bounds, free_place, group_bounds, node_bounds, obstacles, union
from checkout.messages import STORIES

FOLDER = Path(checkout.__file__).parents[1] / "diagrams"
VIEWS = tuple(STORIES)
PAST, CURRENT, UNSUCCESSFUL = Stroke("#0B57A4", 1.8), Stroke("#B84A00", 4.0), Stroke("#B3261E", 4.0, "7,5")
# Cividis, light (fast) to dark (slow): it reads the same for every kind of colour vision.
LATENCY_SCALE = [
    Stroke("#BCAF6F", 1.6), Stroke("#8D8878", 2.4), Stroke("#61656F", 3.2), Stroke("#35456C", 4.2),
    Stroke("#00204D", 5.4),
]  # fmt: skip
LETTER, LINE = 9.1, 16.0  # width of most letters and height of a line in bold type of 13 units
INVISIBLE, VISIBLE = [svg.tag(name) for name in ("title", "desc", "metadata")], ("cluster", "entity", "link")


class Picture:
    """A picture as SVG with a text alternative: a title and facts, one a line.

    A cell shows the SVG, its plain text is title and facts. `summary` replaces the facts in an alternative text that
    would be too long.
    """

    kind = ""  # the class of the image in HTML

    def __init__(self, svg: bytes, title: str, facts: Sequence[str], summary: str = "") -> None:
        self.svg, self.title, self.facts, self.summary = svg, title, list(facts), summary

    @property
    def alt(self) -> str:
        """The text alternative for screen readers, of at most 300 characters."""
        return alternative_text(self.title, self.facts, self.summary)

    def __repr__(self) -> str:
        return wrapped("\n  ".join([self.title, *self.facts]))

    def _repr_html_(self) -> str:
        return picture_html(self.svg, self.title, self.facts, self.summary, self.kind)


class ViewArrow(NamedTuple):
    """An arrow in a view: its SVG group, the point below its label, and the bounds of the arrow and both elements."""

    id: str
    step: int
    x: float
    y: float
    box: Bounds


class View(NamedTuple):
    """A view without title and legend: its arrows by key, and the ids of its elements' SVG groups by alias.

    The elements are in the order of the diagram's source.
    """

    svg: str
    arrows: dict[ArrowKey, ViewArrow]
    boxes: dict[str, str]

    def find(self, hop: Hop) -> ViewArrow | None:
        """The arrow of a hop, if the view draws it."""
        return self.arrows.get((hop.step, hop.sender, hop.to, _without_spaces(hop.technology)))


@cache
def view(name: str) -> View:
    """A committed view. Raises LabError if its SVG is missing."""
    try:
        root = _without_decoration(svg.sanitise(svg.parse((FOLDER / f"{name}.svg").read_bytes())))
    except (OSError, ValueError) as error:
        raise LabError(f"there is no picture of {name}: draw it with `checkout diagrams render diagrams`") from error
    groups = {group.get("id") or "": group for group in root.iter(svg.tag("g")) if group.get("id")}
    names = {id: (group.get("data-qualified-name") or "").rpartition(".")[2] for id, group in groups.items()}
    arrows = dict[ArrowKey, ViewArrow]()
    for id, group in groups.items():
        if group.get("class") == "link":
            sender, to = (group.get(f"data-entity-{end}") or "" for end in (1, 2))
            step, technology = _label(group)
            arrow = _view_arrow(id, step, group, [groups[sender], groups[to]])
            arrows[step, names[sender], names[to], technology] = arrow
    boxes = {names[id]: id for id, group in sorted(groups.items()) if group.get("class") == "entity"}
    return View(svg.serialise(root), arrows, boxes)


def _without_decoration(root: svg.Node) -> svg.Node:
    for parent in list(root.iter()):
        for node in list(parent):
            is_blank = node.tag == svg.tag("text") and not "".join(node.itertext()).strip()
            if is_blank or node.tag in INVISIBLE or node.get("class") in ("title", "legend"):
                parent.remove(node)
    bounds = [group_bounds(group) for group in root.iter(svg.tag("g")) if group.get("class") in VISIBLE]
    left, top, right, bottom = union(bounds)
    root.attrib = {"version": "1.1", "viewBox": f"{left - 9:g} {top - 9:g} {right - left + 18:g} {bottom - top + 18:g}"}
    return root


def _label(group: svg.Node) -> tuple[int, str]:
    # The label is broken into words and lines; without its spaces it is one again.
    text = _without_spaces("".join("".join(each.itertext()) for each in group.iter(svg.tag("text"))))
    found = re.fullmatch(r"(?:(\d+):)?.*?(?:\[([^\[\]]*)\])?", text)
    return (int(found[1] or 0), found[2] or "") if found else (0, "")


def _without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def _view_arrow(id: str, step: int, group: svg.Node, ends: Sequence[svg.Node]) -> ViewArrow:
    left, _, right, low = union([node_bounds(text) for text in group.iter(svg.tag("text"))])
    box = union([group_bounds(each) for each in (group, *ends)])
    return ViewArrow(id, step, round((left + right) / 2, 1), low + 14, box)


def static_picture(name: str, moments: Sequence[Moment]) -> Picture:
    """A view after these moments: past arrows, the current one with both elements, and its coordinates.

    Only arrows of the order that moved last are past. Raises LabError if the view is missing.
    """
    found, boxes, lines = view(name), dict[str, Stroke](), dict[ViewArrow, list[str]]()
    strokes = {arrow.id: PAST for moment in moments_of(moments) if (arrow := found.find(moment.hop))}
    facts, hides_topic = ["nothing has happened yet"], False
    if moments:
        now, hop = moments[-1], moments[-1].hop
        facts, hides_topic = [now.sentence.rstrip("."), *arrow_lines(now)], hop.topic is not None
        if current := found.find(hop):
            stroke = CURRENT if hop.is_applied else UNSUCCESSFUL
            strokes[current.id], boxes, lines = stroke, {hop.sender: stroke, hop.to: stroke}, {current: facts[1:]}
    svg_text = _painted(found, strokes, boxes, lines, hides_topic)
    return Picture(svg_text.encode(), f"{name}, hop {len(moments)} of {len(moments)}", facts)


def arrow_lines(moment: Moment) -> list[str]:
    """The lines at a moment's arrow: coordinates or response, then key, lag and outcome."""
    hop = moment.hop
    key = moment.order if hop.key == hop.order else hop.key
    facts = [f"key {key[:36]}"] if key else []
    facts += [f"lag {moment.lag}"] if moment.lag is not None else []
    facts += [] if hop.is_applied else [hop.outcome]
    first = moment.place if hop.topic else f"answer: {hop.status}" if hop.status else ""
    return [line for line in (first, ", ".join(facts)) if line]


def _painted(
    found: View, strokes: Mapping[str, Stroke], boxes: Mapping[str, Stroke], lines: Mapping[ViewArrow, Sequence[str]],
    hides_topic: bool = False,
) -> str:  # fmt: skip
    root = svg.parse(apply_strokes(found.svg, strokes, boxes))
    left, top, width, height = map(float, (root.get("viewBox") or "").split())
    root.attrib |= {"width": f"{width * 0.62:.0f}", "height": f"{height * 0.62:.0f}", "style": "background:#FFFFFF"}
    links = {group.get("id"): group for group in root.iter(svg.tag("g")) if group.get("class") == "link"}
    for text in (text for link in links.values() for text in link.findall(svg.tag("text"))):
        text.set("fill", "#333333")  # readable beside a light arrow, too
    for arrow in lines if hides_topic else ():
        for text in links[arrow.id].findall(f"{svg.tag('text')}[@font-style]"):
            links[arrow.id].remove(text)  # the coordinates begin with the topic
    _write(root, (left, top, left + width, top + height), lines, hides_topic)
    return svg.serialise(root)


def _write(root: svg.Node, frame: Bounds, lines: Mapping[ViewArrow, Sequence[str]], hides_topic: bool) -> None:
    taken = obstacles(root)
    for arrow, texts in lines.items():
        size = LETTER * max(map(len, texts), default=0), LINE * len(texts) + 4
        anchor = arrow.x, arrow.y - 10 - 14 * hides_topic + size[1] / 2
        x, y = free_place(frame, size, anchor, taken)
        taken.append((x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2))
        root.extend(_text(x, y + LINE * (at + 0.8 - len(texts) / 2), line) for at, line in enumerate(texts))


def _text(x: float, y: float, line: str) -> svg.Node:
    look: dict[str, Any] = {"text-anchor": "middle", "font-size": "13", "font-weight": "700", "fill": "#000"}
    look |= {"stroke": "#FFF", "stroke-width": "4", "paint-order": "stroke", "class": "place", "font-family": svg.FONTS}
    node = svg.Node(svg.tag("text"), look | {"x": f"{x:g}", "y": f"{y:g}"})
    node.text = line
    return node


def latency_heatmap(name: str, milliseconds: Mapping[ArrowKey, float]) -> Picture:
    """The view with each arrow's latency: the longer, the darker and thicker.

    `milliseconds`: by arrow, from `metrics.latencies`. Raises LabError if the view has none of these arrows.
    """
    arrows = view(name).arrows
    latency = {(*ends, _without_spaces(how)): value for (*ends, how), value in milliseconds.items()}
    keys = [key for key in arrows if key in latency]
    if not keys:
        raise LabError(f"none of these arrows is drawn in {name}: let an order pass them first")
    longest = max(0, *(latency[key] for key in keys)) or 1
    # Most latencies are short: the square root spreads them over more of the scale.
    strokes = {arrows[key].id: LATENCY_SCALE[int(4.999 * sqrt(max(latency[key], 0) / longest))] for key in keys}
    lines = {arrows[key]: [latency_text(latency[key])] for key in keys}
    facts = [f"step {key[0]}, {element(key[1])} to {element(key[2])}: {latency_text(latency[key])}" for key in keys]
    title = f"{name}: milliseconds per arrow, the darker and thicker the longer"
    summary = range_of([latency[key] for key in keys], facts)
    return Picture(_painted(view(name), strokes, {}, lines).encode(), title, facts, summary)


def latency_text(milliseconds: float) -> str:
    """A latency for display; "-" where the time stamps of the two hops say nothing (`metrics.latencies`)."""
    return f"{milliseconds:.1f} ms" if milliseconds > 0 else "-"


def range_of(milliseconds: Sequence[float], facts: Sequence[str]) -> str:
    """Latencies in one sentence: their number, and the facts of the shortest and the longest."""
    shortest, longest = (facts[milliseconds.index(pick(milliseconds))] for pick in (min, max))
    return f"{len(facts)} arrows. Shortest: {shortest}. Longest: {longest}"
