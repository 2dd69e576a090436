"""OTLP file: writes spans as the JSON of OpenTelemetry's protocol, one request for each span."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from checkout.c4.traces.span import Kind, Span, Value

KINDS = {Kind.INTERNAL: 1, Kind.SERVER: 2, Kind.CLIENT: 3, Kind.PRODUCER: 4, Kind.CONSUMER: 5}
RESOURCE = ("service.instance.id", "service.namespace", "host.name")


def write_otlp(spans: Iterable[Span], path: Path) -> Path:
    """Writes spans as JSON Lines, as the collector's file exporter does."""
    path.write_text("".join(json.dumps(_request(span)) + "\n" for span in spans))
    return path


def _request(span: Span) -> dict[str, Any]:
    resource = {"service.name": span.service} | {
        name: value for name, value in span.attributes.items() if name in RESOURCE
    }
    data = {
        "traceId": span.trace, "spanId": span.id, "parentSpanId": span.parent, "name": span.name,
        "kind": KINDS[span.kind], "startTimeUnixNano": str(span.start), "endTimeUnixNano": str(span.end),
        "attributes": [_attribute(*item) for item in span.attributes.items() if item[0] not in RESOURCE],
        "links": [{"traceId": link.trace, "spanId": link.span} for link in span.links],
        "status": {"code": 2} if span.has_error else {},
    }  # fmt: skip
    attributes = [_attribute(*item) for item in resource.items()]
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": [data]}]}]}


def _attribute(name: str, value: Value) -> dict[str, Any]:
    return {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
