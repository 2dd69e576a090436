"""Views: one drawing against another, and a drawing against the arrows the code says it has."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checkout.c4.findings import Finding
from checkout.c4.source.arrows import Arrow, Drawing

Fact = Mapping[str, Any]


def against_views(drawings: Sequence[Drawing]) -> list[Finding]:
    """Arrows of dynamic views that no container view beside them has, or has with another technology."""
    static = [drawing for drawing in drawings if not drawing.is_dynamic and drawing.arrows]
    found = list[Finding]()
    for drawing in drawings:
        views = [view for view in static if _tells_of(view, drawing)] if drawing.is_dynamic else []
        if views:
            found += [finding for arrow in _once(drawing.arrows) for finding in _against(arrow, drawing, views)]
    return list(dict.fromkeys(found))


def _once(arrows: Sequence[Arrow]) -> list[Arrow]:
    return list({arrow.key: arrow for arrow in reversed(arrows) if not arrow.hidden}.values())[::-1]


def _tells_of(view: Drawing, dynamic: Drawing) -> bool:
    boxes = {element.alias for element in dynamic.elements if not element.is_boundary}
    shared = boxes & set(view.aliases)
    return view.diagram.file.parent == dynamic.diagram.file.parent and len(shared) * 2 >= len(boxes) > 0


def _against(arrow: Arrow, dynamic: Drawing, views: list[Drawing]) -> Iterator[Finding]:
    drawn = [(view, each) for view in views for each in view.arrows]
    ends = {arrow.source, arrow.target}
    same = [(v, e) for v, e in drawn if e.key[:2] == arrow.key[:2] or (e.both_ways and ends == set(e.key[:2]))]
    answered = any(e.source == arrow.target and e.target == arrow.source for e in dynamic.arrows)
    if answered and not same:  # a reply runs along the arrow of its question
        same = [(v, e) for v, e in drawn if e.source == arrow.target and e.target == arrow.source]
    names = " ".join(f"{e.label} {e.technology}" for view in views for e in view.elements if e.alias in ends)
    if any(_agree(arrow.technology, each.technology, names) for _, each in same):
        return
    if same:
        view, each = same[0]
        message = f"{arrow}: {view.diagram.file.name}:{each.line.number} says {each.technology}"
        yield _on(arrow, "view-technology", message, "make the two views say the same")
    else:
        yield _absent(arrow, dynamic, drawn, views)


def _absent(arrow: Arrow, dynamic: Drawing, drawn: list[tuple[Drawing, Arrow]], views: list[Drawing]) -> Finding:
    route = [e for e in dynamic.arrows if e.technology == arrow.technology and e.target == arrow.source]
    senders = {e.source for e in route}
    direct = [(v, e) for v, e in drawn if e.source in senders and e.target == arrow.target]
    where = " and ".join(sorted({view.diagram.file.name for view in views}))
    message = f"{arrow} is not in {where}"
    if direct:
        view, each = direct[0]
        message += f", which at line {each.line.number} draws {each.source} → {each.target} [{each.technology}] instead"
    return _on(arrow, "view-missing", message, "draw it there too, or correct it here")


def _agree(one: str, other: str, names: str) -> bool:
    """Whether two technologies can be one: a common part, or the container view names the broker itself."""
    if not one or not other:
        return True
    ones, others = _parts(one), _parts(other)
    return bool(ones & others) or any(re.search(rf"\b{re.escape(part)}\b", names, re.I) for part in others)


def _parts(technology: str) -> set[str]:
    return {part.strip().lower() for part in re.split(r"[,;|\n]", technology) if part.strip()}


def against_code(drawings: Sequence[Drawing], facts: Sequence[Fact]) -> list[Finding]:
    """What the code does and the views do not show, or show otherwise; `facts` as TOOLKIT.md describes them."""
    found = list[Finding]()
    for name in dict.fromkeys(fact["view"] for fact in facts):
        drawing = next((each for each in drawings if each.name == name), None)
        if drawing is not None:
            found += _compared(drawing, [fact for fact in facts if fact["view"] == name])
    return found


def _compared(drawing: Drawing, facts: list[Fact]) -> Iterator[Finding]:
    arrows = [arrow for arrow in drawing.arrows if not arrow.hidden]
    left: list[Fact] = []
    for fact in facts:
        exact = [a for a in arrows if a.key == _key(fact) and a.step == fact["step"]]
        if exact:
            arrows.remove(exact[0])
        else:
            left.append(fact)
    for fact in left:
        yield _difference(drawing, fact, arrows)
    for arrow in arrows:
        yield _on(arrow, "code-extra", f"the code has no {arrow}", "take it out, or write its handler")


def _difference(drawing: Drawing, fact: Fact, arrows: list[Arrow]) -> Finding:
    told = f"{fact['step']} {fact['from']} → {fact['to']} [{fact['technology']}] ({fact['message']})"
    moved = next((a for a in arrows if a.key == _key(fact)), None)
    if moved:
        arrows.remove(moved)
        return _on(moved, "code-step", f"the code says {told}", f"give it $index={fact['step']}")
    renamed = next((a for a in arrows if a.key[:2] == _key(fact)[:2] and a.step == fact["step"]), None)
    if renamed:
        arrows.remove(renamed)
        message = f"{renamed.technology or 'no technology'} is drawn; the code says {told}"
        return renamed.line.finding("code-topic", message, f"write {fact['technology']}", renamed.technology)
    return drawing.diagram.lines[-1].finding("code-missing", f"{told} is not drawn", "draw it")


def _on(arrow: Arrow, rule: str, message: str, fix: str) -> Finding:
    return arrow.line.finding(rule, message, fix, arrow.finding_at())


def _key(fact: Fact) -> tuple[str, str, str]:
    return fact["from"], fact["to"], fact["technology"]
