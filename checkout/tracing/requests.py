"""Requests: the trace context of HTTP requests that the gateway passes on, and their spans."""

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import httpx
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from checkout.journal.hop import Hop
from checkout.tracing.context import TRACEPARENT, TraceContext, read_traceparent
from checkout.tracing.spans import Spans, harmless

Application = Callable[[Any, Any, Any], Awaitable[None]]  # ASGI
_RANDOM = RandomIdGenerator()


class TracedRequests:
    """Continues the trace of a client, or begins one, for each request to an ASGI application."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._request: ContextVar[tuple[TraceContext, TraceContext, int]] = ContextVar("request")

    def application(self, application: Application) -> Application:
        """The application whose requests have a context."""

        async def traced(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                self._begin(headers.get(TRACEPARENT.encode(), b"").decode("latin-1"))
            await application(scope, receive, send)

        return traced

    def _begin(self, header: str) -> None:
        parent = read_traceparent(header)
        own = self._spans.context_below(parent, _RANDOM.generate_trace_id())._replace(
            span_id=_RANDOM.generate_span_id()
        )
        self._request.set((own, parent or own._replace(span_id=0), time.time_ns()))

    async def add_header(self, request: httpx.Request) -> None:
        """Adds the context to a request that is passed on: an event hook of the HTTP client."""
        if found := self._request.get(None):
            request.headers[TRACEPARENT] = str(found[0])

    @harmless
    def record(self, hop: Hop) -> None:
        """Makes the span of the request that is being answered."""
        own, parent, start = self._request.get()
        self._spans.write(hop, own, parent, (start, time.time_ns()))
