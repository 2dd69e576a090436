"""Tidy: repeats are dropped, and spans that share an id get ids of their own, in any order of the file."""

import random
from pathlib import Path
from typing import Any

import pytest
from c4.traces.trace_files import TRACE, lines, otlp, read

from checkout.c4.traces.found_spans import FoundSpans
from checkout.c4.traces.span import Kind, Span
from checkout.c4.traces.tidy import tidy

SERVER, CLIENT = 2, 3


def tidied(*spans: Span) -> FoundSpans:
    found = FoundSpans()
    for span in spans:
        found.add(span)
    tidy(found)
    return found


def span(span_id: str, service: str = "", **fields: Any) -> Span:
    return Span(**{"trace": "t", "id": span_id, "service": service, **fields})


def test_what_was_delivered_twice_is_dropped_once(tmp_path: Path) -> None:
    found = read(tmp_path, lines(otlp({"name": "a"}, {"name": "b"}), otlp({"name": "a"}, {"name": "b"})))

    assert [span.name for span in found.spans] == ["a", "b"]
    assert found.left_out == {"repeated spans": 2}


@pytest.mark.parametrize("other", [{"trace": "u"}, {"kind": Kind.SERVER}, {"start": 2_000}, {"service": "b"}])
def test_a_span_that_differs_is_no_repeat(other: dict[str, Any]) -> None:
    first = {"service": "a", "start": 1_000, "kind": Kind.CONSUMER}

    found = tidied(span("1", **first), span("1", **{**first, **other}))

    assert len(found.spans) == 2
    assert len({(each.trace, each.id) for each in found.spans}) == 2
    assert found.left_out == {}


def test_a_repeat_that_lost_its_nanoseconds_is_dropped() -> None:
    exact, rounded = span("1", start=1_780_000_000_000_001_234), span("1", start=1_780_000_000_000_001_000)

    assert len(tidied(exact, rounded).spans) == 1


def test_halves_without_the_flag_are_halves(tmp_path: Path) -> None:
    one = {"spanId": "a" * 16, "parentSpanId": "b" * 16}
    server, child = {**one, "kind": SERVER}, {"spanId": "c" * 16, "parentSpanId": "a" * 16}

    found = read(tmp_path, lines(otlp(server, child, service="orders"), otlp({**one, "kind": CLIENT}, service="web")))

    assert {(span.service, span.id): span.parent for span in found.spans} == {
        ("web", "a" * 16): "b" * 16,
        ("orders", "a" * 16 + ":server"): "a" * 16,
        ("orders", "c" * 16): "a" * 16 + ":server",
    }


def test_spans_that_share_an_id_by_mistake_are_kept_with_their_parents_and_children() -> None:
    found = tidied(
        span("1", "a", parent="0", start=1), span("1", "b", parent="9", start=2), span("2", "b", parent="1"),
        span("3", "a", parent="1"), span("4", "c", parent="1"),
    ).spans  # fmt: skip

    assert [(each.id, each.parent) for each in found] == [
        ("1", "0"), ("1:internal", "9"), ("2", "1:internal"), ("3", "1"), ("4", "1")
    ]  # fmt: skip


def test_children_of_one_service_belong_to_its_server_half() -> None:
    client, server = span("1", "a", kind=Kind.CLIENT), span("1", "a", kind=Kind.SERVER)

    found = tidied(server, client, span("2", "a", parent="1")).spans

    assert [each.parent for each in found] == ["1", "", "1:server"]


def test_a_shared_id_below_a_shared_id_is_separated_at_both_levels() -> None:
    spans = [
        span(number, service, kind=kind, parent=parent)
        for number, parent, services in (("1", "", "ab"), ("2", "1", "bc"))
        for service, kind in zip(services, (Kind.CLIENT, Kind.SERVER), strict=True)
    ]

    found = {(each.service, each.kind): (each.id, each.parent) for each in tidied(*spans).spans}

    assert found == {
        ("a", Kind.CLIENT): ("1", ""), ("b", Kind.SERVER): ("1:server", "1"),
        ("b", Kind.CLIENT): ("2", "1:server"), ("c", Kind.SERVER): ("2:server", "2"),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_the_file_changes_nothing(seed: int) -> None:
    def tree(spans: list[Span]) -> set[tuple[str, ...]]:
        random.Random(seed).shuffle(spans)
        return {(each.id, each.parent, each.service, each.kind) for each in tidied(*spans).spans}

    def spans() -> list[Span]:
        return [
            span("1", "a", kind=Kind.CLIENT), span("1", "b", kind=Kind.SERVER, start=3),
            span("1", "c", kind=Kind.SERVER, start=2), span("1", "b", kind=Kind.SERVER, start=3),
            span("2", "b", parent="1"), span("3", "c", parent="1"), span("4", "c", parent="3"),
        ]  # fmt: skip

    assert tree(spans()) == {
        ("1", "", "a", "client"), ("1:server", "1", "c", "server"), ("1:server-2", "1", "b", "server"),
        ("2", "1:server-2", "b", "internal"), ("3", "1:server", "c", "internal"), ("4", "3", "c", "internal"),
    }  # fmt: skip


def test_the_same_span_id_in_two_traces_is_two_spans(tmp_path: Path) -> None:
    found = read(tmp_path, otlp({"spanId": "a" * 16}, {"spanId": "a" * 16, "traceId": "b" * 32}))

    assert [(span.trace, span.id) for span in found.spans] == [(TRACE, "a" * 16), ("b" * 32, "a" * 16)]
