"""Found spans: where the readers of all formats put what they find, with the limit on their number."""

import sys
from collections import Counter
from collections.abc import Collection

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.names import KEPT, without_secrets
from checkout.c4.traces.span import Span, Value

SPAN_LIMIT = 500_000
LATEST = 1 << 63  # nanoseconds since 1970: a time in the year 2262


class UnreadableTraces(PreconditionError):
    """A document cannot be read; the message has the reason and the remedy, no file. `line` is 0 for a whole one."""

    line = 0


class NotTraces(UnreadableTraces):
    """A document is of another kind than traces."""


class FoundSpans:
    """The spans found so far, what was left out, the traces that are marked as incomplete, and the attributes to keep.

    `left_out` counts by description. `keep` names attributes beside those of checkout.c4.traces.names. `limit` is the
    greatest number of spans.
    """

    def __init__(self, keep: Collection[str] = (), limit: int = SPAN_LIMIT) -> None:
        self.spans: list[Span] = []
        self.left_out: Counter[str] = Counter()
        self.partial: set[str] = set()
        self.kept = KEPT.union(keep)
        self._limit = limit

    def add(self, span: Span) -> None:
        """Adds a span, without impossible times; one without ids is only counted.

        Raises UnreadableTraces above the limit.
        """
        if not span.id or not span.trace:
            self.left_out["spans without an id"] += 1
            return
        if len(self.spans) >= self._limit:
            raise UnreadableTraces(f"brings the spans to more than {self._limit:,}: read fewer files, or fewer traces")
        if not 0 <= span.start <= span.end < LATEST:
            span.start = span.start if 0 <= span.start < LATEST else 0
            span.end = span.end if span.start <= span.end < LATEST else span.start
        self.spans.append(span)

    def mark_partial(self, first: int) -> None:
        """Marks the traces of the spans from a position on as incomplete."""
        self.partial.update(span.trace for span in self.spans[first:])


def kept_value(name: str, value: Value) -> Value:
    """An attribute as it is kept: without secrets in URLs, and one object for equal texts."""
    if isinstance(value, str):
        return sys.intern(str(without_secrets(name, value)))
    return value
