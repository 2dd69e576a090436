"""Older conventions: spans as instrumentations wrote them before HTTP was stable, and as most of them still do.

Names, kinds and span names are those of OpenTelemetry's semantic conventions 1.16, to which the collector's schema
processor, too, can convert spans.
"""

from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

RENAMED = {
    "http.request.method": "http.method", "http.response.status_code": "http.status_code", "url.full": "http.url",
    "url.path": "http.target", "url.scheme": "http.scheme", "client.address": "net.sock.peer.addr",
    "messaging.destination.name": "messaging.destination", "messaging.operation.type": "messaging.operation",
    "messaging.consumer.group.name": "messaging.kafka.consumer_group", "messaging.kafka.message.key":
    "messaging.kafka.message_key", "messaging.destination.partition.id": "messaging.kafka.partition",
    "messaging.kafka.offset": "messaging.kafka.message.offset", "rpc.system.name": "rpc.system",
    "rpc.response.status_code": "rpc.grpc.status_code", "db.system.name": "db.system", "db.namespace": "db.name",
    "db.operation.name": "db.operation", "db.query.text": "db.statement",
}  # fmt: skip
DROPPED = {"messaging.operation.name", "error.type", "server.port"}
GRPC_CODES = {"OK": 0, "UNAVAILABLE": 14}


def older(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    """The same spans after the older conventions; a producer has no operation, and a poll is a CONSUMER."""
    return [_older(span) for span in spans]


def without_kinds(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    """The same spans as INTERNAL ones, as instrumentations by hand often leave them."""
    return [_written_as(span, span.name, SpanKind.INTERNAL, dict(span.attributes or {})) for span in spans]


def _older(span: ReadableSpan) -> ReadableSpan:
    attributes = dict(span.attributes or {})
    operation = str(attributes.get("messaging.operation.type", ""))
    kind = SpanKind.CONSUMER if operation == "receive" else span.kind
    name = _name(span, attributes, operation)
    return _written_as(span, name, kind, _attributes(span.kind, attributes, operation))


def _written_as(span: ReadableSpan, name: str, kind: SpanKind, attributes: dict[str, Any]) -> ReadableSpan:
    return ReadableSpan(
        name=name, context=span.context, parent=span.parent, resource=span.resource, attributes=attributes,
        links=span.links, status=span.status, kind=kind, start_time=span.start_time, end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )  # fmt: skip


def _name(span: ReadableSpan, attributes: dict[str, Any], operation: str) -> str:
    if operation:
        return f"{attributes['messaging.destination.name']} {operation}"
    if "http.request.method" in attributes:
        return str(attributes.get("http.route") or f"HTTP {attributes['http.request.method']}")
    return span.name


def _attributes(kind: SpanKind, attributes: dict[str, Any], operation: str) -> dict[str, Any]:
    address = "net.host.name" if kind is SpanKind.SERVER else "net.peer.name"
    found = {
        RENAMED.get(name, name): value
        for name, value in attributes.items()
        if name not in DROPPED | {"server.address"}
    }
    if "server.address" in attributes:
        found[address] = attributes["server.address"]
    if operation == "send":
        del found["messaging.operation"]
    if "rpc.method" in found:
        found["rpc.service"], _, found["rpc.method"] = str(found["rpc.method"]).rpartition("/")
        found["rpc.grpc.status_code"] = GRPC_CODES[str(found["rpc.grpc.status_code"])]
    return found
