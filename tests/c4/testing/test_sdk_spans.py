"""SDK spans: the spans of OpenTelemetry's SDK in memory equal those read from the file of its own OTLP encoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags, set_span_in_context
from opentelemetry.trace.span import NonRecordingSpan

from checkout.c4.findings import PreconditionError
from checkout.c4.testing.sdk_spans import trace_files
from checkout.c4.traces.reading import read_traces

REMOTE = SpanContext(0x1F2E, 0x3D4C, is_remote=True, trace_flags=TraceFlags(1))


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """An exporter with spans of every kind, with attributes, links, errors, and a parent in another process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "till", "service.instance.id": "till-1"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    for kind in SpanKind:
        link = Link(SpanContext(0xABC, 0xDEF, is_remote=True))
        with tracer.start_as_current_span(f"a {kind.name}", kind=kind, links=[link]) as span:
            span.set_attribute("http.response.status_code", 503)
            span.set_attribute("messaging.destination.name", "loan.wanted")
            span.set_attribute("url.full", "https://user:secret@bank.example/pay?card=4711")
            span.set_attribute("till.drawer", True)
            span.set_status(StatusCode.ERROR if kind is SpanKind.CLIENT else StatusCode.OK)
    with tracer.start_as_current_span("unset", context=set_span_in_context(NonRecordingSpan(REMOTE))):
        pass
    yield exporter
    provider.shutdown()


def test_spans_in_memory_are_those_of_the_encoded_file(exporter: InMemorySpanExporter, tmp_path: Path) -> None:
    file = tmp_path / "traces.pb"
    file.write_bytes(encode_spans(exporter.get_finished_spans()).SerializeToString())

    in_memory = trace_files(exporter, keep=["till.drawer"])

    assert in_memory.spans == read_traces([file], keep=["till.drawer"]).spans
    assert len(in_memory.spans) == len(SpanKind) + 1


def test_a_list_of_spans_is_as_good_as_the_exporter(exporter: InMemorySpanExporter) -> None:
    assert trace_files(list(exporter.get_finished_spans())).spans == trace_files(exporter).spans


def test_no_spans_are_an_error_with_its_remedy() -> None:
    with pytest.raises(PreconditionError, match="no finished spans: end them in the test"):
        trace_files(InMemorySpanExporter())


def test_a_span_that_is_exported_twice_is_one_span() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    for _ in range(2):
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("test").start_span("sell").end()

    assert [span.name for span in trace_files(exporter).spans] == ["sell"]
