"""Service telemetry: the tracer of one service, with a provider and resource of its own, of the OpenTelemetry SDK."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Attributes = Mapping[str, str | int | bool]
PROPAGATOR = TraceContextTextMapPropagator()


class ServiceTelemetry:
    """The tracer of a service; `spans` returns its ended spans. Its clock is `clock_offset` seconds fast."""

    def __init__(self, service: str, clock_offset: float = 0) -> None:
        self.service, self._offset = service, int(clock_offset * 1e9)
        self._exporter = InMemorySpanExporter()
        resource = Resource.create({"service.name": service, "service.instance.id": f"{service}-1"})
        self._provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("systems.instrumentation", "1.0")

    @contextmanager
    def span(
        self, name: str, kind: SpanKind, attributes: Attributes, parent: Context | None = None,
        links: tuple[Link, ...] = (),
    ) -> Iterator[Span]:  # fmt: skip
        """A span around the block, and the current one in it; an exception is its error. `parent` None: the current."""
        span = self._tracer.start_span(name, parent, kind, attributes, links, self._now())
        with trace.use_span(span, record_exception=True, set_status_on_exception=True):
            try:
                yield span
            finally:
                span.end(self._now())

    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that have ended."""
        return self._exporter.get_finished_spans()

    def _now(self) -> int:
        return time.time_ns() + self._offset

    def stop(self) -> None:
        """Shuts the provider down; its spans stay readable."""
        self._provider.shutdown()


def inject() -> dict[str, str]:
    """The headers that carry the current span to another process, after the W3C recommendation Trace Context."""
    headers: dict[str, str] = {}
    PROPAGATOR.inject(headers)
    return headers


def extract(headers: Mapping[str, str]) -> Context:
    """The context that the headers of another process carry."""
    return PROPAGATOR.extract({name.lower(): value for name, value in headers.items()}, Context())


def link_to(context: Context) -> tuple[Link, ...]:
    """A link to the span of an extracted context; none if it has no span."""
    found = trace.get_current_span(context).get_span_context()
    return (Link(found),) if found.is_valid else ()


def set_error(span: Span, error_type: str) -> None:
    """Marks a span as failed."""
    span.set_attribute("error.type", error_type)
    span.set_status(Status(StatusCode.ERROR))
