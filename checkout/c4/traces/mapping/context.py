"""Context: what all rules of the mapping share: names, technologies, what is ignored, and the hops found so far."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from checkout.c4.traces import attributes
from checkout.c4.traces.mapping.node import Draft, Node
from checkout.c4.traces.mapping.outcome import outcome_of
from checkout.c4.traces.naming.elements import DrawnElements
from checkout.c4.traces.naming.names import TraceNames
from checkout.c4.traces.naming.seeing import Seen
from checkout.c4.traces.naming.technology import Technologies
from checkout.c4.traces.naming.text import clean
from checkout.c4.traces.naming.trace_map import TraceMap, as_patterns
from checkout.c4.traces.span import Span
from checkout.journal.hop import Hop

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 2**63 // 1_000  # microseconds since 1970 that datetime can hold
HEALTH = re.compile(
    r"/(?:actuator/|-/)?(?:health(?:z|y|-?checks?)?|ready|readyz|readiness|live|livez|liveness|metrics)(?:/.*)?"
    r"|grpc\.health\.v1\.Health/.*"
)


class Context:
    """The state of one mapping. `counts` has what was left out, by description; `guessed` counts calls of databases
    that only internal spans show."""

    def __init__(self, trace_map: TraceMap, elements: DrawnElements, names: TraceNames) -> None:
        self.caller, self.elements, self.names = trace_map.caller, elements, names
        self.technologies = Technologies(trace_map, elements)
        self.drafts: list[Draft] = []
        self.counts = Counter[str]()
        self.guessed = 0
        self._ignored_topics = as_patterns(trace_map.ignore.topics)
        self._ignored_routes = as_patterns(trace_map.ignore.routes)
        self._ids = Counter[str]()
        self._ignored = dict[tuple[str, str], str]()

    def ignores_topic(self, topic: str) -> bool:
        """Whether the map leaves a topic out; counts it."""
        is_ignored = bool(topic and self._ignored_topics.find(topic))
        self.leave_out("messages on ignored topics" if is_ignored else "")
        return is_ignored

    def leave_out(self, reason: str) -> None:
        """Counts something that has no hop, by its description; nothing for an empty one."""
        if reason:
            self.counts[reason] += 1

    def ignored_route(self, seen: Seen, is_first: bool) -> str:
        """Why a request is left out: an ignored route, or a health check that is the first of its trace."""
        for path in seen.paths:
            key = (seen.method, path)
            if key not in self._ignored:
                is_ignored = self._ignored_routes.find(path) or self._ignored_routes.find(f"{seen.method} {path}")
                is_health = HEALTH.fullmatch(path.rstrip("/"))
                self._ignored[key] = "ignored requests" if is_ignored else "health checks" if is_health else ""
            reason = self._ignored[key]
            if reason and (is_first or reason == "ignored requests"):
                return reason
        return ""

    def add_hop(self, draft: Draft, node: Node, ends: tuple[str, str], seen: Seen, clock: Node | None = None) -> bool:
        """Gives a draft its hop. The hop happened at the start of the span `clock`, by default the node itself.

        False where an end is unknown, so that there is no hop.
        """
        source, target = ends
        if not (source and target):
            self.leave_out("calls from or to unknown services")
            return False
        timer = clock if clock and clock.span.start else node
        timed = timer.span
        draft.hop = Hop(
            id=self._unique_id(node.span), sender=source, to=target, message=seen.message,
            technology=self.technologies.choose(source, target, seen), at=to_time(timed.start),
            replica=replica_of(timer) if timed.start else None,
            outcome=outcome_of(node.span), status=status_of(node.span),
        )  # fmt: skip
        draft.start, draft.until = timed.start, timed.end
        draft.clock = attributes.host(timed) or draft.hop.replica or ""
        self.drafts.append(draft)
        return True

    def _unique_id(self, span: Span) -> str:
        identifier = clean(f"{span.trace}:{span.id}")
        self._ids[identifier] += 1
        number = self._ids[identifier]
        return identifier if number == 1 else f"{identifier}:{number}"


def to_time(nanoseconds: int) -> datetime:
    """A time of a span; one that is out of range becomes the nearest that datetime has."""
    return EPOCH + timedelta(microseconds=min(max(nanoseconds // 1_000, 0), LATEST))


def replica_of(node: Node) -> str:
    """What identifies the clock of a span: its process, else the first span of its service above it."""
    named = attributes.replica(node.span)
    return clean(named) if named else f"{clean(node.local.span.trace)}:{clean(node.local.span.id)}"


def status_of(span: Span) -> str | None:
    """The status code of the response to a request, as text."""
    status = attributes.status_code(span)
    return clean(attributes.rpc_status(span)) or None if status is None else str(status)


def distinct(nodes: Sequence[Node]) -> list[Node]:
    """The nodes without repeats, in order."""
    return list(dict.fromkeys(nodes))
