"""Verify: whether what ran is what is drawn, in causal order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from checkout.c4.findings import CannotJudge, shown
from checkout.c4.journal import Hop
from checkout.c4.source.arrows import Arrow, Drawing

MISSING, EXTRA, EARLY, AGAIN = "missing", "extra", "too early", "redelivered"


@dataclass(frozen=True)
class Deviation:
    """Where a run departs from the drawing; `hop` is the evidence, `arrow` what is drawn, where there is one."""

    kind: str
    message: str
    arrow: Arrow | None = None
    hop: Hop | None = None
    tolerated: bool = False

    @property
    def place(self) -> str:
        """Where the arrow is drawn, as a prefix; nothing for what is not drawn."""
        return f"{shown(self.arrow.line.file)}:{self.arrow.line.number}: " if self.arrow else ""


@dataclass(frozen=True)
class Verdict:
    """How one order went: the hop of each arrow that happened, and every deviation."""

    order: str
    hops: dict[int, Hop] = field(default_factory=dict)
    deviations: tuple[Deviation, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether nothing deviates but what at-least-once delivery allows."""
        return all(deviation.tolerated for deviation in self.deviations)

    def tolerating(self, kind: str) -> "Verdict":
        """This verdict, with every deviation of a kind allowed."""
        allowed = (replace(each, tolerated=each.tolerated or each.kind == kind) for each in self.deviations)
        return replace(self, deviations=tuple(allowed))

    def as_data(self) -> dict[str, Any]:
        """This verdict for a program."""
        deviations = [
            {"kind": each.kind, "tolerated": each.tolerated, "message": each.message}
            | {"line": each.arrow.line.number if each.arrow else None, "hop": dict(each.hop.data) if each.hop else None}
            for each in self.deviations
        ]
        return {"order": self.order, "conforms": self.conforms, "arrows": len(self.hops), "deviations": deviations}


def verify(drawing: Drawing, orders: dict[str, list[Hop]]) -> list[Verdict]:
    """A verdict for each order. Raises CannotJudge for a view without steps or a journal of another system."""
    arrows = in_steps(drawing)
    known = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    strangers = [hop for hops in orders.values() for hop in hops if {hop.source, hop.target} <= known]
    if not strangers:
        raise CannotJudge(f"the journal is of another system: none of its hops runs between elements of {drawing.name}")
    return [_judged(arrows, order, hops) for order, hops in orders.items()]


def in_steps(drawing: Drawing) -> list[Arrow]:
    """The numbered arrows in step order. Raises CannotJudge when there is none to hold a run against."""
    arrows = [arrow for arrow in drawing.arrows if arrow.index and not arrow.hidden]
    if not arrows:
        raise CannotJudge(f"{drawing.name} has no numbered arrow: name a dynamic view")
    indices = list(dict.fromkeys(arrow.index for arrow in arrows))
    if all(arrow.step is not None for arrow in arrows):
        indices.sort(key=int)
    return sorted(arrows, key=lambda arrow: indices.index(arrow.index))


def waits_for(arrows: Sequence[Arrow]) -> dict[int, list[int]]:
    """For each arrow, by place, the arrows it needs: of the step before, those that end where it starts, else all."""
    needed: dict[int, list[int]] = {}
    before: list[int] = []
    for at, arrow in enumerate(arrows):
        if at and arrows[at - 1].index != arrow.index:
            before = [n for n in range(at) if arrows[n].index == arrows[at - 1].index]
        needed[at] = [n for n in before if arrows[n].target == arrow.source] or before
    return needed


def _judged(arrows: Sequence[Arrow], order: str, hops: Iterable[Hop]) -> Verdict:
    happened: dict[int, Hop] = {}
    found = list[Deviation]()
    tried = list[Hop]()
    for hop in hops:
        places = [at for at, arrow in enumerate(arrows) if arrow.key == hop.key]
        free = [at for at in places if at not in happened]
        if hop.outcome == "duplicate":
            found.append(Deviation(AGAIN, f"came again, and was recognised: {hop}", _first(arrows, places), hop, True))
        elif not hop.counts:
            tried.append(hop)
        elif not places:
            found.append(Deviation(EXTRA, _unknown(arrows, hop), hop=hop))
        elif free:
            happened[free[0]] = hop
        else:
            found.append(Deviation(AGAIN, f"happened again: {hop}", arrows[places[-1]], hop))
    found += _missing(arrows, happened, tried) + _early(arrows, happened)
    return Verdict(order, happened, tuple(found))


def _missing(arrows: Sequence[Arrow], happened: dict[int, Hop], tried: Sequence[Hop]) -> list[Deviation]:
    found = []
    for at, arrow in enumerate(arrows):
        if at not in happened:
            attempt = next((hop for hop in tried if hop.key == arrow.key), None)
            evidence = f"; {attempt.outcome}: {attempt}" if attempt else ""
            found.append(Deviation(MISSING, f"never happened: {arrow}{evidence}", arrow, attempt))
    return found


def _early(arrows: Sequence[Arrow], happened: dict[int, Hop]) -> list[Deviation]:
    found = []
    for at, needed in waits_for(arrows).items():
        causes = [happened[n] for n in needed if n in happened]
        late = next((cause for cause in causes if at in happened and not _precedes(cause, happened[at])), None)
        if late:
            message = f"{happened[at]} came before {late}"
            found.append(Deviation(EARLY, message, arrows[at], happened[at]))
    return found


def _precedes(cause: Hop, effect: Hop) -> bool:
    """Whether one hop came before another: by the cause it names, else by the clock."""
    one_clock = cause.replica is not None and cause.replica == effect.replica
    # A publisher writes after the broker's answer; by then another process may have handled the record.
    return (_is_linked(cause, effect) and not one_clock) or cause.at <= effect.at


def _is_linked(cause: Hop, effect: Hop) -> bool:
    if cause.message != effect.message:
        return effect.cause == cause.message and effect.source in (cause.target, cause.source)
    return cause.target == effect.source and (None in (cause.place[2], effect.place[2]) or cause.place == effect.place)


def _unknown(arrows: Sequence[Arrow], hop: Hop) -> str:
    drawn = [arrow.technology for arrow in arrows if arrow.key[:2] == hop.key[:2]]
    between = f"; between the two is drawn {', '.join(drawn)}" if drawn else ""
    return f"is not drawn: {hop}{between}"


def _first(arrows: Sequence[Arrow], places: list[int]) -> Arrow | None:
    return arrows[places[0]] if places else None
