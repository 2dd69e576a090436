"""Metrics: latency of each arrow, reactions to a record, and lag of each consumer group, from the moments of a run."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

from checkout.framework.message import KAFKA
from checkout.journal.causality import causes
from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.moment import Moment

ArrowKey = tuple[int | None, str, str, str]  # step, sender, receiver, technology


def latencies(moments: Sequence[Moment]) -> dict[ArrowKey, float]:
    """The latency of each arrow: milliseconds since the hop that caused it, the median over all orders.

    A publication is journaled after the broker's acknowledgement, and a delivery may precede that: then the figure is
    too small, or negative.
    """
    found: dict[ArrowKey, list[float]] = {}
    orders: dict[str, list[Hop]] = {}
    for moment in moments:
        hop = moment.hop
        if moment.order and hop.outcome is Outcome.APPLIED:
            before = [each for each in orders.setdefault(moment.order, []) if causes(each, hop)]
            if before:
                latency = _milliseconds(hop.at - max(each.at for each in before))
                found.setdefault((hop.step, hop.sender, hop.to, hop.technology), []).append(latency)
            orders[moment.order].append(hop)
    return {arrow: median(milliseconds) for arrow, milliseconds in found.items()}


def lags(moments: Sequence[Moment]) -> list[tuple[int, dict[str, int]]]:
    """The lag of each group at each hop, in records, as (number of the hop, lag by group)."""
    return [(moment.number, moment.group_lags) for moment in moments]


def reactions(moments: Sequence[Moment], message: str, order: str) -> dict[str, tuple[float, float]]:
    """When each service worked on a record that several services receive.

    `message`: its type. `order`: the name of the order. Returns the start and the end by service, in milliseconds since
    the record was published or first received: the delivery, and the last hop that it caused (or the delivery again).
    """
    hops = [each.hop for each in moments if each.order == order and each.hop.outcome is Outcome.APPLIED]
    received = {hop.to: hop for hop in hops if hop.message == message and hop.sender == KAFKA}
    zero = min((hop.at for hop in hops if hop.message == message), default=None)
    if zero is None:
        return {}
    ends = {service: [hop, *(each for each in hops if causes(hop, each))] for service, hop in received.items()}
    return {
        service: (_milliseconds(hop.at - zero), max(_milliseconds(each.at - zero) for each in ends[service]))
        for service, hop in received.items()
    }


def overlap(moments: Sequence[Moment], message: str, order: str, one: str, two: str) -> bool:
    """Whether two services worked on a record at the same time: each received it before the other had finished."""
    found = reactions(moments, message, order)
    return one in found and two in found and found[one][0] < found[two][1] and found[two][0] < found[one][1]


def _milliseconds(duration: timedelta) -> float:
    return duration.total_seconds() * 1000
