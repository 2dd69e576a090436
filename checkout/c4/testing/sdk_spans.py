"""SDK spans: the finished spans of OpenTelemetry's SDK in the form of spans that are read from files."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.formats.ids import span_id, trace_id
from checkout.c4.traces.found_spans import FoundSpans, kept_value
from checkout.c4.traces.span import Kind, Span, SpanId, TraceFiles, Value
from checkout.c4.traces.tidy import tidy

HAS_ERROR = {"OK": False, "ERROR": True}


def trace_files(spans: Any, keep: Collection[str] = ()) -> TraceFiles:
    """The spans of an `InMemorySpanExporter`, or of an iterable of `ReadableSpan`; `keep` names further attributes.

    Raises PreconditionError if there are none.
    """
    finished: Iterable[Any] = spans.get_finished_spans() if hasattr(spans, "get_finished_spans") else spans
    found = FoundSpans(keep)
    for span in finished:
        found.add(_to_span(span, found))
    if not found.spans:
        raise PreconditionError(
            "the exporter has no finished spans: end them in the test, and export them with a SimpleSpanProcessor"
        )
    tidy(found)
    return TraceFiles(spans=found.spans, left_out=found.left_out)


def _to_span(span: Any, found: FoundSpans) -> Span:
    own, parent = _id(span.context), span.parent
    resource: Mapping[str, Any] = span.resource.attributes
    return Span(
        trace=own.trace,
        id=own.span,
        parent=_id(parent).span if parent else "",
        links=tuple(_id(link.context) for link in span.links),
        name=span.name,
        kind=Kind[span.kind.name],
        service=str(resource.get("service.name", "")),
        start=span.start_time or 0,
        end=span.end_time or 0,
        has_error=HAS_ERROR.get(span.status.status_code.name),
        attributes=_kept(resource, found) | _kept(span.attributes or {}, found),
    )


def _id(context: Any) -> SpanId:
    return SpanId(trace_id(f"{context.trace_id:032x}"), span_id(f"{context.span_id:016x}"))


def _kept(attributes: Mapping[str, Any], found: FoundSpans) -> dict[str, Value]:
    return {name: kept_value(name, _value(value)) for name, value in attributes.items() if name in found.kept}


def _value(value: Any) -> Value:
    return list(value) if isinstance(value, tuple) else value
