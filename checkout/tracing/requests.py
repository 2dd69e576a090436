"""Requests: the trace context of HTTP requests that the gateway passes on, and their spans.

The trace of a client is continued. Without one, the id of the order is the id of the trace, so that an order is one
trace also when it is cancelled or expires later; the gateway then sends no context, since only the answer has that id.
"""

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import httpx
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from checkout.journal.hop import Hop
from checkout.tracing.context import TRACEPARENT, OutgoingContext, read_traceparent, span_id_of, trace_id_of
from checkout.tracing.spans import Spans, harmless

Application = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI
_RANDOM = RandomIdGenerator()


class TracedRequests:
    """The contexts and spans of the requests to an ASGI application that passes them on."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._request: ContextVar[tuple[OutgoingContext | None, int]] = ContextVar("request")

    def application(self, application: Application) -> Application:
        """The application whose requests have a context."""

        async def traced(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                self._begin(headers.get(TRACEPARENT.encode(), b"").decode("latin-1"))
            await application(scope, receive, send)

        return traced

    def _begin(self, header: str) -> None:
        context = None
        if parent := read_traceparent(header):
            below = self._spans.context_below(parent, parent.trace_id)
            context = OutgoingContext(below._replace(span_id=_RANDOM.generate_span_id()), parent)
        self._request.set((context, time.time_ns()))

    async def add_header(self, request: httpx.Request) -> None:
        """Adds the context to a request that is passed on: an event hook of the HTTP client."""
        context, _ = self._request.get((None, 0))
        if context:
            request.headers[TRACEPARENT] = str(context.own)

    @harmless
    def record(self, hop: Hop) -> None:
        """Makes the span of the request that is being answered."""
        context, start = self._request.get()
        if context is None:
            root = self._spans.context_below(None, trace_id_of(hop.order or ""))
            context = OutgoingContext(root._replace(span_id=span_id_of(hop.id or "")), root)
        self._spans.write(hop, *context, (start, time.time_ns()))
