"""OTLP protobuf: reads spans from OTLP's binary form, bare or with each message behind its length."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from checkout.c4.traces.formats.otlp import KeyValue, Link, OtlpSpan, Resource, Status, span_converter
from checkout.c4.traces.found_spans import FoundSpans, NotTraces, UnreadableTraces
from checkout.c4.traces.streams import is_text
from checkout.errors import PackageMissing

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

RESOURCE_SPANS = 0x0A  # field 1 with a length, the only field of TracesData
LENGTH = 4  # bytes before a message in the files of the collector, big endian
TRACE_ID, SPAN_ID = 16, 8  # bytes
TYPES = {
    "string_value": "stringValue", "bool_value": "boolValue", "int_value": "intValue", "double_value": "doubleValue",
}  # fmt: skip


def is_protobuf(data: bytes) -> bool:
    """Whether the bytes begin like OTLP's binary form, bare or behind a length."""
    begins = RESOURCE_SPANS in (data[0], data[LENGTH] if len(data) > LENGTH else None)
    return begins and not is_text(data)


def read_protobuf(data: bytes, into: FoundSpans) -> None:
    """Adds the spans of all messages; counts those of logs and metrics, and a last one that is cut.

    Raises PackageMissing without opentelemetry-proto, NotTraces and UnreadableTraces for other bytes.
    """
    messages = list(_fields(memoryview(data)) if data[0] == RESOURCE_SPANS else _framed(memoryview(data), into))
    try:
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
        from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
    except ImportError as error:
        raise PackageMissing("reading OTLP protobuf", "opentelemetry-proto", "otlp") from error
    for message in messages:
        try:
            _read_resource(ResourceSpans.FromString(message), into)
        except DecodeError as error:
            raise NotTraces("is no OTLP protobuf: export OTLP/JSON, Jaeger JSON or Zipkin v2") from error


def _framed(data: memoryview, into: FoundSpans) -> Iterator[memoryview]:
    position = 0
    while position < len(data):
        start = position + LENGTH
        position = start + int.from_bytes(data[position:start], "big")
        if position > len(data):
            if start > LENGTH + int.from_bytes(data[:LENGTH], "big"):  # not the first message
                into.left_out["incomplete last messages"] += 1
                return
            raise UnreadableTraces(f"ends in the middle of a protobuf message, at byte {len(data):,}: export it again")
        yield from _fields(data[start:position])


def _fields(data: memoryview) -> Iterator[memoryview]:
    """The ResourceSpans messages in a TracesData message. protobuf would decode all of them at once."""
    position = 0
    while position < len(data):
        if data[position] != RESOURCE_SPANS:
            raise NotTraces("is no OTLP protobuf: export OTLP/JSON, Jaeger JSON or Zipkin v2")
        start, length = _varint(data, position + 1)
        position = start + length
        if position > len(data):
            raise UnreadableTraces(f"ends in the middle of a protobuf message, at byte {len(data):,}: export it again")
        yield data[start:position]


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """The position behind a number of variable length, and the number."""
    number = 0
    for shift, byte in enumerate(data[position : position + 5]):
        number |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return position + shift + 1, number
    return position, len(data)


def _read_resource(message: "ResourceSpans", into: FoundSpans) -> None:
    resource = Resource([_key_value(each) for each in message.resource.attributes])
    to_span = span_converter(resource, into)
    for scope in message.scope_spans:
        for span in scope.spans:
            # ResourceLogs and ResourceMetrics have the same outer fields, and others in the place of the ids.
            if len(span.trace_id) != TRACE_ID or len(span.span_id) != SPAN_ID:
                into.left_out["messages with logs or metrics"] += 1
                return
            into.add(to_span(_otlp_span(span)))


def _otlp_span(span: "Span") -> OtlpSpan:
    return OtlpSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        start_time_unix_nano=span.start_time_unix_nano,
        end_time_unix_nano=span.end_time_unix_nano,
        attributes=[_key_value(each) for each in span.attributes],
        links=[Link(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        status=Status(span.status.code),
    )


def _key_value(found: Any) -> KeyValue:
    return KeyValue(found.key, _any_value(found.value))


def _any_value(value: Any) -> dict[str, Any]:
    """A value in the form of OTLP/JSON."""
    type_name = value.WhichOneof("value")
    if type_name == "array_value":
        return {"arrayValue": {"values": [_any_value(each) for each in value.array_value.values]}}
    return {TYPES[type_name]: getattr(value, type_name)} if type_name in TYPES else {}
