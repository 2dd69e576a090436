"""Calls in traces: client and server halves, outside systems, nested client spans."""

import pytest
from c4.traces.mapping.written_spans import GET, arrows, chain, mapped, send, span, view

from checkout.c4.traces.naming.trace_map import Ignored


def test_client_and_server_half_are_one_arrow_with_the_attributes_of_both() -> None:
    found = mapped(
        span("shop/1", kind="server"),
        span("shop/2", "1", "client", **GET, url__full="http://stock:80/items/7?token=x"),
        span("stock/3", "2", "server", http__route="/items/{id}"),
    )

    assert arrows(found) == ["shop → stock [HTTP]"]
    assert found.hops[0].message == "GET /items/{id}"


def test_a_parent_of_another_service_is_a_call_even_without_kinds() -> None:
    assert arrows(mapped(span("shop/1"), span("stock/2", "1"))) == ["shop → stock []"]


def test_a_service_that_calls_itself_has_an_arrow_and_a_server_span_below_another_one_has_none() -> None:
    itself = [span("shop/1", kind="client"), span("shop/2", "1", "server", **GET), span("shop/3", "2", "server", **GET)]

    assert arrows(mapped(*itself)) == ["shop → shop [HTTP]"]


def test_two_server_spans_below_one_client_span_are_two_hops() -> None:
    found = mapped(span("shop/1", kind="client"), span("stock/2", "1", "server"), span("stock/3", "1", "server"))

    assert len({hop.id for hop in found.hops}) == 2


def test_a_client_span_below_another_service_is_the_callee_seen_from_outside() -> None:
    found = mapped(span("shop/1", kind="server"), span("mysql/2", "1", "client", peer__service="mysql", db__type="sql"))

    assert arrows(found) == ["shop → mysql [sql]"]


@pytest.mark.parametrize(
    ("attributes", "target"),
    [
        ({"service__peer__name": "bank", "server__address": "10.0.0.1"}, "bank [HTTP]"),
        ({"peer__service": "bank"}, "bank [HTTP]"),
        ({"server__address": "api.bank.example"}, "api_bank_example [HTTP]"),
        ({"http__url": "https://user:pw@bank.example/x"}, "bank_example [HTTP]"),
    ],
)
def test_a_client_span_without_a_server_half_is_a_call_of_its_peer(attributes: dict[str, str], target: str) -> None:
    found = mapped(span("shop/1", kind="client", **GET, **attributes))

    assert arrows(found) == [f"shop → {target}"]


@pytest.mark.parametrize("peer", ["10.0.0.1", "localhost", "::1", "127.0.0.1:80"])
def test_ip_addresses_and_localhost_name_no_system(peer: str) -> None:
    found = mapped(span("shop/1", kind="client", **GET, server__address=peer))

    assert arrows(found) == []
    assert "left out: calls to unnamed systems (1)" in found.summary[0]


def test_of_nested_client_spans_the_inner_one_with_a_peer_counts() -> None:
    sdk = span("shop/1", kind="client", peer__service="s3")

    assert arrows(mapped(sdk, span("shop/2", "1", "client", **GET, server__address="files.example"))) == [
        "shop → files_example [HTTP]"
    ]


def test_name_lookups_and_connections_within_a_call_are_no_calls() -> None:
    call = span("shop/1", kind="client", **GET, server__address="bank.example")
    connect = span("shop/3", "1", "client", net__peer__ip="10.0.0.1")
    inner = [span("shop/2", "1", "client"), connect, span("shop/4", "2")]

    found = mapped(call, *inner)

    assert arrows(found) == ["shop → bank_example [HTTP]"]
    assert "left out" not in found.summary[0]


def test_a_server_span_below_the_outer_of_two_client_spans_makes_no_outsider_of_the_inner_one() -> None:
    found = mapped(
        span("shop/1", kind="client", rpc__system="grpc"),
        span("shop/2", "1", "client", server__address="stock.prod.svc:9090", rpc__system="grpc"),
        span("stock/3", "1", "server", rpc__system="grpc", rpc__service="Stock", rpc__method="Reserve"),
    )

    assert arrows(found) == ["shop → stock [gRPC]"]
    assert found.hops[0].message == "Stock/Reserve"


def test_attempts_below_one_client_span_are_hops_of_their_own() -> None:
    attempts = [
        span(f"shop/{n}", "1", "client", server__address="bank.example", http__status_code=503 if n < 4 else 200, **GET)
        for n in (2, 3, 4)
    ]

    found = mapped(span("shop/1", kind="client"), *attempts)

    assert sorted(hop.outcome for hop in found.hops) == ["applied", "failed", "failed"]


def test_requests_of_messaging_clients_are_no_calls() -> None:
    found = mapped(
        span("shop/1", kind="client", messaging__system="kafka", server__address="broker.example"),
        send("shop/2"),
        span("shop/3", "2", "client", **GET, server__address="sqs.example"),
    )

    assert arrows(found) == ["shop → kafka [orders]"]


def test_a_database_that_only_internal_spans_show_is_guessed() -> None:
    inner = span("shop/2", "1", db__system__name="postgresql", db__namespace="items")

    found = mapped(span("shop/1", kind="server"), inner)

    assert arrows(found) == ["shop → items [postgresql]"]
    assert "calls guessed from internal spans: 1" in found.summary


def test_a_request_without_a_kind_is_a_call_below_a_span_of_its_service_only() -> None:
    request = span("shop/2", "1", server__address="bank.example", **GET)

    assert arrows(mapped(span("shop/1"), request)) == ["shop → bank_example [HTTP]"]
    assert arrows(mapped(span("shop/1", server__address="api.shop.example", **GET))) == []


def test_the_caller_of_the_map_stands_before_root_server_spans() -> None:
    root, continued = span("shop/1", kind="server", **GET), span("shop/2@t2", kind="server", links="1", **GET)

    assert arrows(mapped(root, continued, caller="customer")) == ["customer → shop [HTTP]"]
    assert arrows(mapped(root)) == []
    assert arrows(mapped(span("shop/1", "lost", "server", **GET), caller="customer")) == []


def test_an_ignored_proxy_between_two_services_does_not_separate_them() -> None:
    spans = [span("shop/1", kind="client"), span("envoy/2", "1", "server"), span("envoy/3", "2", "client")]

    found = mapped(*spans, span("stock/4", "3", "server", **GET), ignore=Ignored(services=("envoy",)))

    assert arrows(found) == ["shop → stock [HTTP]"]


def test_services_of_one_element_have_no_arrows_between_them() -> None:
    spans = [span("shop/1", kind="client"), span("sidecar/2", "1", "server"), span("sidecar/3", "2", "client")]

    found = mapped(*spans, span("stock/4", "3", "server", **GET), services={"sidecar": "shop"})

    assert arrows(found) == ["shop → stock [HTTP]"]


def test_what_a_service_calls_is_caused_by_the_call_that_entered_it() -> None:
    found = mapped(
        span("web/1", kind="client"),
        span("shop/2", "1", "server"),
        span("shop/3", "2"),
        span("shop/4", "3", "client"),
        span("stock/5", "4", "server"),
        drawing=view("web shop", "shop stock"),
    )

    assert chain(found) == {"web → shop": "", "shop → stock": "web → shop"}


