"""Trace formats: the spans of the OpenTelemetry SDK as files of the five formats that the toolkit reads.

OTLP comes from the encoder of the SDK's own exporters. Jaeger and Zipkin have no exporter for Python any more, so their
JSON is written here after the specification's "OpenTelemetry to Jaeger" and "OpenTelemetry to Zipkin Transformation".
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, StatusCode, format_span_id, format_trace_id

Spans = Sequence[ReadableSpan]


def otlp_json(spans: Spans) -> bytes:
    """OTLP/JSON: ids in hexadecimal, enums as numbers."""
    request = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    found = [span for each in request["resourceSpans"] for scope in each["scopeSpans"] for span in scope["spans"]]
    for owner in [*found, *(link for span in found for link in span.get("links", []))]:
        for name in owner.keys() & {"traceId", "spanId", "parentSpanId"}:
            owner[name] = base64.b64decode(owner[name]).hex()
    return json.dumps(request).encode()


def otlp_lines(spans: Spans) -> bytes:
    """OTLP/JSON as the collector's file exporter writes it: a line for each batch, here one of each service."""
    services = dict.fromkeys(span.resource for span in spans)
    return b"\n".join(otlp_json([span for span in spans if span.resource == service]) for service in services)


def protobuf_json(spans: Spans) -> bytes:
    """The JSON of protobuf itself: ids in base64, enums as names."""
    return json.dumps(MessageToDict(encode_spans(spans))).encode()


def otlp_protobuf(spans: Spans) -> bytes:
    """OTLP in protobuf's binary format."""
    return bytes(encode_spans(spans).SerializeToString())


def jaeger(spans: Spans) -> bytes:
    """The answer of Jaeger's `/api/traces`: parents are CHILD_OF, links FOLLOWS_FROM, resources processes."""
    processes = {span.resource: f"p{number}" for number, span in enumerate(spans, 1)}
    traces: dict[int, list[dict[str, Any]]] = {}
    for span in spans:
        traces.setdefault(span.context.trace_id, []).append(_jaeger_span(span, processes[span.resource]))
    described = {
        key: {"serviceName": resource.attributes["service.name"], "tags": _jaeger_tags(dict(resource.attributes))}
        for resource, key in processes.items()
    }
    data = [{"traceID": format_trace_id(id), "spans": trace, "processes": described} for id, trace in traces.items()]
    return json.dumps({"data": data, "total": 0, "errors": None}).encode()


def zipkin(spans: Spans) -> bytes:
    """Zipkin v2. It has no links."""
    return json.dumps([_zipkin_span(span) for span in spans]).encode()


FORMATS: dict[str, Callable[[Spans], bytes]] = {
    each.__name__: each for each in (otlp_json, otlp_lines, protobuf_json, otlp_protobuf, jaeger, zipkin)
}


def _jaeger_span(span: ReadableSpan, process: str) -> dict[str, Any]:
    references = [_reference("CHILD_OF", span.parent)] if span.parent else []
    references += [_reference("FOLLOWS_FROM", link.context) for link in span.links]
    tags = dict(span.attributes or {}) | _status(span)
    if span.kind.name != "INTERNAL":
        tags["span.kind"] = span.kind.name.lower()
    return {"traceID": format_trace_id(span.context.trace_id), "spanID": format_span_id(span.context.span_id),
            "operationName": span.name, "references": references, "startTime": _micros(span.start_time),
            "duration": _micros(span.end_time) - _micros(span.start_time), "tags": _jaeger_tags(tags), "logs": [],
            "processID": process, "warnings": None}  # fmt: skip


def _reference(kind: str, context: SpanContext) -> dict[str, str]:
    return {"refType": kind, "traceID": format_trace_id(context.trace_id), "spanID": format_span_id(context.span_id)}


def _jaeger_tags(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    types = {bool: "bool", int: "int64", float: "float64"}
    return [{"key": key, "type": types.get(type(value), "string"), "value": value} for key, value in attributes.items()]


def _zipkin_span(span: ReadableSpan) -> dict[str, Any]:
    attributes = dict(span.attributes or {})
    tags = dict(span.resource.attributes) | attributes | _status(span)
    found = {"traceId": format_trace_id(span.context.trace_id), "id": format_span_id(span.context.span_id),
             "name": span.name, "timestamp": _micros(span.start_time),
             "duration": max(1, _micros(span.end_time) - _micros(span.start_time)),
             "localEndpoint": {"serviceName": span.resource.attributes["service.name"]},
             "tags": {key: str(value) for key, value in tags.items()}}  # fmt: skip
    if span.parent:
        found["parentId"] = format_span_id(span.parent.span_id)
    if span.kind.name != "INTERNAL":
        found["kind"] = span.kind.name
    if span.kind.name in ("CLIENT", "PRODUCER") and "server.address" in attributes:
        found["remoteEndpoint"] = {"serviceName": attributes["server.address"]}
    return found


def _status(span: ReadableSpan) -> dict[str, Any]:
    if span.status.status_code is StatusCode.UNSET:
        return {}
    is_error = span.status.status_code is StatusCode.ERROR
    return {"otel.status_code": span.status.status_code.name} | ({"error": True} if is_error else {})


def _micros(nanoseconds: int | None) -> int:
    return (nanoseconds or 0) // 1_000


def zipkin_shared(spans: Spans) -> bytes:
    """Zipkin v2 as its own libraries write it: the server half of a call shares the id of the client half."""
    found = {each["id"]: each for each in json.loads(zipkin(spans))}
    shared = dict[str, str]()
    for each in found.values():
        client = found.get(each.get("parentId", ""), {})
        if each.get("kind") == "SERVER" and client.get("kind") == "CLIENT" and client["id"] not in shared.values():
            shared[each["id"]] = client["id"]
    return json.dumps([_with_shared_ids(each, shared, found) for each in found.values()]).encode()


def _with_shared_ids(span: dict[str, Any], shared: dict[str, str], found: dict[str, Any]) -> dict[str, Any]:
    if span["id"] not in shared:
        return span | ({"parentId": shared[span["parentId"]]} if span.get("parentId") in shared else {})
    client = found[shared[span["id"]]]
    parent = client.get("parentId")
    halves = {name: value for name, value in span.items() if name != "parentId"} | {"id": client["id"], "shared": True}
    return halves | ({"parentId": shared.get(parent, parent)} if parent else {})
