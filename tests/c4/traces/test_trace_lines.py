"""Lines, compression and folders: files of a collector that is writing, standard input, and files of other kinds."""

import gzip
import io
import json
import os
import sys
from pathlib import Path

import pytest
from c4.traces.sample_trace import sample_request, sample_spans
from c4.traces.trace_files import lines, otlp, read, refusal

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.found_spans import UnreadableTraces
from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.streams import LimitedStream

LOGS, METRICS = {"resourceLogs": [{}]}, {"resourceMetrics": []}
ONE, OTHER = otlp({"name": "one"}), otlp({"name": "other", "spanId": "a" * 16})


def test_lines_with_logs_and_metrics_are_counted(tmp_path: Path) -> None:
    found = read(tmp_path, lines(LOGS, ONE, METRICS, {"resource_logs": []}, OTHER))

    assert [span.name for span in found.spans] == ["one", "other"]
    assert found.left_out == {"documents with logs or metrics": 3}


def test_spans_of_one_trace_may_lie_in_several_lines_and_files(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(otlp({"spanId": "b" * 16, "parentSpanId": "a" * 16})))
    (tmp_path / "b.jsonl").write_bytes(lines(LOGS, OTHER))

    found = read_traces([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])

    assert found.files == 2
    assert found.spans[0].parent == found.spans[1].id


@pytest.mark.parametrize("cut", range(1, 40, 7))
def test_half_a_last_line_is_counted(tmp_path: Path, cut: int) -> None:
    found = read(tmp_path, lines(ONE, OTHER)[:-cut] if cut > 1 else lines(ONE) + b"{")

    assert [span.name for span in found.spans] == ["one"]
    assert found.left_out == {"incomplete last lines": 1}


def test_a_last_line_without_a_line_break_is_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, lines(ONE, OTHER)[:-1]).spans) == 2


def test_a_broken_line_in_the_middle_is_refused_with_its_number(tmp_path: Path) -> None:
    content = lines(ONE) + lines(OTHER)[:-30] + b"\n" + lines(ONE)

    assert refusal(tmp_path, content).startswith("traces:2 is not JSON (JSON is malformed: invalid character (byte")


def test_blank_lines_and_a_byte_order_mark_are_ignored(tmp_path: Path) -> None:
    assert len(read(tmp_path, b"\xef\xbb\xbf" + lines(ONE) + b"\r\n\n" + lines(OTHER) + b" ").spans) == 2
    assert len(read(tmp_path, b"\n\n" + json.dumps(ONE, indent=2).encode()).spans) == 1


def test_lines_of_other_kinds_are_counted_if_others_have_spans(tmp_path: Path) -> None:
    found = read(tmp_path, lines({"level": "info"}, ONE, {"level": "info"}))

    assert found.left_out == {"lines of other kinds": 2}
    assert "traces:1 is JSON, but no traces" in refusal(tmp_path, lines({"level": "info"}, {"level": "info"}))


@pytest.mark.parametrize("name", ["traces", "traces.json", "traces.gz", "traces.jsonl.gz"])
def test_gzip_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    members = gzip.compress(lines(ONE)) + gzip.compress(lines(OTHER))  # a collector appends members

    assert len(read(tmp_path, members, name).spans) == 2
    assert len(read(tmp_path, gzip.compress(sample_request().SerializeToString()), name).spans) == len(sample_spans())
    assert len(read(tmp_path, lines(ONE), name).spans) == 1


def test_a_cut_file_of_gzip_has_the_lines_before_the_cut(tmp_path: Path) -> None:
    random = os.urandom(4_000).hex()
    content = gzip.compress(lines(ONE, otlp({"spanId": "c" * 16, "events": random})))

    found = read(tmp_path, content[:-2_000])

    assert [span.name for span in found.spans] == ["one"]
    assert found.left_out == {"incomplete last lines": 1}


def test_a_damaged_file_of_gzip_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(lines(ONE, otlp({"events": os.urandom(4_000).hex()}))))
    content[-6] ^= 1

    assert "traces is damaged (CRC check failed" in refusal(tmp_path, bytes(content))


def test_standard_input_is_read_for_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (lines(ONE), gzip.compress(lines(ONE)), json.dumps(ONE, indent=1).encode()):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

        assert [span.name for span in read_traces([Path("-")]).spans] == ["one"]


def test_a_message_about_standard_input_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<html>")))

    with pytest.raises(PreconditionError, match="^standard input is HTML"):
        read_traces([Path("-")])


def test_folders_are_searched_for_trace_files(tmp_path: Path) -> None:
    for number, name in enumerate(["a.json", "deep/b.jsonl", "c.pb.gz", "d.json.gz", "e.txt", "f.log"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(lines(otlp({"name": name, "spanId": f"{number + 1:016x}"})))

    found = read_traces([tmp_path])

    assert [span.name for span in found.spans] == ["a.json", "c.pb.gz", "d.json.gz", "deep/b.jsonl"]
    assert found.files == 4


def test_other_files_in_a_folder_are_counted(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "shop"}')
    (tmp_path / "empty.json").write_bytes(b"")
    (tmp_path / "traces.json").write_bytes(lines(ONE))

    found = read_traces([tmp_path])

    assert found.files == 1
    assert found.left_out == {"files of other kinds": 1, "empty files": 1}


def test_a_file_cut_inside_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(lines(ONE))
    (tmp_path / "half.json").write_bytes(lines(ONE)[:-20])

    with pytest.raises(PreconditionError, match="half.json ends in the middle of a JSON value, at byte"):
        read_traces([tmp_path])


def test_a_stream_ends_with_an_error_at_its_limit() -> None:
    assert io.BufferedReader(LimitedStream(io.BytesIO(b"x" * 1_000), 1_000)).read() == b"x" * 1_000

    with pytest.raises(UnreadableTraces, match="has more than 2 MB: split the file, or export fewer traces"):
        io.BufferedReader(LimitedStream(io.BytesIO(b"x" * 2_000_001), 2_000_000)).read()
