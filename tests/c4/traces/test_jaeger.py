"""Jaeger: references in any order, values as text, cut zeros, and the shapes that writers of its JSON differ in."""

from pathlib import Path
from typing import Any

import pytest
from c4.traces.trace_files import TRACE, lines, read, refusal

from checkout.c4.traces.span import Kind, SpanId

OTHER = "f" * 32


def trace(*spans: dict[str, Any], **fields: Any) -> dict[str, Any]:
    process = {"serviceName": "web", "tags": [{"key": "hostname", "type": "string", "value": "node-1"}]}
    ids = ({"traceID": TRACE, "spanID": f"{number}", "processID": "p1"} for number, _ in enumerate(spans, 1))
    found = [{**given, **span} for given, span in zip(ids, spans, strict=True)]
    return {"traceID": TRACE, "spans": found, "processes": {"p1": process}, "warnings": None, **fields}


def reference(span: str, kind: str = "CHILD_OF", trace_id: str = TRACE) -> dict[str, str]:
    return {"refType": kind, "traceID": trace_id, "spanID": span}


@pytest.mark.parametrize(
    ("references", "parent", "links"),
    [
        ([reference("a")], "a", []),
        ([reference("b", "FOLLOWS_FROM", OTHER), reference("a")], "a", [(OTHER, "b")]),
        ([reference("b", "FOLLOWS_FROM"), reference("a")], "a", [(TRACE, "b")]),
        ([reference("b", "FOLLOWS_FROM"), reference("c", "FOLLOWS_FROM")], "b", [(TRACE, "c")]),
        ([reference("b", "FOLLOWS_FROM", OTHER)], "", [(OTHER, "b")]),
        ([reference("a"), reference("c")], "a", [(TRACE, "c")]),
        ([reference("a", "CHILD_OF", OTHER)], "", [(OTHER, "a")]),
        ([], "", []),
        (None, "", []),
    ],
)  # fmt: skip
def test_the_parent_is_a_span_of_the_same_trace(
    tmp_path: Path, references: Any, parent: str, links: list[tuple[str, str]]
) -> None:
    (span,) = read(tmp_path, {"data": [trace({"references": references})]}).spans

    assert span.parent == (parent.zfill(16) if parent else "")
    assert span.links == tuple(SpanId(trace_id, other.zfill(16)) for trace_id, other in links)


def test_the_deprecated_parent_is_read_without_references(tmp_path: Path) -> None:
    (span,) = read(tmp_path, {"data": [trace({"parentSpanID": "ABC"})]}).spans

    assert span.parent == "0000000000000abc"


def test_cut_zeros_are_filled_up(tmp_path: Path) -> None:
    spans = ({"traceID": "abc", "spanID": "F0"}, {"traceID": "0" * 29 + "abc"}, {"traceID": "1" + "0" * 20})

    found = read(tmp_path, {"data": [trace(*spans)]}).spans

    assert [span.trace for span in found] == ["0000000000000abc", "0000000000000abc", "000000000001" + "0" * 20]
    assert found[0].id == "00000000000000f0"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([("error", "bool", True)], True), ([("error", "string", "true")], True), ([("error", "bool", "false")], False),
        ([("otel.status_code", "string", "ERROR")], True), ([("otel.status_code", "string", "OK")], False), ([], None),
    ],
)  # fmt: skip
def test_the_outcome_is_a_tag(tmp_path: Path, tags: list[tuple[str, str, Any]], expected: bool | None) -> None:
    written = [{"key": key, "type": type_name, "value": value} for key, type_name, value in tags]

    (span,) = read(tmp_path, {"data": [trace({"tags": written})]}).spans

    assert span.has_error is expected


def test_values_as_text_have_the_type_of_their_tag(tmp_path: Path) -> None:
    tags = [("http.status_code", "int64", "503"), ("partition", "int64", 0), ("span.kind", "string", "Server")]
    written = [{"key": key, "type": type_name, "value": value} for key, type_name, value in tags]

    (span,) = read(tmp_path, {"data": [trace({"tags": written})]}).spans

    assert span.attributes == {"http.status_code": 503, "partition": 0, "hostname": "node-1"}
    assert span.kind is Kind.SERVER


def test_times_are_microseconds(tmp_path: Path) -> None:
    (span,) = read(tmp_path, {"data": [trace({"startTime": 1780000000010001, "duration": 7})]}).spans

    assert (span.start, span.end) == (1780000000010001000, 1780000000010008000)


@pytest.mark.parametrize("shape", ["answer", "list", "bare", "lines"])
def test_traces_come_in_an_answer_or_bare(tmp_path: Path, shape: str) -> None:
    document = trace({"startTime": 1}, {"processID": None, "process": {"serviceName": "orders"}}, {"processID": "p9"})
    other = trace({"traceID": OTHER})
    shapes = {"answer": {"data": [document, other]}, "list": [document, other], "bare": document}

    found = read(tmp_path, lines(document, other) if shape == "lines" else shapes[shape]).spans

    assert [span.service for span in found] == ["web", "orders", ""] + ([] if shape == "bare" else ["web"])


@pytest.mark.parametrize(
    "document",
    [
        {"data": {"services": [], "spans": [{"depth": 0}]}},
        {"data": [trace({"relativeStartTime": 0, "depth": 0})]},
    ],
)
def test_the_form_of_the_user_interface_is_refused(tmp_path: Path, document: Any) -> None:
    assert refusal(tmp_path, document) == (
        "traces:1 is the own form of Jaeger's UI: download Trace JSON instead, or take /api/traces/ID"
    )


def test_an_answer_without_traces_has_no_spans(tmp_path: Path) -> None:
    answer = {"data": None, "errors": [{"code": 404, "msg": "trace not found"}]}

    assert "there are no spans in traces" in refusal(tmp_path, answer)
