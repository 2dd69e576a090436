"""Assignment: which of several views an order belongs to."""

from collections.abc import Sequence

from checkout.c4.checks.conformance.results import OrderResult, Verdict


def assign_orders(views: Sequence[Sequence[OrderResult]]) -> list[list[OrderResult]]:
    """The results of each view, of the orders that belong to it.

    `views` has the results of all orders by each view. An order belongs to the view to which it conforms; of several
    such, or without one, to that with the fewest deviations among those of which at least one arrow happened.
    """
    best: dict[str, tuple[int, OrderResult]] = {}
    for at, results in enumerate(views):
        for result in results:
            known = best.get(result.order)
            if known is None or _rank(result) < _rank(known[1]):
                best[result.order] = (at, result)
    return [[result for place, result in best.values() if place == at] for at in range(len(views))]


def _rank(result: OrderResult) -> tuple[bool, bool, int, int, int]:
    deviations = sum(not deviation.tolerated for deviation in result.deviations)
    is_other = result.verdict is not Verdict.CONFORMS
    return is_other, not result.hops, deviations, len(result.unjudged), -len(result.hops)
