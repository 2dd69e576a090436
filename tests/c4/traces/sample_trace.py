"""Sample trace: an order over HTTP and Kafka as spans of OpenTelemetry's SDK, which other tools' exporters write.

`python tests/c4/traces/sample_trace.py FILE` writes it as OTLP protobuf, from which other tools made the files that
tests/c4/traces/written/README.md lists.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

TRACE, OTHER_TRACE = 0x0AF7651916CD43DD8448EB211C80319C, 0x00000000000000005B8EFFF798038103
START, MILLISECOND = 1_780_000_000_000_000_000, 1_000_000  # nanoseconds
SERVICES = ("web", "orders", "stock", "audit")
UNSET, ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR, "no stock")
KAFKA = {"messaging.system": "kafka", "messaging.destination.name": "order.placed"}


def context(number: int, trace: int = TRACE) -> SpanContext:
    return SpanContext(trace, 0xB7AD6B7169203300 + number, is_remote=False, trace_flags=TraceFlags(1))


def span(
    number: int, parent: int | None, service: str, name: str, kind: SpanKind, attributes: dict[str, Any],
    status: Status = UNSET, links: Sequence[Link] = (), trace: int = TRACE,
) -> ReadableSpan:
    start = START + number * 10 * MILLISECOND
    resource = Resource({"service.name": service, "service.instance.id": f"{service}-1"})
    return ReadableSpan(
        name, context(number, trace), context(parent, trace) if parent else None, resource, attributes, (), links, kind,
        InstrumentationScope("sample"), status, start, start + 4 * MILLISECOND + 1_000 * number,
    )  # fmt: skip


def sample_spans() -> list[ReadableSpan]:
    """Seven spans of two traces; the consumer of the second one has a link to the producer."""
    received = {"messaging.operation.type": "process", "messaging.destination.partition.id": "0"}
    return [
        span(1, None, "web", "POST /orders", SpanKind.SERVER, {"http.request.method": "POST", "http.route": "/orders"}),
        span(2, 1, "web", "POST", SpanKind.CLIENT, {"http.request.method": "POST", "server.address": "orders.prod"}),
        span(3, 2, "orders", "POST /orders", SpanKind.SERVER, {"http.response.status_code": 503}, ERROR),
        span(4, 3, "orders", "send order.placed", SpanKind.PRODUCER, {**KAFKA, "messaging.operation.type": "send"}),
        span(5, 4, "stock", "process order.placed", SpanKind.CONSUMER, {**KAFKA, **received}, Status(StatusCode.OK)),
        span(6, 5, "stock", "count", SpanKind.INTERNAL, {"messaging.kafka.offset": 42}),
        span(7, None, "audit", "process order.placed", SpanKind.CONSUMER, KAFKA, links=[Link(context(4))],
             trace=OTHER_TRACE),
    ]  # fmt: skip


def sample_request() -> ExportTraceServiceRequest:
    """The spans as OTLP, encoded by OpenTelemetry's exporter."""
    return encode_spans(sample_spans())


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(sample_request().SerializeToString())
