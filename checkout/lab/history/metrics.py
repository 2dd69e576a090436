"""Metrics: latency of each arrow and lag of each consumer group, from the moments of a run."""

from collections.abc import Sequence
from statistics import median

from checkout.journal.causality import causes
from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.projection import Moment

ArrowKey = tuple[int | None, str, str, str]  # step, sender, receiver, technology


def latencies(moments: Sequence[Moment]) -> dict[ArrowKey, float]:
    """The latency of each arrow: milliseconds since the hop that caused it, the median over all orders.

    A publication is journaled after the broker's acknowledgement, so a delivery may precede it: that counts as 0.
    """
    found: dict[ArrowKey, list[float]] = {}
    orders: dict[str, list[Hop]] = {}
    for moment in moments:
        hop = moment.hop
        if moment.order and hop.outcome is Outcome.APPLIED:
            before = [each for each in orders.setdefault(moment.order, []) if causes(each, hop)]
            if before:
                latency = (hop.at - max(each.at for each in before)).total_seconds() * 1000
                found.setdefault((hop.step, hop.sender, hop.to, hop.technology), []).append(max(0.0, latency))
            orders[moment.order].append(hop)
    return {arrow: median(milliseconds) for arrow, milliseconds in found.items()}


def lags(moments: Sequence[Moment]) -> list[tuple[int, dict[str, int]]]:
    """The lag of each group at each hop, in records, as (number of the hop, lag by group)."""
    return [(moment.number, moment.group_lags) for moment in moments]
