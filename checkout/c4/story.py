"""Story: a dynamic view told step by step, as one frame or as a page that opens from disk."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from checkout.c4.checks.verify import in_steps
from checkout.c4.findings import CannotJudge
from checkout.c4.journal import Hop
from checkout.c4.render.paint import FAINT, GREEN, ORANGE, PALE, Ink, painted
from checkout.c4.render.renderer import Picture
from checkout.c4.source.arrows import Arrow

PAGE = Path(__file__).with_name("story.html")


def steps_of(picture: Picture) -> list[list[Arrow]]:
    """The arrows of each step, in order: equal numbers are one step."""
    steps: dict[str, list[Arrow]] = {}
    for arrow in in_steps(picture.drawing):
        steps.setdefault(arrow.index, []).append(arrow)
    return list(steps.values())


def frame(picture: Picture, number: int) -> str:
    """The picture at a step, from 1: past arrows green, the present ones orange, the future ones faint."""
    steps = steps_of(picture)
    if not 1 <= number <= len(steps):
        raise CannotJudge(f"{picture.drawing.name} has steps 1 to {len(steps)}, and no step {number}")
    arrows: dict[str, Ink] = {}
    for at, step in enumerate(steps, 1):
        ink = GREEN if at < number else ORANGE if at == number else FAINT
        arrows |= {arrow.svg_id or "": ink for arrow in step}
    ends = {end for arrow in steps[number - 1] for end in (arrow.source, arrow.target)}
    boxes = {each.alias: ORANGE if each.alias in ends else PALE for each in picture.drawing.elements}
    return painted(picture.svg, arrows, boxes)


def page(picture: Picture, hops: Sequence[Hop] = ()) -> str:
    """One self-contained page: the picture, a note per step, and what ran; the keyboard turns its pages."""
    labels = {element.alias: element.label for element in picture.drawing.elements}
    steps = [_note(step, labels, hops) for step in steps_of(picture)]
    title = picture.drawing.title or picture.drawing.name
    # A closing tag or a comment inside a string would end the script early.
    told = json.dumps({"title": title, "steps": steps}).replace("<", "\\u003c")
    parts = {"__TITLE__": _text(title), "__SVG__": picture.svg, "__DATA__": told}
    return re.sub("__(?:TITLE|SVG|DATA)__", lambda part: parts[part[0]], PAGE.read_text(encoding="utf-8"))


def _note(step: list[Arrow], labels: dict[str, str], hops: Sequence[Hop]) -> dict[str, Any]:
    ends = dict.fromkeys(end for arrow in step for end in (arrow.source, arrow.target))
    return {
        "index": step[0].index,
        "arrows": [arrow.svg_id for arrow in step],
        "boxes": list(ends),
        "notes": [_words(arrow, labels) for arrow in step],
        "ran": [_ran(hop, hops) for arrow in step for hop in hops if hop.key == arrow.key],
    }


def _words(arrow: Arrow, labels: dict[str, str]) -> str:
    technology = f" ({arrow.technology})" if arrow.technology else ""
    source, target = (labels.get(end, end) for end in (arrow.source, arrow.target))
    return f"{source} → {target}: {arrow.label}{technology}"


def _ran(hop: Hop, hops: Sequence[Hop]) -> dict[str, Any]:
    start: datetime = min(each.at for each in hops)
    return {
        "message": hop.message,
        "after": round((hop.at - start).total_seconds() * 1000, 1),
        "outcome": hop.outcome,
        "place": "/".join(str(part) for part in hop.place) if hop.place[2] is not None else "",
        "payload": json.dumps(hop.data.get("payload"), indent=1) if hop.data.get("payload") is not None else "",
    }


def _text(text: object) -> str:
    return str(text).replace("&", "&amp;").replace("<", "&lt;")
