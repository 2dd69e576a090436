"""Pictures: a view coloured by conformance and by latency, each fit to be one of several in a page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.overlay import overlay_keys, render_overlay
from checkout.c4.checks.verify import numbered_arrows
from checkout.c4.render import svg
from checkout.c4.render.paint import GREY_DASHED, Stroke, apply_strokes
from checkout.c4.render.renderer import RenderedDiagram, Renderer
from checkout.c4.report.building import ViewReport
from checkout.c4.report.changes import in_units
from checkout.c4.report.data import ArrowData

MOST_UNDRAWN = 12  # undrawn arrows in a picture; the table has all of them
# From fast to slow, each with a contrast of at least 4.5 to white; wider ones for those who cannot tell colours apart.
HEAT = tuple(Stroke(colour, width) for colour, width in (
    ("#0B57B0", 1.2), ("#4A4FB3", 1.7), ("#7B3FA0", 2.2), ("#A62A70", 2.8), ("#B3131B", 3.6),
))  # fmt: skip
UNCOLOURED = "The picture of a sequence diagram cannot be coloured; the tables have the same facts."


@dataclass(frozen=True)
class HeatClass:
    """A stroke of the latency picture and the range of p99, in milliseconds, that has it."""

    stroke: Stroke
    least: float
    most: float

    def __str__(self) -> str:
        return f"{in_units(self.least)} to {in_units(self.most)}"


@dataclass(frozen=True)
class Pictures:
    """The SVGs of one view for a page, with what their strokes mean.

    `latency` is empty if no arrow has a duration, or if arrows cannot be coloured, for which `note` has the reason.
    """

    conformance: str
    keys: tuple[tuple[Stroke, str], ...] = ()
    note: str = ""
    latency: str = ""
    heat: tuple[HeatClass, ...] = ()


def draw_pictures(renderer: Renderer, rendered: RenderedDiagram, view: ViewReport, number: int) -> Pictures:
    """The pictures of a view, which is the one with this number in its page."""
    title = view.data.title
    if not any(arrow.svg_id for arrow in view.drawing.arrows) or not view.data.stories:
        note = UNCOLOURED if view.data.stories else ""
        return Pictures(fit_in_page(rendered.svg, f"view-{number}", title), note=note)
    shown = _condense(view)
    conformance = render_overlay(renderer, view.drawing, [shown])
    keys = tuple(overlay_keys(view.drawing, [shown]).items())
    pictures = Pictures(fit_in_page(conformance, f"conformance-{number}", f"Conformance: {title}"), keys)
    classes = heat_classes(view.data.arrows)
    if not classes:
        return pictures
    latency = _colour_by_latency(rendered.svg, view, classes)
    return replace(pictures, latency=fit_in_page(latency, f"latency-{number}", f"Latency: {title}"), heat=classes)


def _condense(view: ViewReport) -> OrderResult:
    """One result that has everything in the results of a view that its picture shows."""
    summary = view.summary
    hops = {at: hop for result in reversed(summary.results) for at, hop in result.hops.items()}
    found = [each.example for each in sorted(summary.deviations, key=lambda each: -each.orders)]
    undrawn = [each for each in found if each.is_undrawn][:MOST_UNDRAWN]
    deviations = [*(each for each in found if not each.is_undrawn), *undrawn]
    return OrderResult("", hops, tuple(deviations), tuple(each.example for each in summary.gaps))


def heat_classes(arrows: Sequence[ArrowData]) -> tuple[HeatClass, ...]:
    """Equal ranges of the logarithm of p99, from the least to the most of any arrow; none without durations."""
    values = [max(arrow.p99, 0.001) for arrow in arrows if arrow.p99 is not None]
    if not values:
        return ()
    least, most = min(values), max(values)
    if most < least * 1.05:
        return (HeatClass(HEAT[0], least, most),)
    bounds = [least * math.exp(math.log(most / least) * at / len(HEAT)) for at in range(len(HEAT) + 1)]
    pairs = zip(HEAT, bounds, bounds[1:], strict=False)
    return tuple(HeatClass(stroke, low, high) for stroke, low, high in pairs)


def heat_of(arrow: ArrowData, classes: Sequence[HeatClass]) -> int | None:
    """The number of the class of an arrow, or None without a duration."""
    if arrow.p99 is None or not classes:
        return None
    return next((at for at, each in enumerate(classes) if arrow.p99 <= each.most), len(classes) - 1)


def _colour_by_latency(picture: str, view: ViewReport, classes: Sequence[HeatClass]) -> str:
    strokes, texts = dict[str, Stroke](), dict[str, str]()
    for arrow, data in zip(numbered_arrows(view.drawing), view.data.arrows, strict=True):
        heat, group = heat_of(data, classes), arrow.svg_id or ""
        missing = GREY_DASHED if data.is_expected else Stroke()
        strokes[group] = missing if heat is None else HEAT[heat]
        if data.p50 is not None and data.p99 is not None:
            texts[group] = f"p50 {in_units(data.p50)}, p99 {in_units(data.p99)}"
    return _with_texts(apply_strokes(picture, strokes), texts)


def _with_texts(picture: str, texts: dict[str, str]) -> str:
    """The picture with a line of text below the label of each arrow, by the id of its group."""
    root = svg.parse(picture)
    for group in root.iter(svg.tag("g")):
        labels = group.findall(svg.tag("text"))
        text = texts.get(group.get("id") or "")
        if text and labels:
            group.append(_below(labels, text))
    return svg.serialise(root)


def _below(labels: Sequence[svg.Node], text: str) -> svg.Node:
    last = max(float(each.get("y") or 0) for each in labels)
    line = [each for each in labels if float(each.get("y") or 0) == last]
    left = min(float(each.get("x") or 0) for each in line)
    right = max(float(each.get("x") or 0) + float(each.get("textLength") or 0) for each in line)
    fill = labels[0].get("fill") or "#000000"
    places = {"x": f"{(left + right) / 2:g}", "y": f"{last + 13:g}", "text-anchor": "middle"}
    node = svg.Node(svg.tag("text"), {**places, "font-size": "11", "font-weight": "bold", "fill": fill})
    node.text = text
    return node


def fit_in_page(picture: str, prefix: str, title: str) -> str:
    """An SVG whose ids begin with a prefix, without metadata, and with a title for screen readers."""
    root = svg.parse(picture)
    for node in root.findall(svg.tag("metadata")):
        root.remove(node)
    svg.prefix_ids(root, prefix)
    head = root.find(svg.tag("title"))
    if head is not None:
        head.text = title
    named = [node.get("id") or "" for kind in ("title", "desc") for node in root.findall(svg.tag(kind))]
    root.set("aria-labelledby", " ".join(filter(None, named)))
    return ElementTree.tostring(root, encoding="unicode")
