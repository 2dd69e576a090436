"""Jaeger: reads spans from Jaeger's JSON, as its API, the download of its UI and compatible APIs return it."""

import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from checkout.c4.traces.formats.ids import Id, hex_span_id, hex_trace_id
from checkout.c4.traces.formats.tags import Microseconds, has_error, nanoseconds
from checkout.c4.traces.found_spans import FoundSpans, UnreadableTraces, kept_value
from checkout.c4.traces.span import Kind, Span, SpanId, Value

KINDS = {kind.value: kind for kind in Kind}


class Tag(msgspec.Struct):
    """A tag. The value may be text whatever its type is."""

    key: str = ""
    type: str | None = None
    value: Any = None


class Process(msgspec.Struct):
    """The process that made a span."""

    service: str | None = msgspec.field(name="serviceName", default=None)
    tags: list[Tag] | None = None


class Reference(msgspec.Struct):
    """A reference to another span: CHILD_OF or FOLLOWS_FROM."""

    type: str | None = msgspec.field(name="refType", default=None)
    trace: Id = msgspec.field(name="traceID", default=None)
    span: Id = msgspec.field(name="spanID", default=None)


class JaegerSpan(msgspec.Struct, rename={"trace": "traceID", "id": "spanID", "parent": "parentSpanID"}):
    """A span as Jaeger has it, without logs. Times are microseconds."""

    trace: Id = None
    id: Id = None
    parent: Id = None
    operation: str | None = msgspec.field(name="operationName", default=None)
    references: list[Reference] | None = None
    start: Microseconds = msgspec.field(name="startTime", default=None)
    duration: Microseconds = None
    tags: list[Tag] | None = None
    process_id: str | None = msgspec.field(name="processID", default=None)
    process: Process | None = None
    relative_start: Microseconds = msgspec.field(name="relativeStartTime", default=None)


class JaegerTrace(msgspec.Struct):
    """A trace as Jaeger has it."""

    spans: list[msgspec.Raw] | None = None
    processes: dict[str, Process] | None = None


_trace_decoder = msgspec.json.Decoder(JaegerTrace)
_span_decoder = msgspec.json.Decoder(JaegerSpan)


def read_jaeger(traces: Iterable[bytes | msgspec.Raw], into: FoundSpans) -> None:
    """Adds the spans of traces. Raises msgspec's errors for wrong types, UnreadableTraces for the UI's own form."""
    for raw in traces:
        trace = _trace_decoder.decode(raw)
        processes = trace.processes or {}
        for each in trace.spans or ():
            span = _span_decoder.decode(each)
            if span.relative_start is not None:
                refuse_ui_form()
            process = span.process or processes.get(span.process_id or "") or Process()
            into.add(_to_span(span, process, into))


def refuse_ui_form() -> None:
    """Raises the error for traces in the form that Jaeger's UI keeps for itself."""
    raise UnreadableTraces("is the own form of Jaeger's UI: download Trace JSON instead, or take /api/traces/ID")


def _to_span(found: JaegerSpan, process: Process, into: FoundSpans) -> Span:
    tags = {tag.key: tag.value for tag in found.tags or ()}
    parent, links = _parent_and_links(found)
    start = nanoseconds(found.start)
    return Span(
        trace=hex_trace_id(found.trace),
        id=hex_span_id(found.id),
        parent=parent,
        links=links,
        name=sys.intern(found.operation or ""),
        kind=KINDS.get(str(tags.get("span.kind")).lower(), Kind.INTERNAL),
        service=sys.intern(process.service or ""),
        start=start,
        end=start + nanoseconds(found.duration),
        has_error=has_error(tags),
        attributes={**_kept(process.tags, into), **_kept(found.tags, into)},
    )


def _parent_and_links(found: JaegerSpan) -> tuple[str, tuple[SpanId, ...]]:
    """The first CHILD_OF within the trace is the parent, else the first FOLLOWS_FROM within it; the rest are links."""
    trace = hex_trace_id(found.trace)
    targets = [(each.type, SpanId(hex_trace_id(each.trace), hex_span_id(each.span))) for each in found.references or ()]
    within = [(kind, target) for kind, target in targets if target.trace == trace]
    parents = [target for kind, target in within if kind != "FOLLOWS_FROM"] or [target for _, target in within]
    links = [target for _, target in targets]
    if not parents:
        return hex_span_id(found.parent), tuple(links)
    links.remove(parents[0])
    return parents[0].span, tuple(links)


def _kept(tags: Iterable[Tag] | None, into: FoundSpans) -> dict[str, Value]:
    kept = ((sys.intern(tag.key), _value(tag)) for tag in tags or () if tag.key in into.kept)
    return {name: kept_value(name, value) for name, value in kept if value is not None}


def _value(tag: Tag) -> Value | None:
    """The value of a tag in its type."""
    value = tag.value
    if isinstance(value, str) and tag.type == "int64":
        return int(value) if value.removeprefix("-").isdecimal() and len(value) <= 20 else value
    if isinstance(value, str) and tag.type == "bool":
        return value.lower() in ("true", "1")
    return value if isinstance(value, str | int | float) else None
