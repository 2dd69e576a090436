"""Outcomes of hops, what the mapping leaves out, and trees that are broken."""

import pytest
from c4.traces.mapping.written_spans import GET, arrows, mapped, process, send, span, view

from checkout.c4.traces.naming.trace_map import Ignored


def outcome(*spans: object) -> str:
    return mapped(*spans).hops[-1].outcome  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("client", "server", "expected"),
    [
        ({"error": True, "http__status_code": 404}, {"http__status_code": 404}, "applied"),
        ({"error": True}, {"http__status_code": 503}, "failed"),
        ({}, {"error": True}, "failed"),
        ({"error": True}, {}, "applied"),
    ],
)
def test_the_server_half_of_a_call_decides_its_outcome(client: dict, server: dict, expected: str) -> None:
    assert outcome(span("shop/1", kind="client", **client), span("stock/2", "1", "server", **server)) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"error": True, "http__status_code": 422}, "applied"),
        ({"http__status_code": 500}, "failed"),
        ({"error": True}, "failed"),
        ({"error": True, "rpc__system": "grpc", "rpc__grpc__status_code": 5}, "applied"),
        ({"error": True, "rpc__system": "grpc", "rpc__grpc__status_code": 14}, "failed"),
        ({"error": True, "rpc__system": "grpc", "rpc__grpc__status_code": "UNAVAILABLE"}, "failed"),
    ],
)
def test_a_denial_is_an_answer_and_a_call_without_one_failed(attributes: dict, expected: str) -> None:
    assert outcome(span("shop/1", kind="client", peer__service="bank", **attributes)) == expected


def test_a_message_that_could_not_be_sent_or_processed_failed() -> None:
    assert outcome(send("shop/1", error=True)) == "failed"
    assert outcome(process("stock/1", error=True)) == "failed"


def test_the_status_of_an_answer_is_kept() -> None:
    assert mapped(span("shop/1", kind="client", peer__service="bank", http__status_code=201)).hops[0].status == "201"


@pytest.mark.parametrize("route", ["/health", "/healthz", "/ready", "/livez", "/metrics", "/actuator/health/db"])
def test_a_trace_that_begins_with_a_health_check_is_left_out(route: str) -> None:
    probe = span("shop/1", kind="server", http__route=route, **GET)
    behind = span("shop/2", "1", "client", db__system="postgresql", db__name="items")

    found = mapped(probe, behind, span("stock/1@t2", kind="client", peer__service="bank"), caller="customer")

    assert arrows(found) == ["stock → bank []"]
    assert "left out: health checks (1)" in found.summary[0]


def test_a_route_that_only_begins_like_a_health_check_is_none() -> None:
    assert arrows(mapped(span("shop/1", kind="server", http__route="/healthcare", **GET), caller="customer"))


def test_a_health_check_within_other_work_is_an_arrow() -> None:
    spans = [span("shop/1", kind="client"), span("stock/2", "1", "server", http__route="/health", **GET)]

    assert arrows(mapped(*spans)) == []
    assert arrows(mapped(*spans, span("shop/3", "1"))) == ["shop → stock [HTTP]"]


def test_a_grpc_health_check_by_a_client_that_does_nothing_else_is_left_out() -> None:
    rpc = {"rpc__system": "grpc", "rpc__service": "grpc.health.v1.Health", "rpc__method": "Check"}

    assert arrows(mapped(span("shop/1", kind="client", **rpc), span("stock/2", "1", "server", **rpc))) == []


def test_ignored_names_of_the_map_have_no_arrows() -> None:
    ignore = Ignored(
        services=("otel-*",), peers=("flags", "*.telemetry.internal"), routes=("GET /version",), topics=("*-changelog",)
    )
    spans = [
        span("shop/1", kind="server"),
        span("shop/2", "1", "client", peer__service="flags"),
        span("shop/3", "1", "client", server__address="push.telemetry.internal"),
        span("shop/4", "1", "client"),
        span("stock/5", "4", "server", http__route="/version", **GET),
        send("shop/6", "1", **{"messaging.destination.name": "counts-changelog"}),
        process("stock/7", "6", **{"messaging.destination.name": "counts-changelog"}),
        span("otel-collector/8", kind="client", peer__service="backend"),
        span("stock/9", "7", "client", peer__service="bank"),
    ]

    assert arrows(mapped(*spans, ignore=ignore)) == ["stock → bank []"]


def test_database_calls_are_judged_only_where_the_view_draws_a_database() -> None:
    spans = [span("shop/1", kind="client", db__system="postgresql", db__name="other"), send("shop/2")]

    without = mapped(*spans, drawing=view("shop kafka orders"))
    with_one = mapped(*spans, drawing=view("shop kafka orders", "shop shop_db SQL", databases="shop_db"))

    assert arrows(without) == ["shop → kafka [orders]"]
    assert "database calls, which the view does not draw (1)" in without.summary[0]
    assert arrows(with_one) == ["shop → kafka [orders]", "shop → shop_db [SQL]"]


def test_a_cycle_of_parents_is_cut_and_counted() -> None:
    spans = [span("a/1", "3"), span("b/2", "1"), span("c/3", "2"), span("d/4", "3"), span("e/5", "5")]

    found = mapped(*spans)

    assert len(found.hops) == 3
    assert "cycles of parents, which were cut: 1" in found.summary


def test_missing_parents_are_counted_in_the_summary() -> None:
    found = mapped(span("shop/1", "8"), span("shop/2", "9"), span("shop/3", "9"))

    assert found.summary[0] == "1 file: 1 trace, 3 spans, 1 service; 0 hops; 2 parents missing"


def test_control_characters_of_traces_reach_no_hop() -> None:
    evil = "bank\x1b[2J\u202e<script>"

    hop = mapped(span("shop/1", kind="client", peer__service=evil, http__route="/\x1b[31m", **GET)).hops[0]

    text = f"{hop.sender} {hop.to} {hop.message} {hop.technology} {hop.id}"
    assert text.isprintable()


def test_equal_ids_of_several_spans_give_hops_with_ids_of_their_own() -> None:
    found = mapped(*[span("shop/1", kind="client", peer__service="bank", at=at) for at in (1, 1, 2)])

    assert len({hop.id for hop in found.hops}) == 3


@pytest.mark.parametrize("time", [0, -(2**80), 2**80])
def test_times_that_cannot_be_are_no_error(time: int) -> None:
    each = span("shop/1", kind="client", peer__service="bank")
    each.start = time

    assert len(mapped(each).hops) == 1
