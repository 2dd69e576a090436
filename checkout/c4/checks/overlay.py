"""Overlay: a verdict as a picture: what ran as drawn is green, and every deviation has its colour."""

from checkout.c4.checks.verify import AGAIN, EARLY, EXTRA, MISSING, Verdict, in_steps
from checkout.c4.render.paint import DOTTED, GREEN, ORANGE, PURPLE, RED, Ink, added, painted, with_arrows
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Drawing

COLOURS = {MISSING: RED, EARLY: PURPLE, AGAIN: ORANGE}


def overlay(renderer: Renderer, drawing: Drawing, verdicts: list[Verdict]) -> str:
    """The picture of all verdicts in one: missing red and dashed, too early purple, again orange, not drawn dotted."""
    deviations = [deviation for verdict in verdicts for deviation in verdict.deviations]
    extra = [each.hop for each in deviations if each.kind == EXTRA and each.hop]
    labels = [(hop.source, hop.target, f"{hop.message} ({hop.technology})") for hop in extra]
    picture = with_arrows(renderer, drawing, labels)
    colours: dict[tuple[str, ...], Ink] = {}
    for deviation in sorted(deviations, key=lambda each: list(COLOURS).index(each.kind) if each.kind in COLOURS else 0):
        if deviation.arrow and deviation.kind in COLOURS and not deviation.tolerated:
            colours[(deviation.arrow.index, *deviation.arrow.key)] = COLOURS[deviation.kind]
    arrows = in_steps(picture.drawing)
    inks = {arrow.svg_id or "": colours.get((arrow.index, *arrow.key), GREEN) for arrow in arrows}
    inks |= {arrow.svg_id or "": DOTTED for arrow in added(picture.drawing.arrows)}
    return painted(picture.svg, inks)
