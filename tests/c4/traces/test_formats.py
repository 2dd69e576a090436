"""One trace in all formats: whatever tool wrote the file, its spans are the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from c4.traces.sample_trace import TRACE, sample_request, sample_spans
from google.protobuf.json_format import MessageToDict, MessageToJson
from opentelemetry.sdk.trace import ReadableSpan

from checkout.c4.traces import attributes
from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import Kind, Span, SpanId, TraceFiles

WRITTEN = Path(__file__).parent / "written"
FORMATS: dict[str, Callable[[], bytes]] = {
    "OTLP/JSON of the collector": lambda: (WRITTEN / "collector.json").read_bytes(),
    "protobuf's own JSON": lambda: MessageToJson(sample_request()).encode(),
    "protobuf's own JSON on one line": lambda: MessageToJson(sample_request(), indent=None).encode(),
    "snake_case": lambda: MessageToJson(sample_request(), preserving_proto_field_name=True).encode(),
    "enums as numbers": lambda: MessageToJson(sample_request(), use_integers_for_enums=True).encode(),
    "OTLP protobuf": lambda: sample_request().SerializeToString(),
    "OTLP protobuf behind lengths": lambda: framed(sample_request().SerializeToString()),
    "Tempo, version 1": lambda: wrapped(lambda resources: {"batches": resources}),
    "Tempo, version 2": lambda: wrapped(lambda found: {"trace": {"resourceSpans": found}, "status": "COMPLETE"}),
    "Jaeger, API version 3": lambda: b'{"result":' + (WRITTEN / "collector.json").read_bytes() + b"}",
    "Jaeger": lambda: (WRITTEN / "jaeger.json").read_bytes(),
    "Zipkin, by its exporter for Python": lambda: (WRITTEN / "zipkin_python.json").read_bytes(),
    "Zipkin, by the collector": lambda: (WRITTEN / "zipkin_collector.json").read_bytes(),
}


def framed(message: bytes) -> bytes:
    """Two messages, each behind its length."""
    return len(message).to_bytes(4, "big") + message + len(message).to_bytes(4, "big") + message


def wrapped(answer: Callable[[list[Any]], dict[str, Any]]) -> bytes:
    return json.dumps(answer(MessageToDict(sample_request())["resourceSpans"])).encode()


def expected(span: ReadableSpan) -> tuple[Any, ...]:
    """The sample as spans should hold it, from the SDK's objects and not from a file. Zipkin has lower-case names."""
    assert span.context is not None and span.attributes is not None
    trace = f"{span.context.trace_id:032x}"
    return (
        trace if span.context.trace_id == TRACE else trace[16:], f"{span.context.span_id:016x}",
        f"{span.parent.span_id:016x}" if span.parent else "", span.name.lower(), Kind[span.kind.name],
        span.resource.attributes["service.name"], span.start_time, span.end_time,
        {"UNSET": None, "OK": False, "ERROR": True}[span.status.status_code.name],
        span.attributes.get("messaging.destination.name", "order.placed" if "order.placed" in span.name else ""),
        span.attributes.get("http.response.status_code"), span.attributes.get("messaging.kafka.offset"),
        span.resource.attributes["service.instance.id"],
    )  # fmt: skip


def seen(span: Span) -> tuple[Any, ...]:
    return (
        span.trace, span.id, span.parent, span.name.lower(), span.kind, span.service, span.start, span.end,
        span.has_error, attributes.topic(span), attributes.status_code(span), attributes.offset(span),
        attributes.replica(span),
    )  # fmt: skip


def read(folder: Path, content: bytes, name: str = "traces") -> TraceFiles:
    (folder / name).write_bytes(content)
    return read_traces([folder / name])


@pytest.mark.parametrize("name", FORMATS)
def test_one_trace_is_the_same_in_all_formats(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, FORMATS[name]())

    assert sorted(map(seen, found.spans)) == sorted(map(expected, sample_spans()))
    assert found.partial == set()


@pytest.mark.parametrize("name", [name for name in FORMATS if "Zipkin" not in name])  # Zipkin has no links
def test_a_link_leads_to_a_span_of_another_trace(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, FORMATS[name]())

    assert {span.service: span.links for span in found.spans if span.links} == {
        "audit": (SpanId(f"{TRACE:032x}", "b7ad6b7169203304"),)
    }


def test_repeats_in_several_formats_are_dropped(tmp_path: Path) -> None:
    for name, content in FORMATS.items():
        (tmp_path / f"{name.replace('/', ' ')}.json").write_bytes(content())

    found = read_traces([tmp_path])

    assert len(found.spans) == len(sample_spans())
    assert found.files == len(FORMATS)
    assert found.left_out["repeated spans"] == len(FORMATS) * len(sample_spans())  # one file has them twice


def test_an_answer_that_tempo_marks_as_partial_marks_its_traces(tmp_path: Path) -> None:
    content = wrapped(lambda resources: {"trace": {"resourceSpans": resources}, "status": "PARTIAL", "message": "big"})

    assert read(tmp_path, content).partial == {f"{TRACE:032x}", "5b8efff798038103"}
