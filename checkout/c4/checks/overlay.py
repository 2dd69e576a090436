"""Overlay: colours the arrows of a view by how recorded runs conform to it."""

from checkout.c4.checks.conformance.results import DeviationKind, OrderResult
from checkout.c4.checks.verify import numbered_arrows
from checkout.c4.render.paint import (
    DOTTED,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    Stroke,
    apply_strokes,
    extra_arrows,
    render_with_extra_arrows,
)
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Drawing

# A later kind wins where an arrow deviates in several ways.
STROKES = {DeviationKind.MISSING: RED, DeviationKind.EARLY: PURPLE, DeviationKind.REDELIVERED: ORANGE}


def render_overlay(renderer: Renderer, drawing: Drawing, results: list[OrderResult]) -> str:
    """The SVG of all results: green conforms, red dashed missing, purple too early, orange again, dotted not drawn."""
    deviations = [deviation for result in results for deviation in result.deviations]
    extra = [each.hop for each in deviations if each.kind is DeviationKind.EXTRA and each.hop]
    labels = [(hop.sender, hop.to, f"{hop.message} ({hop.technology})") for hop in extra]
    rendered = render_with_extra_arrows(renderer, drawing, labels)
    deviating: dict[tuple[str, ...], Stroke] = {}
    for kind, stroke in STROKES.items():
        arrows = (each.arrow for each in deviations if each.kind is kind and not each.tolerated)
        deviating |= {(arrow.index, *arrow.key): stroke for arrow in arrows if arrow}
    numbered = numbered_arrows(rendered.drawing)
    strokes = {arrow.svg_id or "": deviating.get((arrow.index, *arrow.key), GREEN) for arrow in numbered}
    strokes |= {arrow.svg_id or "": DOTTED for arrow in extra_arrows(rendered.drawing.arrows)}
    return apply_strokes(rendered.svg, strokes)
