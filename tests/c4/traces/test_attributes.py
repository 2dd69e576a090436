"""Attributes: each meaning under its current name and under older ones; the current name wins."""

from typing import Any

import pytest

from checkout.c4.traces import attributes as of
from checkout.c4.traces import names
from checkout.c4.traces.span import Kind, Span


def span(kind: Kind = Kind.INTERNAL, name: str = "", **fields: Any) -> Span:
    return Span(trace="t", id="1", kind=kind, name=name, attributes=fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"messaging.destination.name": "new", "messaging.destination": "old"}, "new"),
        ({"messaging.destination.name": "reply.7", "messaging.destination.template": "reply.{id}"}, "reply.{id}"),
        ({"messaging.destination": "old"}, "old"), ({"message_bus.destination": "old"}, "old"),
        ({"kafka.topic": "old"}, "old"),
        ({"messaging.destination.name": "", "messaging.rabbitmq.destination.routing_key": "jobs"}, "jobs"),
        ({"messaging.destination": "", "messaging.rabbitmq.routing_key": "jobs"}, "jobs"),
        ({"rabbit.exchange": "", "rabbit.queue": "jobs"}, "jobs"),
        ({}, ""),
    ],
)  # fmt: skip
def test_topics(fields: dict[str, Any], expected: str) -> None:
    assert of.topic(span(**fields)) == expected


@pytest.mark.parametrize(
    ("kind", "name", "fields", "topic", "operation"),
    [
        (Kind.PRODUCER, "orders send", {}, "orders", "send"),
        (Kind.CONSUMER, "orders process", {}, "orders", "process"),
        (Kind.CONSUMER, "orders receive", {}, "orders", "receive"), (Kind.PRODUCER, "To_orders", {}, "orders", "send"),
        (Kind.CONSUMER, "From_orders", {}, "orders", "process"), (Kind.CLIENT, "poll", {}, "", ""),
        (Kind.CLIENT, "poll orders", {"messaging.system": "kafka"}, "", "receive"),
        (Kind.SERVER, "bulk send", {}, "", ""),
    ],
)  # fmt: skip
def test_names_of_messaging_spans(kind: Kind, name: str, fields: dict[str, Any], topic: str, operation: str) -> None:
    found = span(kind, name, **fields)

    assert (of.topic(found), of.operation(found)) == (topic, operation)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"messaging.operation.type": "send", "messaging.operation.name": "publish"}, "send"),
        ({"messaging.operation": "publish"}, "send"), ({"messaging.operation": "deliver"}, "process"),
        ({"messaging.operation.name": "poll"}, "receive"), ({"messaging.operation.name": "commit"}, "settle"),
        ({"messaging.operation.type": "create"}, "create"), ({"messaging.operation.type": "unheard"}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_operations(fields: dict[str, Any], expected: str) -> None:
    assert of.operation(span(**fields)) == expected


@pytest.mark.parametrize("name", ["messaging.destination.partition.id", "messaging.kafka.partition", "partition"])
@pytest.mark.parametrize("written", [3, "3"])
def test_numbers_may_be_text(name: str, written: int | str) -> None:
    assert of.partition(span(**{name: written})) == 3


@pytest.mark.parametrize("written", ["", "many", "-", "²", True, None, "9" * 5_000, [3]])
def test_what_is_no_number_is_none(written: Any) -> None:
    assert of.offset(span(offset=written)) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"service.peer.name": "a", "peer.service": "b", "server.address": "c"}, ["a", "b", "c"]),
        ({"server.address": "orders.prod.svc:8080"}, ["orders.prod.svc"]),
        ({"url.full": "http://user:word@orders:8080/x"}, ["orders"]), ({"http.host": "orders:80"}, ["orders"]),
        ({"net.peer.name": "db", "db.namespace": "shop", "db.system.name": "postgresql"}, ["db", "shop", "postgresql"]),
        ({"server.address": "10.0.0.1", "net.peer.ip": "::1", "url.full": "http://[::1]:80/x"}, []),
        ({"server.address": "localhost"}, []), ({"url.full": "http://[broken/x"}, []), ({}, []),
    ],
)  # fmt: skip
def test_peers_in_their_order(fields: dict[str, Any], expected: list[str]) -> None:
    assert of.peers(span(Kind.CLIENT, **fields)) == expected


def test_the_address_of_a_server_span_is_its_own() -> None:
    server = span(Kind.SERVER, **{"server.address": "orders", "peer.service": "web"})

    assert of.peers(server) == []
    assert of.caller(server) == "web"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rpc.system.name": "grpc", "rpc.method": "shop.Orders/Place"}, "shop.Orders/Place"),
        ({"rpc.system": "grpc", "rpc.service": "shop.Orders", "rpc.method": "Place"}, "shop.Orders/Place"),
        ({"component": "gRPC"}, "shop.Orders/Named"), ({}, ""),
    ],
)  # fmt: skip
def test_remote_methods(fields: dict[str, Any], expected: str) -> None:
    assert of.rpc_method(span(name="/shop.Orders/Named", **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"http.route": "/orders/{id}", "url.path": "/orders/7"}, "/orders/{id}"),
        ({"url.path": "/orders/7"}, "/orders/7"),
        ({"http.url": "http://shop/orders/7"}, "/orders/7"), ({"http.target": "/orders"}, "/orders"), ({}, ""),
    ],
)  # fmt: skip
def test_routes(fields: dict[str, Any], expected: str) -> None:
    assert of.route(span(**fields)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"service.instance.id": "i", "host.name": "h", "process.pid": 7}, "i"),
        ({"host.name": "h", "process.pid": 7}, "h/7"), ({"hostname": "h"}, "h"), ({"process.pid": 7}, ""),
        ({"host.ip": "127.0.0.1"}, ""), ({"host.ip": ["10.0.0.1"]}, "10.0.0.1"), ({}, ""),
    ],
)  # fmt: skip
def test_replicas_share_a_clock(fields: dict[str, Any], expected: str) -> None:
    assert of.replica(span(**fields)) == expected


def test_a_messaging_system_is_named_or_guessed() -> None:
    assert of.system(span(**{"messaging.system": "Kafka"})) == "kafka"
    assert of.system(span(**{"kafka.topic": "orders"})) == "kafka"
    assert of.system(span(Kind.PRODUCER, **{"peer.service": "kafka"})) == "kafka"
    assert of.system(span(Kind.CLIENT, **{"peer.service": "kafka"})) == ""
    assert of.brokers(span(Kind.PRODUCER, **{"messaging.url": "amqp://u:p@rabbit:5672"})) == ["rabbit"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("http://bob:pw@shop/redirect/http://b/x", "http://shop/redirect/http://b/x"),
        ("http://shop/to/http://bob:pw@b/x?card=1", "http://shop/to/http://b/x"),
        ("bob:pw@shop:80/x", "shop:80/x"),
        ("http://shop/mail/a@b", "http://shop/mail/a@b"),
    ],
)
def test_addresses_have_no_credentials(written: str, kept: str) -> None:
    assert names.without_secrets("url.full", written) == kept
