"""OTLP: spellings, types and ids that files hold beside the specified ones."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from c4.traces.trace_files import SPAN, TRACE, otlp, read, read_span

from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import Kind, SpanId

HEX_TRACE, HEX_SPAN = bytes.fromhex(TRACE), bytes.fromhex(SPAN)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (TRACE, TRACE), (TRACE.upper(), TRACE), (b64encode(HEX_TRACE).decode(), TRACE),
        (b64encode(HEX_TRACE).decode().rstrip("="), TRACE), ("order-7", "order-7"), ("Order 7", "Order 7"), (7, "7"),
        ("0" * 16 + TRACE[16:], TRACE[16:]), (TRACE[16:], TRACE[16:]),
        ("payment-of-order-000007", "payment-of-order-000007"),
    ],
)  # fmt: skip
def test_trace_ids_of_all_spellings_are_equal(tmp_path: Path, written: str, expected: str) -> None:
    assert read_span(tmp_path, traceId=written).trace == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (SPAN, SPAN), (SPAN.upper(), SPAN), (b64encode(HEX_SPAN).decode(), SPAN), ("t61rcWkgMzE", SPAN), ("", ""),
        (None, ""), ("0" * 16, ""), ("AAAAAAAAAAA=", ""), ("first", "first"),
        ("paymentsvc1", "paymentsvc1"),  # base64 of 8 bytes, but not as an encoder writes it
    ],
)  # fmt: skip
def test_span_ids_of_all_spellings_are_equal(tmp_path: Path, written: str | None, expected: str) -> None:
    assert read_span(tmp_path, parentSpanId=written).parent == expected


def test_ids_that_only_look_like_base64_stay_apart(tmp_path: Path) -> None:
    found = read(tmp_path, otlp({"spanId": "paymentsvc1"}, {"spanId": "paymentsvc2"}, {"spanId": "paymentsvc0"}))

    assert len({span.id for span in found.spans}) == 3


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (0, Kind.INTERNAL), (1, Kind.INTERNAL), (2, Kind.SERVER), ("3", Kind.CLIENT),
        (5, Kind.CONSUMER), ("SPAN_KIND_PRODUCER", Kind.PRODUCER),
        ("SPAN_KIND_UNSPECIFIED", Kind.INTERNAL), (9, Kind.INTERNAL),
        (None, Kind.INTERNAL),
    ],
)  # fmt: skip
def test_kinds_are_numbers_or_names(tmp_path: Path, written: int | str | None, expected: Kind) -> None:
    assert read_span(tmp_path, kind=written).kind is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, None), (None, None), ({"code": 0}, None), ({"code": 1}, False), ({"code": 2}, True),
        ({"code": "STATUS_CODE_ERROR", "message": "late"}, True), ({"code": "STATUS_CODE_OK"}, False),
    ],
)  # fmt: skip
def test_the_status_is_a_number_or_a_name(tmp_path: Path, status: Any, expected: bool | None) -> None:
    assert read_span(tmp_path, status=status).has_error is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"intValue": "503"}, 503), ({"intValue": 503}, 503), ({"stringValue": "503"}, "503"),
        ({"boolValue": True}, True),
        ({"doubleValue": 1.5}, 1.5), ({"doubleValue": "Infinity"}, float("inf")), ({"string_value": "x"}, "x"),
        ({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "2"}, {}]}}, ["a", 2]), ({"arrayValue": {}}, []),
        ({}, None), (None, None), ({"kvlistValue": {"values": []}}, None), ({"bytesValue": "AAAA"}, None),
        ({"Value": {"StringValue": "x"}}, "x"), ({"Value": {"IntValue": 4}}, 4),
    ],
)  # fmt: skip
def test_values_have_their_types(tmp_path: Path, value: Any, expected: object) -> None:
    span = read_span(tmp_path, attributes=[{"key": "http.request.method", "value": value}])

    assert span.attributes.get("http.request.method") == expected


@pytest.mark.parametrize("written", ["1780000000010000001", 1780000000010000001])
def test_times_keep_their_nanoseconds(tmp_path: Path, written: str | int) -> None:
    assert read_span(tmp_path, startTimeUnixNano=written).start == 1780000000010000001


def test_links_lead_to_spans_of_other_traces(tmp_path: Path) -> None:
    span = read_span(tmp_path, links=[{"traceId": "A" * 32, "spanId": SPAN}, {"traceId": TRACE, "spanId": "B" * 16}])

    assert span.links == (SpanId("a" * 32, SPAN), SpanId(TRACE, "b" * 16))


def test_libraries_of_old_files_are_read_as_scopes(tmp_path: Path) -> None:
    document = otlp({"name": "GET"})
    (resource,) = document["resourceSpans"]
    resource["instrumentationLibrarySpans"] = resource.pop("scopeSpans")

    assert [span.name for span in read(tmp_path, document).spans] == ["GET"]


def test_unknown_fields_are_ignored_and_attributes_selected(tmp_path: Path) -> None:
    attributes = [{"key": name, "value": {"stringValue": "x"}} for name in ("db.query.text", "http.route", "order.id")]

    span = read_span(tmp_path, attributes=attributes, events=[{"name": 7}], fromTheFuture={"a": [1]})
    (same,) = read_traces([tmp_path / "traces"], keep={"order.id"}).spans

    assert span.attributes == {"http.route": "x"}
    assert same.attributes == {"http.route": "x", "order.id": "x"}


def test_urls_lose_what_may_be_secret(tmp_path: Path) -> None:
    written = {
        "url.full": "https://user:word@shop.example/orders/7?token=1#top", "http.target": "/orders?key=2",
        "http.route": "/orders/{id?}",
    }  # fmt: skip
    attributes = [{"key": name, "value": {"stringValue": value}} for name, value in written.items()]

    assert read_span(tmp_path, attributes=attributes).attributes == {
        "url.full": "https://shop.example/orders/7", "http.target": "/orders", "http.route": "/orders/{id?}"
    }  # fmt: skip


def test_a_span_without_a_service_is_kept(tmp_path: Path) -> None:
    found = read(tmp_path, {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": TRACE, "spanId": SPAN}]}]}]})

    assert [(span.service, span.id) for span in found.spans] == [("", SPAN)]


def test_a_span_without_an_id_is_counted(tmp_path: Path) -> None:
    found = read(tmp_path, otlp({}, {"spanId": ""}, {"traceId": None}))

    assert (len(found.spans), found.left_out) == (1, {"spans without an id": 2})
