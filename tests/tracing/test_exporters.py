"""Exporters: a collector and a file get the same spans, and a process goes on without either."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sample import AT, FIRST

from checkout.c4.traces.reading import read_traces
from checkout.journal.hop import Hop, Outcome
from checkout.settings import OTLP, OTLP_JSON_FILE
from checkout.tracing import json_file
from checkout.tracing.context import TraceContext
from checkout.tracing.provider import Tracing

OWN, PARENT = TraceContext(7, 8, True), TraceContext(7, 9, True)
NANOSECONDS = 1_700_000_000_123_456_789
HOP = Hop(id="1", order=FIRST, sender="kafka", to="stock", message="OrderReceived", technology="orders", topic="orders",
          partition=0, offset=2**40, group="stock", at=AT)  # fmt: skip
WEEK = 7 * 86_400.0


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A collector on HTTP; the bodies that it has received."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        yield received
        server.shutdown()


def export(tmp_path: Path, *exporters: str, hop: Hop = HOP, timeout: float = 10.0) -> Path:
    """Exports the span of a hop; returns the path of the file."""
    path = tmp_path / "traces" / "stock-1.jsonl"
    tracing = Tracing(exporters, "stock", "stock-1", path, WEEK)
    tracing.spans.write(hop, OWN, PARENT, (NANOSECONDS, NANOSECONDS + 1_000))
    tracing.close(timeout)
    return path


def test_a_collector_and_a_file_get_the_same_spans(tmp_path: Path, collector: list[bytes]) -> None:
    path = export(tmp_path, OTLP, OTLP_JSON_FILE)

    binary = tmp_path / "collector.pb"
    binary.write_bytes(collector[0])
    from_file, from_collector = read_traces([path]).spans, read_traces([binary]).spans

    assert from_file == from_collector
    assert [(span.service, span.name) for span in from_file] == [("stock", "process orders")]


def test_a_file_has_hex_ids_integer_kinds_and_nanoseconds_as_text(tmp_path: Path) -> None:
    path = export(tmp_path, OTLP_JSON_FILE)

    (span,) = msgspec.json.decode(path.read_bytes())["resourceSpans"][0]["scopeSpans"][0]["spans"]

    assert (span["traceId"], span["spanId"], span["parentSpanId"]) == (f"{7:032x}", f"{8:016x}", f"{9:016x}")
    assert (span["kind"], span["startTimeUnixNano"]) == (5, str(NANOSECONDS))
    assert {"key": "messaging.kafka.offset", "value": {"intValue": str(2**40)}} in span["attributes"]


def test_variables_take_precedence_over_the_names_of_service_and_replica(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "warehouse")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=w-7,deployment.environment.name=test")

    (span,) = read_traces([export(tmp_path, OTLP_JSON_FILE)]).spans

    assert span.service == "warehouse"
    assert b'"w-7"' in (tmp_path / "traces" / "stock-1.jsonl").read_bytes()


def test_a_collector_that_is_away_loses_spans_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")

    export(tmp_path, OTLP)

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stock-1: spans are lost: ")


def test_a_folder_that_cannot_be_written_loses_spans_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "traces").write_text("a file in its place")

    export(tmp_path, OTLP_JSON_FILE)

    assert capsys.readouterr().err == "stock-1: spans are lost: stock-1.jsonl cannot be written: File exists\n"


def test_a_full_file_becomes_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "PART_BYTES", 1)

    path = export(tmp_path, OTLP_JSON_FILE)

    assert not path.exists()
    assert len(list(path.parent.glob("stock-1.*.jsonl"))) == 1


def test_a_dead_letter_is_an_error(tmp_path: Path) -> None:
    path = export(tmp_path, OTLP_JSON_FILE, hop=Hop(**_fields(HOP) | {"outcome": Outcome.DEAD_LETTERED}))

    (span,) = read_traces([path]).spans

    assert span.has_error


def _fields(hop: Hop) -> dict[str, Any]:
    return {name: getattr(hop, name) for name in hop.__struct_fields__}


def test_a_line_that_a_crash_has_cut_is_removed_before_the_next_one(tmp_path: Path) -> None:
    file = tmp_path / "orders-1.jsonl"
    file.write_bytes(b'{"resourceSpans":[]}\n{"resourceSp')

    json_file.JsonFileExporter(file, WEEK)._append(b'{"resourceSpans":[{}]}\n')

    assert file.read_bytes() == b'{"resourceSpans":[]}\n{"resourceSpans":[{}]}\n'
