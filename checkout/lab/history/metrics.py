"""Measures: figures that a journal holds: how long each arrow took, how far each group was behind."""

from collections.abc import Mapping, Sequence
from statistics import median

from checkout.framework.message import KAFKA
from checkout.journal.causality import causes
from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.projection import Moment
from checkout.messages import TOPICS
from checkout.registry import listeners

Arrow = tuple[str, str, str]  # from, to, technology
Place = tuple[str, int]  # topic, partition
HANDLED = (Outcome.APPLIED, Outcome.DUPLICATE, Outcome.DEAD_LETTERED)


def latencies(moments: Sequence[Moment]) -> dict[Arrow, float]:
    """Milliseconds from the hop that led to it until an arrow happened: the median over all orders.

    A publication is noted after the broker's answer, so a delivery may be noted before it: that counts as 0.
    """
    found: dict[Arrow, list[float]] = {}
    orders: dict[str, list[Hop]] = {}
    for moment in moments:
        hop = moment.hop
        if moment.order and hop.outcome == Outcome.APPLIED:
            before = [each for each in orders.setdefault(moment.order, []) if causes(each, hop)]
            if before:
                took = (hop.at - max(each.at for each in before)).total_seconds() * 1000
                found.setdefault((hop.sender, hop.to, hop.technology), []).append(max(0.0, took))
            orders[moment.order].append(hop)
    return {arrow: median(took) for arrow, took in found.items()}


def lags(moments: Sequence[Moment]) -> list[tuple[int, dict[str, int]]]:
    """How many records each group had still to read after each hop, as (number of the hop, lag by group)."""
    ends: dict[Place, int] = {}
    read: dict[tuple[str, Place], int] = {}
    points = []
    for number, hop in ((moment.number, moment.hop) for moment in moments):
        if hop.topic is not None and hop.partition is not None and hop.offset is not None:
            place = (hop.topic, hop.partition)
            if hop.to == KAFKA:
                ends[place] = max(ends.get(place, 0), hop.offset + 1)
            elif hop.group and hop.outcome in HANDLED:
                read[hop.group, place] = max(read.get((hop.group, place), 0), hop.offset + 1)
        points.append((number, _behind(ends, read)))
    return points


def _behind(ends: Mapping[Place, int], read: Mapping[tuple[str, Place], int]) -> dict[str, int]:
    known = {(group, place) for place in ends if place[0] in TOPICS for group in listeners(TOPICS[place[0]])}
    behind: dict[str, int] = {}
    for group, place in sorted(known | read.keys()):
        behind[group] = behind.get(group, 0) + max(0, ends.get(place, 0) - read.get((group, place), 0))
    return behind


