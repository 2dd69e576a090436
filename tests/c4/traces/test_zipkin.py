"""Zipkin: shared ids, absent kinds and times, and the shapes of lists."""

import json
from pathlib import Path
from typing import Any

import pytest
from c4.traces.trace_files import lines, read, refusal

from checkout.c4.traces.attributes import peers
from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import Kind

WRITTEN = Path(__file__).parent / "written"
TRACE = "463ac35c9f6413ad"


def span(number: str, service: str = "web", **fields: Any) -> dict[str, Any]:
    return {"traceId": TRACE, "id": number.zfill(16), "localEndpoint": {"serviceName": service}, **fields}


def test_a_server_half_is_the_child_of_its_client_half() -> None:
    found = read_traces([WRITTEN / "zipkin_shared.json"]).spans

    tree = {(span.service, span.kind): (span.id, span.parent) for span in found}
    assert tree == {
        ("web", Kind.SERVER): ("6513270e269e0d37", ""),
        ("web", Kind.CLIENT): ("0c5c7fd0a6a3a450", "6513270e269e0d37"),
        ("orders", Kind.SERVER): ("0c5c7fd0a6a3a450:server", "0c5c7fd0a6a3a450"),
        ("orders", Kind.CLIENT): ("d23f0824128b2f33", "0c5c7fd0a6a3a450:server"),
    }


@pytest.mark.parametrize("turned", [False, True])
def test_each_of_several_server_halves_has_its_own_children(tmp_path: Path, turned: bool) -> None:
    spans = [
        span("1", kind="CLIENT", timestamp=5), span("1", "a", kind="SERVER", shared=True, timestamp=6),
        span("1", "b", kind="SERVER"), span("2", "a", parentId="1"), span("3", "b", parentId="1"),
        span("4", parentId="1"), span("5", "c", parentId="1"),
    ]  # fmt: skip

    found = read(tmp_path, spans[::-1] if turned else spans).spans

    one = "0000000000000001"
    children = [span for span in found if span.id[-1] in "2345" and ":" not in span.id]
    parents = {(span.service, span.id[-1]): span.parent for span in children}
    assert parents == {
        ("a", "2"): parent_of(found, "a"), ("b", "3"): parent_of(found, "b"), ("web", "4"): one, ("c", "5"): one
    }  # fmt: skip
    assert {span.parent for span in found if span.kind is Kind.SERVER} == {one}
    assert len({span.id for span in found}) == len(spans)


def parent_of(found: list[Any], service: str) -> str:
    (half,) = [span.id for span in found if span.service == service and span.kind is Kind.SERVER]
    assert ":server" in half
    return str(half)


def test_a_parent_of_zeros_is_none(tmp_path: Path) -> None:
    assert [found.parent for found in read(tmp_path, [span("1", parentId="0" * 16)]).spans] == [""]


def test_a_span_sent_in_parts_is_one_span(tmp_path: Path) -> None:
    part = span("1", "orders", tags={"http.path": "/orders"})
    server = span("1", "orders", kind="SERVER", shared=True, timestamp=6, tags={"http.method": "GET"})

    found = read(tmp_path, [part, span("1", "web", kind="CLIENT", timestamp=5), server])

    assert [(span.service, span.kind, span.attributes) for span in found.spans] == [
        ("web", Kind.CLIENT, {}), ("orders", Kind.SERVER, {"http.method": "GET", "http.path": "/orders"})
    ]  # fmt: skip
    assert found.left_out == {"repeated spans": 1}


def test_a_shared_half_without_its_client_half_keeps_its_parent(tmp_path: Path) -> None:
    (found,) = read(tmp_path, [span("2", "orders", kind="SERVER", shared=True, parentId="1")]).spans

    assert (found.id, found.parent) == ("0000000000000002", "0000000000000001")


def test_a_span_without_a_kind_is_local_unless_it_names_another_service(tmp_path: Path) -> None:
    spans = [span("1"), span("2", remoteEndpoint={"serviceName": "db"}), span("3", remoteEndpoint={"ipv4": "10.0.0.1"})]

    found = read(tmp_path, spans).spans

    assert [span.kind for span in found] == [Kind.INTERNAL, Kind.CLIENT, Kind.INTERNAL]
    assert peers(found[1]) == ["db"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [({"error": ""}, True), ({"error": "timeout"}, True), ({"error": "false"}, False), ({}, None), (None, None),
     ({"otel.status_code": "OK"}, False)],
)  # fmt: skip
def test_a_tag_says_that_the_span_failed(tmp_path: Path, tags: Any, expected: bool | None) -> None:
    (found,) = read(tmp_path, [span("1", tags=tags)]).spans

    assert found.has_error is expected


def test_times_are_microseconds_and_may_be_absent(tmp_path: Path) -> None:
    spans = [span("1", timestamp=1780000000010001, duration=7), span("2", timestamp=9.0), span("3")]

    found = read(tmp_path, spans).spans

    assert [(span.start, span.end) for span in found] == [
        (1780000000010001000, 1780000000010008000), (9000, 9000), (0, 0)
    ]  # fmt: skip


@pytest.mark.parametrize("shape", ["list", "lists", "lines", "one"])
def test_spans_come_in_a_list_in_lists_or_in_lines(tmp_path: Path, shape: str) -> None:
    one, other = span("1"), span("2", localEndpoint=None)
    shapes = {"list": json.dumps([one, other]), "lists": json.dumps([[one], [], [other]]), "one": json.dumps(one)}

    found = read(tmp_path, lines(one, other) if shape == "lines" else shapes[shape].encode()).spans

    assert [span.service for span in found] == (["web"] if shape == "one" else ["web", ""])


@pytest.mark.parametrize(
    "document",
    [
        [span("1", binaryAnnotations=[])],
        [{"traceId": TRACE, "id": "1", "annotations": [{"value": "sr", "endpoint": {"serviceName": "web"}}]}],
        span("1", binaryAnnotations=[]),
    ],
)
def test_version_1_is_refused(tmp_path: Path, document: Any) -> None:
    assert "is Zipkin v1 JSON: export" in refusal(tmp_path, document)


def test_annotations_of_version_2_are_ignored(tmp_path: Path) -> None:
    found = read(tmp_path, [span("1", annotations=[{"timestamp": 1, "value": "retry"}])])

    assert len(found.spans) == 1
