"""OTLP: reads spans from OTLP/JSON and from protobuf's own JSON (base64 ids, names of enums), one span at a time.

Both spellings of field names are read: camelCase as specified, and snake_case.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from checkout.c4.traces.formats.ids import Id, span_id, trace_id
from checkout.c4.traces.found_spans import FoundSpans, kept_value
from checkout.c4.traces.span import Kind, Span, SpanId, Value

KINDS = (Kind.INTERNAL, Kind.INTERNAL, Kind.SERVER, Kind.CLIENT, Kind.PRODUCER, Kind.CONSUMER)
KIND_NAMES: dict[str | int | None, Kind] = {
    **dict(enumerate(KINDS)),
    **{str(number): kind for number, kind in enumerate(KINDS)},
    **{f"SPAN_KIND_{kind.name}": kind for kind in KINDS},
}
ERROR_CODES = {1: False, 2: True, "1": False, "2": True, "STATUS_CODE_OK": False, "STATUS_CODE_ERROR": True}


class KeyValue(msgspec.Struct):
    """An attribute; the one key of `value` names its type."""

    key: str = ""
    value: dict[str, Any] | None = None


class Resource(msgspec.Struct):
    """What produced the spans: its attributes."""

    attributes: list[KeyValue] | None = None


class ScopeSpans(msgspec.Struct):
    """The spans of one instrumentation library, not decoded yet."""

    spans: list[msgspec.Raw] | None = None


class ResourceSpans(msgspec.Struct, rename="camel"):
    """The spans of one resource. Versions before 0.16 of the protocol have libraries instead of scopes."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] | None = None
    instrumentation_library_spans: list[ScopeSpans] | None = None


class Link(msgspec.Struct, rename="camel"):
    """A link to another span."""

    trace_id: Id = None
    span_id: Id = None


class Status(msgspec.Struct):
    """The outcome of a span: 0 unset, 1 OK, 2 error."""

    code: int | str | None = None


class OtlpSpan(msgspec.Struct, rename="camel"):
    """A span as OTLP has it, without events."""

    trace_id: Id = None
    span_id: Id = None
    parent_span_id: Id = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | str | float | None = None
    end_time_unix_nano: int | str | float | None = None
    attributes: list[KeyValue] | None = None
    links: list[Link] | None = None
    status: Status | None = None


_resource_decoder = msgspec.json.Decoder(ResourceSpans)
_span_decoder = msgspec.json.Decoder(OtlpSpan)


def read_otlp(resources: Iterable[msgspec.Raw], into: FoundSpans, snake_case: bool = False) -> None:
    """Adds the spans of ResourceSpans messages. Raises msgspec's errors for fields of wrong types."""
    for raw in resources:
        decoded = _resource_decoder.decode(_in_camel_case(raw) if snake_case else raw)
        to_span = span_converter(decoded.resource or Resource(), into)
        for scope in [*(decoded.scope_spans or ()), *(decoded.instrumentation_library_spans or ())]:
            for span in scope.spans or ():
                into.add(to_span(_span_decoder.decode(span)))


def span_converter(resource: Resource, into: FoundSpans) -> Callable[[OtlpSpan], Span]:
    """A function that converts the spans of one resource."""
    kept = into.kept
    of_resource = kept_attributes(resource.attributes, kept)
    service = kept_attributes(resource.attributes, {"service.name"}).get("service.name", "")
    service = sys.intern(service if isinstance(service, str) else str(service))

    def convert(found: OtlpSpan) -> Span:
        return Span(
            trace=trace_id(found.trace_id),
            id=span_id(found.span_id),
            parent=span_id(found.parent_span_id),
            links=tuple(SpanId(trace_id(link.trace_id), span_id(link.span_id)) for link in found.links or ()),
            name=sys.intern(found.name or ""),
            kind=KIND_NAMES.get(found.kind, Kind.INTERNAL),
            service=service,
            start=whole_number(found.start_time_unix_nano),
            end=whole_number(found.end_time_unix_nano),
            has_error=ERROR_CODES.get(found.status.code or 0) if found.status else None,
            attributes={**of_resource, **kept_attributes(found.attributes, kept)},
        )

    return convert


def kept_attributes(found: Iterable[KeyValue] | None, kept: frozenset[str] | set[str]) -> dict[str, Value]:
    """The attributes with the names to keep, without those that have no value."""
    attributes: dict[str, Value] = {}
    for attribute in found or ():
        if attribute.key in kept and (value := _value(attribute.value)) is not None:
            name = sys.intern(attribute.key)
            attributes[name] = kept_value(name, value)
    return attributes


def whole_number(found: Any) -> int:
    """A number that may be text, as protobuf's JSON writes numbers of 64 bits; 0 where it is none."""
    try:
        return int(found or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def _value(found: Mapping[str, Any] | None) -> Value | None:
    for name, content in (found or {}).items():
        if name == "Value":  # structs of Go, encoded without protobuf's JSON
            return _value(content) if isinstance(content, dict) else None
        read = VALUES.get(name)
        return read(content) if read and content is not None else None
    return None


def _double(found: object) -> Value | None:
    if isinstance(found, str):
        return float(found) if found in ("NaN", "Infinity", "-Infinity") else None
    try:
        return float(found) if isinstance(found, int | float) else None
    except OverflowError:
        return None


def _array(found: object) -> Value | None:
    values = found.get("values") if isinstance(found, dict) else None
    read = [_value(each) for each in (values if isinstance(values, list) else ()) if isinstance(each, dict)]
    return [value for value in read if value is not None]


VALUES: dict[str, Callable[[Any], Value | None]] = {}
for _names, _read in (
    (("stringValue", "string_value", "StringValue"), str),
    (("boolValue", "bool_value", "BoolValue"), bool),
    (("intValue", "int_value", "IntValue"), whole_number),
    (("doubleValue", "double_value", "DoubleValue"), _double),
    (("arrayValue", "array_value", "ArrayValue"), _array),
):
    VALUES.update(dict.fromkeys(_names, _read))


def _in_camel_case(raw: msgspec.Raw) -> bytes:
    return msgspec.json.encode(_camel_keys(msgspec.json.decode(raw)))


def _camel_keys(data: Any) -> Any:
    if isinstance(data, list):
        return [_camel_keys(each) for each in data]
    if isinstance(data, dict):
        return {re.sub(r"_([a-z])", lambda m: m[1].upper(), key): _camel_keys(value) for key, value in data.items()}
    return data
