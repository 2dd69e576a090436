"""Refusals: what is no trace file ends with one sentence that names the file, the place and the remedy."""

import gzip
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from c4.traces.sample_trace import sample_request, sample_spans
from c4.traces.trace_files import lines, otlp, read, refusal
from opentelemetry.sdk.trace.export import ConsoleSpanExporter

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.found_spans import FoundSpans, UnreadableTraces
from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import Span
from checkout.errors import PackageMissing

CHROME = "is a trace of a browser or profiler (Chrome trace events)"
REMEDY = "export OTLP/JSON, Jaeger JSON or Zipkin v2"
HOP = {"order": "7", "from": "web", "to": "orders", "message": "PlaceOrder", "at": "2026-01-01T00:00:00Z"}
HAR = {"log": {"version": "1.2", "creator": {}, "entries": []}}
OTHER_KINDS: dict[str, tuple[Any, str]] = {
    "HTML": (b"<!DOCTYPE html><html>", f"traces is HTML or XML, such as the page of a login or an error: {REMEDY}"),
    "journal": (lines(HOP, HOP), "traces:1 is a journal of hops: name it with --journal"),
    "HAR": (HAR, f"traces:1 is an HTTP archive (HAR) or a log: {REMEDY}"),
    "Chrome": ({"traceEvents": []}, f"traces:1 {CHROME}: {REMEDY}"),
    "Chrome list": ([{"ph": "B", "ts": 1}], f"traces:1 {CHROME}: {REMEDY}"),
    "Tempo search": ({"traces": [], "metrics": {}},
                     "traces:1 is the result of a search in Tempo: take each trace from /api/v2/traces/ID"),
    "zstd": (b"\x28\xb5\x2f\xfd rest",
             "traces is compressed with zstd: decompress it with `zstd -d`, or pipe `zstd -dc` into -"),
    "text": (b"2026-01-01 started", f"traces is neither JSON nor OTLP protobuf: {REMEDY}"),
    "text after a line break": (b"\n2026-01-01 started", f"traces is neither JSON nor OTLP protobuf: {REMEDY}"),
    "UTF-16": (json.dumps(otlp({})).encode("utf-16"), "traces is text in UTF-16: convert it to UTF-8"),
    "other JSON": ({"name": "shop"}, f"traces:1 is JSON, but no traces: {REMEDY}"),
    "logs only": (lines({"resourceLogs": []}),
                  f"there are no spans in traces (1 documents with logs or metrics): {REMEDY}"),
    "no spans": ({"resourceSpans": []}, f"there are no spans in traces: {REMEDY}"),
    "empty": (b"", f"there are no spans in traces (1 empty files): {REMEDY}"),
    "blank": (b" \n \n", f"there are no spans in traces (1 empty files): {REMEDY}"),
    "empty list": ([], f"there are no spans in traces: {REMEDY}"),
    "zeros": (bytes(100), f"traces is neither JSON nor OTLP protobuf: {REMEDY}"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_other_kinds_are_refused_by_name(tmp_path: Path, name: str) -> None:
    content, message = OTHER_KINDS[name]

    assert refusal(tmp_path, content) == message


@pytest.mark.parametrize("spans", [1, 7])
def test_the_output_of_the_console_exporter_is_refused(tmp_path: Path, spans: int) -> None:
    out = io.StringIO()
    ConsoleSpanExporter(out=out).export(sample_spans()[:spans])

    assert f"is the output of OpenTelemetry's console exporter: {REMEDY}" in refusal(tmp_path, out.getvalue().encode())


@pytest.mark.parametrize("indent", [None, 2])
def test_a_truncated_document_is_refused_with_the_place(tmp_path: Path, indent: int | None) -> None:
    content = json.dumps(otlp({}), indent=indent).encode()[:-25]

    assert refusal(tmp_path, content) == (
        f"traces ends in the middle of a JSON value, at byte {len(content)}: export it again"
    )


def test_a_broken_document_is_refused_with_the_place(tmp_path: Path) -> None:
    malformed = refusal(tmp_path, b'{"resourceSpans": [nul]}')
    not_utf8 = refusal(tmp_path, b'{"resourceSpans": [], "a\xff": 1}')

    assert malformed == "traces is not JSON (JSON is malformed: invalid character (byte 20)): export it again"
    assert not_utf8.startswith("traces:1 is not JSON ('utf-8' codec can't decode byte 0xff")


def test_a_field_of_another_type_is_refused_with_the_place(tmp_path: Path) -> None:
    message = refusal(tmp_path, lines(otlp({}), otlp({"attributes": "none"})))

    assert message.startswith("traces:2 has a field that its format does not allow (Expected `array | null`, got `str`")


@pytest.mark.parametrize("content", [b"[" * 10**6, b'{"resourceSpans":' * 10**5, b"[" * 10**6 + b"]" * 10**6])
def test_huge_nesting_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "is nested too deeply to be a trace" in refusal(tmp_path, content)


def test_nesting_inside_an_attribute_is_refused(tmp_path: Path) -> None:
    attribute = otlp({"attributes": [{"key": "http.request.method", "value": 0}]})
    nested = '{"arrayValue":{"values":[' * 5_000 + "]}}" * 5_000
    content = json.dumps(attribute).replace('"value": 0', f'"value": {nested}').encode()

    assert "is nested too deeply to be a trace" in refusal(tmp_path, content)


@pytest.mark.parametrize("seed", range(20))
def test_binary_rubbish_is_refused(tmp_path: Path, seed: int) -> None:
    first = [b"", b"\x0a", b"\x00\x00\x00\x40\x0a\x3e", b"\x0a\x3e\x0a", b"\x00\x00"][seed % 5]

    assert refusal(tmp_path, first + b"\x00" + os.urandom(500)).startswith("traces ")


def test_truncated_protobuf_is_refused_but_a_last_message_in_writing_is_counted(tmp_path: Path) -> None:
    message = sample_request().SerializeToString()
    behind_length = len(message).to_bytes(4, "big") + message

    assert "traces ends in the middle of a protobuf message, at byte" in refusal(tmp_path, message[:-9])
    assert "traces ends in the middle of a protobuf message, at byte" in refusal(tmp_path, behind_length[:-9])
    found = read(tmp_path, behind_length + behind_length[:-9])
    assert found.left_out == {"incomplete last messages": 1}
    assert len(found.spans) == len(sample_spans())


def test_protobuf_without_its_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.trace.v1.trace_pb2", None)

    with pytest.raises(PackageMissing, match=r"opentelemetry-proto: .*`pip install \"checkout\[otlp\]\"`"):
        read(tmp_path, sample_request().SerializeToString())


def test_a_folder_without_trace_files_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")

    with pytest.raises(PreconditionError, match=r"has no trace files \(\*.json, \*.jsonl, \*.pb, also with .gz\)"):
        read_traces([tmp_path])
    with pytest.raises(PreconditionError, match="there is no such file or folder of traces"):
        read_traces([tmp_path / "missing.json"])


def test_a_name_with_control_characters_is_printed_without_them(tmp_path: Path) -> None:
    assert "tr\N{REPLACEMENT CHARACTER}[31mces is HTML" in refusal(tmp_path, b"<html>", "tr\x1b[31mces")


def test_many_lines_of_other_kinds_end_the_reading(tmp_path: Path) -> None:
    other, broken = lines({"level": "info"}) * 10_000, b"{]\n"

    assert refusal(tmp_path, other + broken).startswith("traces:1 is JSON, but no traces")
    assert refusal(tmp_path, lines(otlp({})) + other + broken).startswith("traces:10002 is not JSON")


def test_too_many_spans_are_refused() -> None:
    found = FoundSpans(limit=3)
    for number in range(3):
        found.add(Span(trace="a", id=f"{number}"))

    with pytest.raises(UnreadableTraces, match="brings the spans to more than 3: read fewer files, or fewer traces"):
        found.add(Span(trace="a", id="3"))


@pytest.mark.slow
def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    spaces = gzip.compress(b"[" + b" " * 200_000_000, 1)
    line_breaks = gzip.compress(b"{}" + b"\n" * 2_000_001, 1)

    assert "has a JSON document or a line of more than 200 MB: split the file" in refusal(tmp_path, spaces)
    assert "has more than 2,000,000 lines: split the file" in refusal(tmp_path, line_breaks)
