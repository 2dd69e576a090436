"""Consistency: compares dynamic views with container views, and views with the arrows that the code implies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checkout.c4.findings import Finding
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import OUTSIDE

CodeArrow = Mapping[str, Any]  # view, step, from, to, message, technology: see docs/diagrams.md


def compare_views(drawings: Sequence[Drawing]) -> list[Finding]:
    """Findings on arrows of dynamic views that no container view in the same folder has with that technology.

    What an element does by itself, or receives from outside of a sequence diagram, need not be in a container view.
    """
    static = [drawing for drawing in drawings if not drawing.is_dynamic and drawing.arrows]
    found: dict[Finding, None] = {}
    for drawing in drawings:
        views = [view for view in static if _is_about(view, drawing)] if drawing.is_dynamic else []
        arrows = [arrow for arrow in drawing.visible_arrows if _is_between_elements(arrow)] if views else []
        distinct = {arrow.key: arrow for arrow in reversed(arrows)}
        for arrow in reversed(distinct.values()):
            found |= dict.fromkeys(_compare_arrow(arrow, drawing, views))
    return list(found)


def _is_between_elements(arrow: Arrow) -> bool:
    return arrow.source != arrow.target and not {arrow.source, arrow.target} & set(OUTSIDE)


def _is_about(view: Drawing, dynamic: Drawing) -> bool:
    boxes = {element.alias for element in dynamic.elements if not element.is_boundary}
    shared = boxes & set(view.aliases)
    return view.diagram.file.parent == dynamic.diagram.file.parent and len(shared) * 2 >= len(boxes) > 0


def _compare_arrow(arrow: Arrow, dynamic: Drawing, views: list[Drawing]) -> Iterator[Finding]:
    drawn = [(view, each) for view in views for each in view.arrows]
    ends = {arrow.source, arrow.target}
    same = [(v, e) for v, e in drawn if e.key[:2] == arrow.key[:2] or (e.both_ways and ends == set(e.key[:2]))]
    is_reply = any(e.source == arrow.target and e.target == arrow.source for e in dynamic.arrows)
    if is_reply and not same:  # a reply runs along the arrow of its request
        same = [(v, e) for v, e in drawn if e.source == arrow.target and e.target == arrow.source]
    names = " ".join(f"{e.label} {e.technology}" for view in views for e in view.elements if e.alias in ends)
    if any(_is_compatible(arrow.technology, each.technology, names) for _, each in same):
        return
    if same:
        view, each = same[0]
        message = f"{arrow}: {view.diagram.file.name}:{each.line.number} says {each.technology}"
        yield arrow.finding("view-technology", message, "make the two views say the same")
    else:
        yield _missing_finding(arrow, dynamic, drawn)


def _missing_finding(arrow: Arrow, dynamic: Drawing, drawn: list[tuple[Drawing, Arrow]]) -> Finding:
    senders = {e.source for e in dynamic.arrows if e.technology == arrow.technology and e.target == arrow.source}
    direct = [(v, e) for v, e in drawn if e.source in senders and e.target == arrow.target]
    where = " and ".join(sorted({view.diagram.file.name for view, _ in drawn}))
    message = f"{arrow} is not in {where}"
    if direct:
        view, each = direct[0]
        message += f", which at line {each.line.number} draws {each.source} → {each.target} [{each.technology}] instead"
    return arrow.finding("view-missing", message, "draw it there too, or correct it here")


def _is_compatible(one: str, other: str, names: str) -> bool:
    """Whether two technologies have a part in common, or one names an end of the arrow, such as Kafka."""
    if not one or not other:
        return True
    ones, others = _parts(one), _parts(other)
    return bool(ones & others) or any(re.search(rf"\b{re.escape(part)}\b", names, re.I) for part in others)


def _parts(technology: str) -> set[str]:
    return {part.strip().lower() for part in re.split(r"[,;|\n]", technology) if part.strip()}


def compare_with_code(drawings: Sequence[Drawing], code_arrows: Sequence[CodeArrow]) -> list[Finding]:
    """Findings on arrows that differ between views and code; docs/diagrams.md describes `code_arrows`."""
    found = list[Finding]()
    for name in dict.fromkeys(code_arrow["view"] for code_arrow in code_arrows):
        drawing = next((each for each in drawings if each.name == name), None)
        if drawing is not None:
            found += _compare(drawing, [code_arrow for code_arrow in code_arrows if code_arrow["view"] == name])
    return found


def _compare(drawing: Drawing, code_arrows: list[CodeArrow]) -> Iterator[Finding]:
    arrows = list(drawing.visible_arrows)
    unmatched: list[CodeArrow] = []
    for code_arrow in code_arrows:
        exact = [a for a in arrows if a.key == _key(code_arrow) and a.step == code_arrow["step"]]
        if exact:
            arrows.remove(exact[0])
        else:
            unmatched.append(code_arrow)
    for code_arrow in unmatched:
        yield _difference(drawing, code_arrow, arrows)
    for arrow in arrows:
        yield arrow.finding("code-extra", f"the code has no {arrow}", "remove it, or write its handler")


def _difference(drawing: Drawing, code_arrow: CodeArrow, arrows: list[Arrow]) -> Finding:
    step, technology = code_arrow["step"], code_arrow["technology"]
    expected = f"{step} {code_arrow['from']} → {code_arrow['to']} [{technology}] ({code_arrow['message']})"
    moved = next((a for a in arrows if a.key == _key(code_arrow)), None)
    if moved:
        arrows.remove(moved)
        return moved.finding("code-step", f"the code says {expected}", f"give it $index={step}")
    renamed = next((a for a in arrows if a.key[:2] == _key(code_arrow)[:2] and a.step == step), None)
    if renamed:
        arrows.remove(renamed)
        message = f"{renamed.technology or 'no technology'} is drawn; the code says {expected}"
        return renamed.line.finding("code-topic", message, f"write {technology}", renamed.technology)
    return drawing.diagram.lines[-1].finding("code-missing", f"{expected} is not drawn", "draw it")


def _key(code_arrow: CodeArrow) -> tuple[str, str, str]:
    return code_arrow["from"], code_arrow["to"], code_arrow["technology"]
