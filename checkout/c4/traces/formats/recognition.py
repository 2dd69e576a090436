"""Recognition: which format a document of JSON has, by its content, and the refusal of formats that are not read."""

import re
from collections.abc import Mapping

import msgspec

from checkout.c4.traces.formats.jaeger import read_jaeger, refuse_ui_form
from checkout.c4.traces.formats.otlp import read_otlp
from checkout.c4.traces.formats.zipkin import read_zipkin
from checkout.c4.traces.found_spans import FoundSpans, NotTraces, UnreadableTraces
from checkout.c4.traces.streams import Document

Members = Mapping[str, msgspec.Raw]
REMEDY = "export OTLP/JSON, Jaeger JSON or Zipkin v2"
CONSOLE = f"is the output of OpenTelemetry's console exporter: {REMEDY}"
CONSOLE_EXPORTER = re.compile(rb'"trace_id":\s*"0x')
OTHER_SIGNALS = {
    "resourceLogs", "resourceMetrics", "resourceProfiles", "resource_logs", "resource_metrics", "resource_profiles",
}  # fmt: skip
PARTIAL = ("PARTIAL", 1)  # status of Tempo's answer
REFUSED: tuple[tuple[set[str], str], ...] = (  # names that a document of this kind has
    ({"traceEvents"}, f"is a trace of a browser or profiler (Chrome trace events): {REMEDY}"),
    ({"ph", "ts"}, f"is a trace of a browser or profiler (Chrome trace events): {REMEDY}"),
    ({"context", "start_time"}, CONSOLE),
    ({"traces", "metrics"}, "is the result of a search in Tempo: take each trace from /api/v2/traces/ID"),
    ({"traceId", "binaryAnnotations"}, f"is Zipkin v1 JSON: {REMEDY}"),
)
OTHER_KINDS: tuple[tuple[set[str], str], ...] = (
    ({"from", "to", "message"}, "is a journal of hops: name it with --journal"),
    ({"log"}, f"is an HTTP archive (HAR) or a log: {REMEDY}"),
)
_outer = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw])
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw] | None)


def read_document(data: bytes | msgspec.Raw, into: FoundSpans) -> None:
    """Adds the spans of a JSON document. Raises msgspec's errors, UnreadableTraces, and NotTraces for other kinds."""
    outer = _outer.decode(data)
    if isinstance(outer, dict):
        _read_object(outer, data, into)
    elif outer and _is_span_of_zipkin(outer[0]):
        read_zipkin(outer, into)
    else:
        for element in outer:
            read_document(element, into)


def _read_object(found: Members, data: bytes | msgspec.Raw, into: FoundSpans) -> None:
    if _read_otlp(found, into):
        return
    if "data" in found:
        _read_jaeger_data(found["data"], into)
    elif "spans" in found and ("processes" in found or "traceID" in found):
        read_jaeger([data], into)
    elif "traceId" in found and "id" in found and "binaryAnnotations" not in found:
        read_zipkin([data], into)
    elif OTHER_SIGNALS & found.keys():
        into.left_out["documents with logs or metrics"] += 1
    else:
        _refuse(found)


def _read_otlp(found: Members, into: FoundSpans) -> bool:
    """Reads ResourceSpans messages, which APIs wrap in different ways; false if there are none."""
    first = len(into.spans)
    for name in ("resourceSpans", "resource_spans", "batches"):
        if name in found:
            read_otlp(_list.decode(found[name]) or (), into, snake_case=name == "resource_spans")
            return True
    for name in ("trace", "result"):  # Tempo's API version 2, Jaeger's API version 3
        inner = _object(found.get(name))
        if inner is not None and _read_otlp(inner, into):
            if "status" in found and msgspec.json.decode(found["status"]) in PARTIAL:
                into.mark_partial(first)
            return True
    return False


def _read_jaeger_data(data: msgspec.Raw, into: FoundSpans) -> None:
    found = _object(data)
    if found is None:
        read_jaeger(_list.decode(data) or (), into)
    elif "spans" in found:
        refuse_ui_form()
    else:
        _refuse(found)


def _is_span_of_zipkin(raw: msgspec.Raw) -> bool:
    return (found := _object(raw)) is not None and {"traceId", "id"} <= found.keys()


def _object(raw: msgspec.Raw | None) -> Members | None:
    is_object = raw is not None and bytes(memoryview(raw)[:16]).lstrip()[:1] == b"{"
    return _members.decode(raw) if raw is not None and is_object else None


def _refuse(found: Members) -> None:
    for names, reason in REFUSED:
        if names <= found.keys():
            raise UnreadableTraces(reason)
    for names, reason in OTHER_KINDS:
        if names <= found.keys():
            raise NotTraces(reason)
    raise NotTraces(f"is JSON, but no traces: {REMEDY}")


def broken_document(document: Document, error: Exception) -> UnreadableTraces:
    """The error for a document that msgspec cannot decode: what is wrong, where, and the remedy."""
    broken = UnreadableTraces(_describe(document, error))
    broken.line = document.line
    return broken


def _describe(document: Document, error: Exception) -> str:
    if CONSOLE_EXPORTER.search(document.data[:4_096]):  # several objects, not one on a line
        return CONSOLE
    if isinstance(error, RecursionError):
        return f"is nested too deeply to be a trace: {REMEDY}"
    if isinstance(error, msgspec.ValidationError):
        return f"has a field that its format does not allow ({error}): {REMEDY}"
    if "truncated" in str(error):
        return f"ends in the middle of a JSON value, at byte {len(document.data):,}: export it again"
    return f"is not JSON ({error}): export it again"
