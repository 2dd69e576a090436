"""Verify: whether recorded runs conform to a dynamic view, in causal order."""

from collections.abc import Iterator, Sequence

from checkout.c4.checks.conformance.fragments import Choice, Choices
from checkout.c4.checks.conformance.judgement import judge
from checkout.c4.checks.conformance.precedence import View
from checkout.c4.checks.conformance.results import OrderResult, Unjudged
from checkout.c4.checks.gaps import Gaps, NoGaps
from checkout.c4.findings import PreconditionError
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import OUTSIDE
from checkout.journal.hop import Hop

NO_COMMON_ENDS = "none of its hops runs between two elements that an arrow of this view connects"


def verify_orders(
    drawing: Drawing, orders: dict[str, list[Hop]], allow_redelivery: bool = False, gaps: Gaps | None = None
) -> list[OrderResult]:
    """The result of each order. `gaps` says what the recording lacks, by default nothing.

    Raises PreconditionError for a view without steps or hops of another system.
    """
    arrows = numbered_arrows(drawing)
    aliases = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    if not any({hop.sender, hop.to} <= aliases for hops in orders.values() for hop in hops):
        message = f"the journal is of another system: none of its hops runs between elements of {drawing.name}"
        raise PreconditionError(message)
    verifier = Verifier(arrows, allow_redelivery, gaps or NoGaps(), queues_of(drawing))
    return [verifier.verify(order, hops) for order, hops in orders.items()]


def numbered_arrows(drawing: Drawing) -> list[Arrow]:
    """The numbered arrows in step order. Raises PreconditionError if there are none."""
    arrows = [arrow for arrow in drawing.visible_arrows if arrow.index]
    if not arrows:
        raise PreconditionError(f"{drawing.name} has no numbered arrows: name a dynamic view")
    indices = list(dict.fromkeys(arrow.index for arrow in arrows))
    if all(arrow.step is not None for arrow in arrows):
        indices.sort(key=int)
    places = {index: at for at, index in enumerate(indices)}
    return sorted(arrows, key=lambda arrow: places[arrow.index])


def queues_of(drawing: Drawing) -> frozenset[str]:
    """The aliases of the queues of a drawing."""
    return frozenset(element.alias for element in drawing.elements if element.shape == "queue")


def is_silent(arrow: Arrow) -> bool:
    """Whether recordings usually lack an arrow: a reply, a call of an element to itself, or one from or to outside."""
    return arrow.is_reply or arrow.source == arrow.target or bool({arrow.source, arrow.target} & set(OUTSIDE))


class Verifier:
    """Judges orders by the same arrows, which are those of `numbered_arrows`.

    Keeps what follows from the arrows of each choice of alternatives.
    """

    def __init__(
        self, arrows: Sequence[Arrow], allow_redelivery: bool, gaps: Gaps, queues: frozenset[str]
    ) -> None:
        self._queues = queues
        self._arrows, self._allow_redelivery, self._gaps = tuple(arrows), allow_redelivery, gaps
        self._ends = {arrow.key[:2] for arrow in arrows}
        self._has_fragments = any(arrow.fragments for arrow in arrows)
        self._silent = {at: arrow.key for at, arrow in enumerate(arrows) if is_silent(arrow)}
        self._views: dict[Choice, View] = {}

    def verify(self, order: str, hops: Sequence[Hop]) -> OrderResult:
        """The result of one order: that of the choice of alternatives with the fewest deviations."""
        has_ids = all(hop.id is not None for hop in hops)
        if has_ids and not any(hop.arrow[:2] in self._ends for hop in hops):
            return OrderResult(order, {}, (), (Unjudged(None, NO_COMMON_ENDS),))
        return min((self._judge(choice, order, hops, has_ids) for choice in self._choices(hops)), key=_rank)

    def _choices(self, hops: Sequence[Hop]) -> Iterator[Choice]:
        """The arrows that may have happened; silent ones only if a hop shows them."""
        seen = {hop.arrow for hop in hops if hop.is_applied}
        unseen = {at for at, key in self._silent.items() if key not in seen}
        whole = Choice(tuple(range(len(self._arrows))))
        for choice in Choices(self._arrows, seen) if self._has_fragments else [whole]:
            yield choice._replace(taken=tuple(at for at in choice.taken if at not in unseen)) if unseen else choice

    def _judge(self, choice: Choice, order: str, hops: Sequence[Hop], has_ids: bool) -> OrderResult:
        if choice not in self._views:
            self._views[choice] = self._view(choice)
        view = self._views[choice]
        return judge(view, order, hops, has_ids, self._allow_redelivery, self._gaps)

    def _view(self, choice: Choice) -> View:
        places = tuple(sorted(choice.taken))
        optional = frozenset(at for at, place in enumerate(places) if place in choice.optional)
        left_out = [arrow for at, arrow in enumerate(self._arrows) if at not in set(places)]
        return View(tuple(self._arrows[at] for at in places), places, optional, tuple(left_out), self._queues)


def _rank(result: OrderResult) -> tuple[int, int, int]:
    deviations = sum(not deviation.tolerated for deviation in result.deviations)
    return deviations, len(result.unjudged), -len(result.hops)
