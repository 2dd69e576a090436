"""Verify: whether recorded runs conform to a dynamic view, in causal order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checkout.c4.findings import PreconditionError
from checkout.c4.journal import describe_hop, hop_data
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.journal.causality import causes
from checkout.journal.hop import Hop, Outcome


class DeviationKind(StrEnum):
    """How a run deviates from a view."""

    MISSING = "missing"
    EXTRA = "extra"
    EARLY = "too early"
    REDELIVERED = "redelivered"


@dataclass(frozen=True)
class Deviation:
    """One deviation: `arrow` is what is drawn and `hop` what was recorded, if there is one."""

    kind: DeviationKind
    message: str
    arrow: Arrow | None = None
    hop: Hop | None = None
    tolerated: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {f'{self.arrow.line.place}: ' if self.arrow else ''}{self.message}"


@dataclass(frozen=True)
class OrderResult:
    """How one order conforms: the hop of each arrow that occurred, by the arrow's position, and the deviations."""

    order: str
    hops: dict[int, Hop]
    deviations: tuple[Deviation, ...]

    @property
    def conforms(self) -> bool:
        """Whether all deviations are tolerated."""
        return all(deviation.tolerated for deviation in self.deviations)

    def __str__(self) -> str:
        verb = "conforms" if self.conforms else "deviates"
        summary = f"{self.order}: {verb}, {len(self.hops)} arrows happened"
        return "\n  ".join([summary, *map(str, self.deviations)])

    def as_data(self) -> dict[str, Any]:
        """This result as JSON data."""
        deviations = [
            {"kind": each.kind, "tolerated": each.tolerated, "message": each.message}
            | {"line": each.arrow.line.number if each.arrow else None, "hop": hop_data(each.hop) if each.hop else None}
            for each in self.deviations
        ]
        return {"order": self.order, "conforms": self.conforms, "arrows": len(self.hops), "deviations": deviations}


def verify_orders(drawing: Drawing, orders: dict[str, list[Hop]], allow_redelivery: bool = False) -> list[OrderResult]:
    """The result of each order. Raises PreconditionError for a view without steps or hops of another system."""
    arrows = numbered_arrows(drawing)
    aliases = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    if not any({hop.sender, hop.to} <= aliases for hops in orders.values() for hop in hops):
        message = f"the journal is of another system: none of its hops runs between elements of {drawing.name}"
        raise PreconditionError(message)
    return [_verify_order(arrows, order, hops, allow_redelivery) for order, hops in orders.items()]


def numbered_arrows(drawing: Drawing) -> list[Arrow]:
    """The numbered arrows in step order. Raises PreconditionError if there are none."""
    arrows = [arrow for arrow in drawing.visible_arrows if arrow.index]
    if not arrows:
        raise PreconditionError(f"{drawing.name} has no numbered arrows: name a dynamic view")
    indices = list(dict.fromkeys(arrow.index for arrow in arrows))
    if all(arrow.step is not None for arrow in arrows):
        indices.sort(key=int)
    return sorted(arrows, key=lambda arrow: indices.index(arrow.index))


def predecessors(arrows: Sequence[Arrow], position: int) -> list[int]:
    """The positions of the arrows that must precede the one at a position, in arrows in step order.

    These are the last earlier arrows, all of one step, that its element received, or else sent. Where some of the
    received ones have the same technology, such as the topic that a queue delivers, only these. If its element has no
    earlier arrow: all arrows of the previous step.
    """
    arrow = arrows[position]
    earlier = dict.fromkeys(each.index for each in arrows[:position] if each.index != arrow.index)
    steps = [[at for at, each in enumerate(arrows) if each.index == index] for index in reversed(earlier)]
    for step in steps:
        received = [at for at in step if arrows[at].target == arrow.source]
        sent = [at for at in step if arrows[at].source == arrow.source]
        if found := [at for at in received if arrows[at].technology == arrow.technology] or received or sent:
            return found
    return steps[0] if steps else []


def _verify_order(arrows: Sequence[Arrow], order: str, hops: Iterable[Hop], allow_redelivery: bool) -> OrderResult:
    happened: dict[int, Hop] = {}
    found = list[Deviation]()
    attempts = list[Hop]()
    for hop in hops:
        positions = [at for at, arrow in enumerate(arrows) if arrow.key == hop.arrow]
        free = [at for at in positions if at not in happened]
        if hop.outcome is Outcome.DUPLICATE:
            arrow = arrows[positions[0]] if positions else None
            message = f"was delivered again and recognised as a duplicate: {describe_hop(hop)}"
            found.append(Deviation(DeviationKind.REDELIVERED, message, arrow, hop, tolerated=True))
        elif not hop.is_applied:
            attempts.append(hop)
        elif not positions:
            found.append(Deviation(DeviationKind.EXTRA, _not_drawn(arrows, hop), hop=hop))
        elif free:
            happened[_position(arrows, free, happened, hop)] = hop
        else:
            message = f"was applied again: {describe_hop(hop)}"
            found.append(Deviation(DeviationKind.REDELIVERED, message, arrows[positions[-1]], hop, allow_redelivery))
    found += [*_missing(arrows, happened, attempts), *_early(arrows, happened)]
    return OrderResult(order, happened, tuple(found))


def _position(arrows: Sequence[Arrow], free: Sequence[int], happened: dict[int, Hop], hop: Hop) -> int:
    """The position of the arrow of a hop: of several with its ends and technology the one that follows its cause."""
    caused = (
        at
        for at in (free if len(free) > 1 else ())
        if any(causes(happened[before], hop) for before in predecessors(arrows, at) if before in happened)
    )
    return next(caused, free[0])


def _missing(arrows: Sequence[Arrow], happened: dict[int, Hop], attempts: Sequence[Hop]) -> Iterator[Deviation]:
    for arrow in (arrow for at, arrow in enumerate(arrows) if at not in happened):
        attempt = next((hop for hop in attempts if hop.arrow == arrow.key), None)
        evidence = f"; {attempt.outcome}: {describe_hop(attempt)}" if attempt else ""
        yield Deviation(DeviationKind.MISSING, f"never happened: {arrow}{evidence}", arrow, attempt)


def _early(arrows: Sequence[Arrow], happened: dict[int, Hop]) -> Iterator[Deviation]:
    for at, hop in sorted(happened.items()):
        before = [happened[n] for n in predecessors(arrows, at) if n in happened]
        late = next((cause for cause in before if not _precedes(cause, hop)), None)
        if late:
            message = f"{describe_hop(hop)} came before {describe_hop(late)}"
            yield Deviation(DeviationKind.EARLY, message, arrows[at], hop)


def _precedes(cause: Hop, effect: Hop) -> bool:
    """Whether one hop precedes another: by the cause it names, else by the clock."""
    one_clock = cause.replica is not None and cause.replica == effect.replica
    # A publisher records a hop after the broker's acknowledgement; another process may have handled the record by then.
    return (causes(cause, effect) and not one_clock) or cause.at <= effect.at


def _not_drawn(arrows: Sequence[Arrow], hop: Hop) -> str:
    drawn = [arrow.technology for arrow in arrows if arrow.key[:2] == hop.arrow[:2]]
    between = f"; between the two is drawn {', '.join(drawn)}" if drawn else ""
    return f"is not drawn: {describe_hop(hop)}{between}"
