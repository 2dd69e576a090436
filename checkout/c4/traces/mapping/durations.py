"""Durations: how long each hop took, from the spans that show it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from checkout.c4.traces.mapping.node import Draft

NANOSECONDS = 1_000_000  # of a millisecond


class Durations(NamedTuple):
    """Milliseconds by the id of the hop, without hops whose spans lack times.

    `spans` are the durations of calls (of the client span, else the server span), of publications (the send span) and
    of deliveries (the process span). `waits` are the times from the end of the send span to the start of the process
    span, only of deliveries whose two spans have one clock.
    """

    spans: Mapping[str, float]
    waits: Mapping[str, float]


def measure_durations(drafts: Iterable[Draft]) -> Durations:
    """The durations of the hops of drafts."""
    spans, waits = dict[str, float](), dict[str, float]()
    for draft in drafts:
        if draft.hop is None or draft.hop.id is None or not draft.start <= draft.until or not draft.start:
            continue
        spans[draft.hop.id] = (draft.until - draft.start) / NANOSECONDS
        sent = draft.cause
        if sent and sent.until and sent.clock and sent.clock == draft.clock:
            # A consumer may have a record before its producer has the acknowledgement.
            waits[draft.hop.id] = max(draft.start - sent.until, 0) / NANOSECONDS
    return Durations(spans, waits)
