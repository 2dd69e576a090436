"""Causality: the one definition of "this hop led to that hop", and the order of a run that follows from it."""

from collections.abc import Iterable, Sequence

from checkout.journal.hop import Hop


def causes(earlier: Hop, later: Hop) -> bool:
    """Whether one hop of an order led directly to another.

    A message is passed on by its receiver; a message is sent by the receiver of its cause, or by its caller when the
    cause is a call that was answered; a call is answered before its caller publishes anything else for the same cause.
    """
    if earlier is later:
        return False
    if earlier.message == later.message:
        return earlier.to == later.sender and _is_same_record(earlier, later)
    if earlier.message == later.cause:
        return later.sender == earlier.to or (later.sender == earlier.sender and earlier.topic is None)
    is_answered_call = earlier.url is not None and later.url is None and earlier.at <= later.at
    return is_answered_call and earlier.sender == later.sender and earlier.cause == later.cause


def in_causal_order(hops: Iterable[Hop]) -> list[Hop]:
    """The hops of one order by time, but none before a hop that caused it."""
    waiting, ordered = sorted(hops, key=lambda hop: hop.at), list[Hop]()
    while waiting:
        ready = next((hop for hop in waiting if not _waits(hop, waiting)), waiting[0])
        waiting.remove(ready)
        ordered.append(ready)
    return ordered


def _waits(hop: Hop, others: Sequence[Hop]) -> bool:
    return any(causes(other, hop) for other in others)


def _is_same_record(one: Hop, other: Hop) -> bool:
    if None in (one.offset, other.offset):
        return True
    return (one.topic, one.partition, one.offset) == (other.topic, other.partition, other.offset)
