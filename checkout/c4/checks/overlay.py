"""Overlay: colours the arrows of a view by how recorded runs conform to it."""

from collections.abc import Sequence

from checkout.c4.checks.conformance.results import Deviation, DeviationKind, OrderResult
from checkout.c4.checks.verify import is_silent, numbered_arrows
from checkout.c4.render.extra_arrows import extra_arrows, render_with_extra_arrows
from checkout.c4.render.paint import (
    AMBER_DASHED,
    DOTTED,
    GREEN,
    GREY,
    GREY_DASHED,
    ORANGE,
    PURPLE,
    RED,
    Stroke,
    apply_strokes,
)
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Arrow, Drawing

# A later kind wins where an arrow deviates in several ways.
STROKES = {
    DeviationKind.MISSING: RED, DeviationKind.WRONG_TECHNOLOGY: AMBER_DASHED, DeviationKind.EARLY: PURPLE,
    DeviationKind.REDELIVERED: ORANGE, DeviationKind.EXTRA: DOTTED,
}  # fmt: skip

KEYS = {
    GREEN: "Green: happened as drawn.", RED: "Red, dashed: never happened.", PURPLE: "Purple: too early.",
    ORANGE: "Orange: more than once.", DOTTED: "Orange, dotted: happened, and is not drawn.",
}  # fmt: skip
UNCHANGED = Stroke()  # of an arrow that a recording need not have, such as a reply
FURTHER_KEYS = {
    AMBER_DASHED: "Amber, dashed: happened with another technology.", GREY_DASHED: "Grey, dashed: cannot be judged.",
    GREY: "Grey: of an alternative that did not happen.",
}  # fmt: skip


def render_overlay(renderer: Renderer, drawing: Drawing, results: Sequence[OrderResult]) -> str:
    """The SVG of all results; `overlay_key` describes its colours."""
    extra = [each.hop for each in _deviations(results) if each.is_undrawn and each.hop]
    labels = [(hop.sender, hop.to, f"{hop.message} ({hop.technology})") for hop in extra]
    rendered = render_with_extra_arrows(renderer, drawing, labels)
    known = _strokes(drawing, results)
    strokes = {each.svg_id or "": known.get(_identity(each), GREEN) for each in numbered_arrows(rendered.drawing)}
    strokes |= {arrow.svg_id or "": DOTTED for arrow in extra_arrows(rendered.drawing.arrows)}
    return apply_strokes(rendered.svg, strokes)


def overlay_key(drawing: Drawing, results: Sequence[OrderResult]) -> str:
    """What the colours and dashes of an overlay mean; the rarer ones only if it has them."""
    return " ".join(overlay_keys(drawing, results).values())


def overlay_keys(drawing: Drawing, results: Sequence[OrderResult]) -> dict[Stroke, str]:
    """The sentence of `overlay_key` for each stroke."""
    strokes = set(_strokes(drawing, results).values())
    return KEYS | {stroke: text for stroke, text in FURTHER_KEYS.items() if stroke in strokes}


def _strokes(drawing: Drawing, results: Sequence[OrderResult]) -> dict[tuple[str, ...], Stroke]:
    happened = {at for result in results for at in result.hops}
    found = {
        _identity(arrow): GREEN if at in happened else UNCHANGED if is_silent(arrow) else GREY
        for at, arrow in enumerate(numbered_arrows(drawing))
    }
    unjudged = {_identity(each.arrow) for result in results for each in result.unjudged if each.arrow}
    found |= {each: GREY_DASHED for each in unjudged if found[each] is GREY}
    deviating = [(each.kind, each.arrow) for each in _deviations(results) if each.arrow]
    for kind, stroke in STROKES.items():
        found |= {_identity(arrow): stroke for each, arrow in deviating if each is kind}
    return found


def _deviations(results: Sequence[OrderResult]) -> list[Deviation]:
    """The deviations that are not tolerated; those that a baseline accepts are shown."""
    return [each for result in results for each in result.deviations if not each.tolerated or each.accepted]


def _identity(arrow: Arrow) -> tuple[str, ...]:
    return (arrow.index, *arrow.key)
