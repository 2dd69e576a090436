"""Zipkin: reads spans from Zipkin's JSON, version 2."""

import sys
from collections.abc import Iterable
from typing import Any

import msgspec

from checkout.c4.traces.formats.ids import Id, hex_span_id, hex_trace_id
from checkout.c4.traces.formats.tags import Microseconds, has_error, nanoseconds
from checkout.c4.traces.found_spans import FoundSpans, UnreadableTraces, kept_value
from checkout.c4.traces.span import Kind, Span, Value


class Endpoint(msgspec.Struct):
    """The network context of a service."""

    service: str | None = msgspec.field(name="serviceName", default=None)
    ipv4: str | None = None
    ipv6: str | None = None


class Annotation(msgspec.Struct):
    """An event; only those of version 1 have an endpoint."""

    endpoint: Any = None


class ZipkinSpan(msgspec.Struct, rename="camel"):
    """A span as Zipkin has it. Times are microseconds."""

    trace_id: Id = None
    id: Id = None
    parent_id: Id = None
    kind: str | None = None
    name: str | None = None
    timestamp: Microseconds = None
    duration: Microseconds = None
    local_endpoint: Endpoint | None = None
    remote_endpoint: Endpoint | None = None
    tags: dict[str, Any] | None = None
    annotations: list[Annotation] | None = None
    binary_annotations: list[Any] | None = None


_decoder = msgspec.json.Decoder(ZipkinSpan)


def read_zipkin(spans: Iterable[bytes | msgspec.Raw], into: FoundSpans) -> None:
    """Adds spans. Raises msgspec's errors for fields of wrong types, UnreadableTraces for version 1 of the format."""
    for raw in spans:
        span = _decoder.decode(raw)
        if span.binary_annotations is not None or any(each.endpoint for each in span.annotations or ()):
            raise UnreadableTraces("is Zipkin v1 JSON: export version 2 (/api/v2/traces), OTLP/JSON or Jaeger JSON")
        into.add(_to_span(span, into))


def _to_span(found: ZipkinSpan, into: FoundSpans) -> Span:
    local, remote = found.local_endpoint or Endpoint(), found.remote_endpoint or Endpoint()
    tags = found.tags or {}
    attributes: dict[str, Value] = {"host.ip": local.ipv4 or local.ipv6 or "", **_peer(remote)}
    attributes.update({name: str(value) for name, value in tags.items() if name in into.kept})
    start = nanoseconds(found.timestamp)
    return Span(
        trace=hex_trace_id(found.trace_id),
        id=hex_span_id(found.id),
        parent=hex_span_id(found.parent_id),
        name=sys.intern(found.name or ""),
        kind=_kind(found.kind, remote),
        service=sys.intern(local.service or ""),
        start=start,
        end=start + nanoseconds(found.duration),
        has_error=has_error(tags),
        attributes={sys.intern(name): kept_value(name, value) for name, value in attributes.items() if value != ""},
    )


def _kind(name: str | None, remote: Endpoint) -> Kind:
    """The kind; without one, a span that names the other service is a client, as in Zipkin's own dependency graph."""
    if not name:
        return Kind.CLIENT if remote.service else Kind.INTERNAL
    return Kind.__members__.get(name.upper(), Kind.INTERNAL)


def _peer(remote: Endpoint) -> dict[str, Value]:
    return {"peer.service": remote.service or "", "server.address": remote.ipv4 or remote.ipv6 or ""}
