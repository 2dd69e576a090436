"""Causality: the one definition of "this hop led to that hop", and the order of a run that follows from it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from checkout.journal.hop import Hop


def causes(earlier: Hop, later: Hop) -> bool:
    """Whether one hop of an order led directly to another.

    Where both hops have ids, the later one names its cause. Otherwise the names of messages decide: a message is passed
    on by its receiver; a message is sent by the receiver of its cause, or by its caller when the cause is a call that
    was answered. In both cases a call is answered before its caller publishes anything else for the same cause.
    """
    if earlier is later:
        return False
    if earlier.id is not None and _names_by_id(later):
        is_same = earlier.cause_id == later.cause_id is not None
        return earlier.id == later.cause_id or (is_same and _is_answered_before(earlier, later))
    if earlier.message == later.message:
        return earlier.to == later.sender and _is_same_record(earlier, later)
    if earlier.message == later.cause:
        return later.sender == earlier.to or (later.sender == earlier.sender and earlier.topic is None)
    return earlier.cause == later.cause and _is_answered_before(earlier, later)


def in_causal_order(hops: Iterable[Hop]) -> list[Hop]:
    """The hops of one order by time, but none before a hop that caused it."""
    by_time = sorted(hops, key=lambda hop: (hop.at, hop.url is None))  # a call before what follows it at the same time
    index = _Index(by_time)
    followers, waits_for = defaultdict[int, list[int]](list), list[int]()
    for place, hop in enumerate(by_time):
        found = index.causes_of(hop)
        waits_for.append(len(found))
        for cause in found:
            followers[cause].append(place)
    return [by_time[place] for place in _topological(followers, waits_for)]


def causal_levels(hops: Sequence[Hop]) -> list[int]:
    """The number of hops in the longest chain of causes that ends at each hop; `hops` are in causal order."""
    index, levels = _Index(), list[int]()
    answered = defaultdict[tuple[str, str | None], int](int)  # the last level of the answered calls for one cause
    for place, hop in enumerate(hops):
        level = 1 + max((levels[cause] for cause in index.causes_of(hop)), default=0)
        siblings = hop.sender, hop.cause_id
        if hop.cause_id is not None:
            if hop.url is None:
                level = max(level, 1 + answered[siblings])
            else:
                answered[siblings] = max(level, answered[siblings])
        levels.append(level)
        index.add(place, hop)
    return levels


class _Index:
    """Finds the direct causes of a hop among those added, without a comparison with each of them.

    Answered calls with the `cause_id` of the hop are left out: these siblings wait for one hop, and time orders them.
    """

    def __init__(self, hops: Sequence[Hop] = ()) -> None:
        self._hops: dict[int, Hop] = {}
        self._by_id = defaultdict[str, list[int]](list)
        self._by_message = defaultdict[tuple[bool, str | None], list[int]](list)
        self._answered = defaultdict[tuple[bool, str, str | None], list[int]](list)
        for place, hop in enumerate(hops):
            self.add(place, hop)

    def add(self, place: int, hop: Hop) -> None:
        """Adds a hop, which `causes_of` returns as `place`."""
        self._hops[place] = hop
        has_id = hop.id is not None
        if hop.id is not None:
            self._by_id[hop.id].append(place)
        self._by_message[has_id, hop.message].append(place)
        if hop.url is not None:
            self._answered[has_id, hop.sender, hop.cause].append(place)

    def causes_of(self, hop: Hop) -> list[int]:
        """The places of the hops that led directly to this one."""
        found = [self._by_id.get(hop.cause_id, [])] if hop.cause_id is not None else []
        for has_id in (False,) if _names_by_id(hop) else (False, True):
            found += [self._by_message.get((has_id, name), []) for name in (hop.message, hop.cause)]
            found += [self._answered.get((has_id, hop.sender, hop.cause), [])] if hop.url is None else []
        candidates = dict.fromkeys(place for places in found for place in places)
        return [place for place in candidates if causes(self._hops[place], hop)]


def _topological(followers: dict[int, list[int]], waits_for: list[int]) -> Iterable[int]:
    """The places in order, none before one that it waits for; in a circle the first place comes first."""
    ready = [place for place, count in enumerate(waits_for) if count == 0]
    heapify(ready)
    ordered = dict[int, None]()
    for first in range(len(waits_for)):
        if not ready and first not in ordered:
            heappush(ready, first)
        while ready:
            place = heappop(ready)
            if place in ordered:
                continue
            ordered[place] = None
            for follower in followers.get(place, ()):
                waits_for[follower] -= 1
                if waits_for[follower] == 0:
                    heappush(ready, follower)
    return ordered


def _names_by_id(later: Hop) -> bool:
    """Whether a hop names its cause by id, or has none."""
    return later.cause_id is not None or (later.id is not None and later.cause is None)


def _is_answered_before(call: Hop, later: Hop) -> bool:
    return call.url is not None and later.url is None and call.at <= later.at and call.sender == later.sender


def _is_same_record(one: Hop, other: Hop) -> bool:
    if None in (one.offset, other.offset):
        return True
    return (one.topic, one.partition, one.offset) == (other.topic, other.partition, other.offset)
