"""Story: shows a dynamic view step by step, as one SVG frame or as a self-contained HTML page."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from checkout.c4.checks.verify import numbered_arrows
from checkout.c4.findings import PreconditionError
from checkout.c4.render.paint import FAINT, GREEN, ORANGE, PALE, Stroke, apply_strokes
from checkout.c4.render.renderer import RenderedDiagram
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.journal.hop import Hop

PAGE = Path(__file__).with_name("story.html")


def group_steps(diagram: RenderedDiagram) -> list[list[Arrow]]:
    """The arrows of each step, in order; arrows with equal numbers are one step."""
    steps: dict[str, list[Arrow]] = {}
    for arrow in numbered_arrows(diagram.drawing):
        steps.setdefault(arrow.index, []).append(arrow)
    return list(steps.values())


def render_frame(diagram: RenderedDiagram, number: int) -> str:
    """The SVG at a step, from 1: earlier arrows green, those of the step orange, later ones faint.

    Raises PreconditionError if there is no such step, or if the picture has no groups, as that of a sequence diagram.
    """
    steps = group_steps(diagram)
    if not any(arrow.svg_id for step in steps for arrow in step):
        name = diagram.drawing.name
        raise PreconditionError(f"the picture of the sequence diagram {name} has no groups to colour: use --html")
    if not 1 <= number <= len(steps):
        raise PreconditionError(f"{diagram.drawing.name} has steps 1 to {len(steps)}, not {number}")
    arrows: dict[str, Stroke] = {}
    for at, step in enumerate(steps, 1):
        stroke = GREEN if at < number else ORANGE if at == number else FAINT
        arrows |= {arrow.svg_id or "": stroke for arrow in step}
    ends = {end for arrow in steps[number - 1] for end in (arrow.source, arrow.target)}
    boxes = {each.alias: ORANGE if each.alias in ends else PALE for each in diagram.drawing.elements}
    return apply_strokes(diagram.svg, arrows, boxes)


def render_page(diagram: RenderedDiagram, hops: Sequence[Hop] = ()) -> str:
    """One HTML page with the picture, the steps, and the messages of a run; arrow keys move between the steps."""
    start = min((hop.at for hop in hops), default=None)
    steps = [_step_data(step, diagram.drawing, hops, start) for step in group_steps(diagram)]
    title = diagram.drawing.title or diagram.drawing.name
    # A closing tag or a comment inside a string would end the script early.
    data = json.dumps({"title": title, "steps": steps}).replace("<", "\\u003c")
    parts = {"__TITLE__": escape(title, quote=False), "__SVG__": diagram.svg, "__DATA__": data}
    return re.sub("__(?:TITLE|SVG|DATA)__", lambda part: parts[part[0]], PAGE.read_text(encoding="utf-8"))


def write_pages(diagrams: Sequence[RenderedDiagram], hops: Sequence[Hop], out: Path) -> list[Path]:
    """Writes the page of one diagram to `out`; of several, those with numbered arrows to a page each, OUT-NAME.html.

    Raises PreconditionError if no diagram has numbered arrows.
    """
    if len(diagrams) > 1:
        diagrams = [each for each in diagrams if each.drawing.is_dynamic]
        if not diagrams:
            raise PreconditionError("none of these diagrams has numbered arrows: name a dynamic view")
        paths = [out.with_name(f"{out.stem}-{each.drawing.name}{out.suffix}") for each in diagrams]
    else:
        paths = [out]
    for path, diagram in zip(paths, diagrams, strict=True):
        path.write_text(render_page(diagram, hops), encoding="utf-8")
    return paths


def _step_data(step: list[Arrow], drawing: Drawing, hops: Sequence[Hop], start: datetime | None) -> dict[str, Any]:
    ends = dict.fromkeys(end for arrow in step for end in (arrow.source, arrow.target))
    return {
        "index": step[0].index,
        "arrows": [arrow.svg_id for arrow in step],
        "boxes": list(ends),
        "notes": [drawing.describe(arrow) for arrow in step],
        "ran": [_hop_data(hop, start) for arrow in step for hop in hops if hop.arrow == arrow.key],
    }


def _hop_data(hop: Hop, start: datetime | None) -> dict[str, Any]:
    payload = json.loads(bytes(hop.payload))
    return {
        "message": hop.message,
        "after": round((hop.at - (start or hop.at)).total_seconds() * 1000, 1),
        "outcome": hop.outcome,
        "place": f"{hop.topic}/{hop.partition}/{hop.offset}" if hop.offset is not None else "",
        "payload": "" if payload is None else json.dumps(payload, indent=1),
    }
