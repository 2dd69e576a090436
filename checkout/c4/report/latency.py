"""Latency: the durations of the arrows of a view, from the spans of all its stories."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from checkout.c4.traces.mapping.durations import Durations
from checkout.journal.hop import Hop

CALL, SEND, WAIT, HANDLING = "call", "send", "wait", "handling"


@dataclass
class ArrowTimes:
    """The durations of one arrow in milliseconds; `waits` are those of deliveries whose two spans have one clock."""

    measure: str = ""
    durations: "array[float]" = field(default_factory=lambda: array("d"))
    waits: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, hop: Hop, durations: Durations) -> None:
        """Adds those of a hop."""
        duration = durations.spans.get(hop.id or "")
        if duration is None:
            return
        self.measure = HANDLING if hop.group is not None else SEND if hop.is_publication else CALL
        self.durations.append(duration)
        if (wait := durations.waits.get(hop.id or "")) is not None:
            self.waits.append(wait)

    def summarize(self) -> tuple[str, int, float | None, float | None]:
        """The measure, the number of spans, p50 and p99. Deliveries are measured by waits only if all have one."""
        is_wait = self.measure == HANDLING and len(self.waits) == len(self.durations)
        values = sorted(self.waits if is_wait else self.durations)
        if not values:
            return "", 0, None, None
        return WAIT if is_wait else self.measure, len(values), percentile(values, 50), percentile(values, 99)


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: the least value that at least so many percent of the values do not exceed."""
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]
