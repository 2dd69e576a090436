"""Spans: turns the hops of one process into spans of the OpenTelemetry SDK."""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from checkout.journal.hop import Hop
from checkout.journal.journal import HopWriter
from checkout.tracing.attributes import attributes_of, is_request, name_and_kind, status_of
from checkout.tracing.context import OutgoingContext, TraceContext, read_traceparent, span_id_of, trace_id_of
from checkout.tracing.problems import LOGGER

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
Times = tuple[int, int]  # start and end of a span, in nanoseconds since 1970


def harmless(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose errors are logged and lose spans, and never stop the worker."""

    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return method(*arguments, **named)
        except Exception as error:
            LOGGER.getChild("spans").error("a hop has no span: %s: %s", type(error).__name__, error)
            return None

    return call


class GivenIds(IdGenerator):
    """Gives the next span the ids that were set before."""

    trace_id = span_id = 0

    def generate_trace_id(self) -> int:
        """The trace id that was set."""
        return self.trace_id

    def generate_span_id(self) -> int:
        """The span id that was set."""
        return self.span_id


class Spans:
    """The spans of one process. Only one thread may use it; `called` alone may be used by any thread.

    The id of a span is the hash of its hop's id, except for a publication and a call, whose span id is in the header
    `traceparent` before they have happened: theirs is the hash of order and destination.
    """

    def __init__(self, provider: TracerProvider, ids: GivenIds) -> None:
        self._tracer, self._sampler, self._ids = provider.get_tracer("checkout"), provider.sampler, ids
        self._parents: dict[str, TraceContext] = {}  # of each message of the batch, by the id of its cause
        self._scopes: dict[str, TraceContext] = {}  # to which what a handler returns belongs, by the id of its hop
        self._sent: dict[str, OutgoingContext] = {}  # by order and destination
        self._publishing_since = 0
        self.called: dict[str, Times] = {}  # start and end of the last attempt of each call, by order and destination

    def begin_batch(self) -> None:
        """Drops the contexts of the previous batch."""
        self._parents.clear()
        self._scopes.clear()

    def receive(
        self, hop_id: str, cause_id: str, order: str, traceparent: str | None, is_forwarded: bool = False
    ) -> None:
        """Notes the context in which a message has arrived: its hop's parent, and the trace of what it causes.

        `is_forwarded`: a request that another container of the store has passed on. Without a context from its client
        that container sends none, since only the answer has the order's id: both derive it from that.
        """
        sent = read_traceparent(traceparent)
        below = self.context_below(sent, trace_id_of(order or cause_id))
        unsent = span_id_of(cause_id) if is_forwarded else 0
        self._parents[cause_id] = below._replace(span_id=sent.span_id if sent else unsent)
        self._scopes[hop_id] = below._replace(span_id=span_id_of(hop_id))

    def receive_reply(self, call_id: str, context: OutgoingContext | None) -> None:
        """Notes the context of an answered call: what it causes belongs to the message that led to the call."""
        if context:
            self._scopes[call_id] = context.parent

    def context_below(self, parent: TraceContext | None, trace_id: int) -> TraceContext:
        """The context below a parent, or of a new trace with this id; its span id is 0."""
        trace_id = parent.trace_id if parent else trace_id
        return TraceContext(trace_id, 0, self._is_sampled(parent, trace_id))

    def new_context(self, cause_id: str | None, order: str, destination: str) -> OutgoingContext:
        """The context of a message to send, in the trace of its cause."""
        scope = self._scopes.get(cause_id or "") or self.context_below(None, trace_id_of(order))
        return OutgoingContext(scope._replace(span_id=span_id_of(f"{order}/{destination}")), scope)

    def send(self, key: str, context: OutgoingContext | None) -> None:
        """Notes the context of a message that is sent now; `key`: order and destination."""
        if context:
            self._sent[key] = context
        self._publishing_since = time.time_ns()

    @harmless
    def record(self, hop: Hop) -> None:
        """Makes the span of a hop. A hop whose message has no context, such as one found after a crash, has none."""
        key = _key(hop)
        if hop.group is not None or is_request(hop):
            if parent := self._parents.get(hop.cause_id or ""):
                own = parent._replace(span_id=span_id_of(hop.id or ""))
                self.write(hop, own, parent, (_nanoseconds(hop.at), time.time_ns()))
        elif context := self._sent.get(key):
            is_final = hop.topic is not None or key == hop.id
            own = context.own if is_final else context.own._replace(span_id=span_id_of(hop.id or ""))
            times = self._publishing_since, _nanoseconds(hop.at)
            times = self.called.pop(key, times) if hop.topic is None else times
            self.write(hop, own, context.parent, times, is_remote=False)
            if is_final:
                del self._sent[key]

    def write(
        self, hop: Hop, own: TraceContext, parent: TraceContext, times: Times, is_remote: bool = True
    ) -> None:
        """Hands the span of a hop to the exporters. `is_remote`: the parent is of another process."""
        name, kind = name_and_kind(hop)
        self._ids.trace_id, self._ids.span_id = own.trace_id, own.span_id
        span = self._tracer.start_span(name, _context(parent, is_remote), kind, attributes_of(hop), start_time=times[0])
        span.set_status(status_of(hop))
        span.end(max(times))

    def _is_sampled(self, parent: TraceContext | None, trace_id: int) -> bool:
        decision = self._sampler.should_sample(_context(parent), trace_id, "").decision
        return decision is Decision.RECORD_AND_SAMPLE


class SpanWriter:
    """A journal whose hops become spans, too."""

    def __init__(self, journal: HopWriter, spans: Spans) -> None:
        self._journal, self._spans = journal, spans

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops to the journal, and makes their spans."""
        written = list(hops)
        self._journal.write(written)
        for hop in written:
            self._spans.record(hop)

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()


def _key(hop: Hop) -> str:
    if hop.topic is not None:
        return f"{hop.order}/{hop.topic}"
    return (hop.id or "").removesuffix(f"/{hop.outcome}/{hop.at.isoformat()}")


def _context(parent: TraceContext | None, is_remote: bool = True) -> Context:
    if parent is None or not parent.span_id:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT)
    span = NonRecordingSpan(SpanContext(parent.trace_id, parent.span_id, is_remote, trace_flags=flags))
    return set_span_in_context(span, Context())


def _nanoseconds(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND * 1_000
