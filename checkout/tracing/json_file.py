"""JSON file: a span exporter that appends OTLP/JSON lines to a file, so that traces need no collector."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind

from checkout.journal.parts import PART_BYTES, close_part, delete_old_parts
from checkout.journal.tail import complete_size
from checkout.tracing.problems import LOGGER

KNOWS_REMOTE, IS_REMOTE = 0x100, 0x200  # bits of the flags: whether the parent is of another process
KINDS = {kind: kind.value + 1 for kind in SpanKind}  # in OTLP 0 is "unspecified"
JsonObject = dict[str, Any]


class JsonFileExporter(SpanExporter):
    """Appends one line for each batch of spans: a `TracesData`, with ids in hex and enums as integers.

    As a journal, a file of PART_BYTES is closed and a new one begun; closed parts are deleted after `retention`
    seconds. Spans that cannot be written are lost.
    """

    def __init__(self, path: Path, retention: float) -> None:
        self._path, self._retention, self._is_open = path, retention, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Appends a batch in one write, so that a crash truncates at most the last line."""
        try:
            self._append(msgspec.json.encode(as_otlp(spans)) + b"\n")
        except OSError as error:
            LOGGER.getChild("file").error("%s cannot be written: %s", self._path.name, error.strerror)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Does nothing: no file stays open."""

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._is_open and self._path.is_file():
            os.truncate(self._path, complete_size(self._path))  # a crash may have left an incomplete line
        self._is_open = True
        with open(self._path, "ab", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if file.write(line) < len(line):  # the file system is nearly full
                file.truncate(size)
                raise OSError(0, "no space left")
            is_full = size + len(line) >= PART_BYTES
        if is_full:
            close_part(self._path)
            delete_old_parts(self._path, self._retention)


def as_otlp(spans: Sequence[ReadableSpan]) -> JsonObject:
    """The spans of one process as `TracesData`."""
    scope = spans[0].instrumentation_scope
    scope_spans = {"scope": {"name": scope.name if scope else ""}, "spans": list(map(_span, spans))}
    return {"resourceSpans": [{"resource": _resource(spans[0].resource), "scopeSpans": [scope_spans]}]}


def _resource(resource: Resource) -> JsonObject:
    return {"attributes": _attributes(resource.attributes)}


def _span(span: ReadableSpan) -> JsonObject:
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    ids = {"traceId": f"{context.trace_id:032x}", "spanId": f"{context.span_id:016x}"}
    ids |= {"parentSpanId": f"{parent.span_id:016x}"} if parent else {}
    remote = KNOWS_REMOTE | (IS_REMOTE if parent and parent.is_remote else 0)
    status: JsonObject = {"code": span.status.status_code.value}
    status |= {"message": span.status.description} if span.status.description else {}
    return ids | {
        "flags": context.trace_flags | remote, "name": span.name, "kind": KINDS[span.kind],
        "startTimeUnixNano": str(span.start_time), "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}), "status": status,
    }  # fmt: skip


def _attributes(attributes: Mapping[str, Any]) -> list[JsonObject]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: Any) -> JsonObject:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"arrayValue": {"values": [_value(each) for each in value]}}
