"""AsyncAPI: Kafka arrows of views are compared with the channels and operations of documents, in JSON or YAML."""

import json
from pathlib import Path
from typing import Any

import pytest

from checkout.c4.findings import DiagramError, Finding
from checkout.c4.notations.asyncapi import parse_asyncapi, read_asyncapi
from checkout.c4.notations.asyncapi_views import compare_with_asyncapi
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.drawings import read_drawing
from checkout.c4.source.files import DiagramSource, lines_of
from checkout.c4.source.preprocessing import BOX, FIELD, INDEX, MARK, RECORD

BOXES = [("queue", "kafka", "Broker"), ("rectangle", "shop", "Shop"), ("rectangle", "mail", "Mail")]


def view(*arrows: str, step: str = "", broker: str = "Apache Kafka") -> Drawing:
    """A view whose arrows are "from to technology", on the lines from 4."""
    boxes = [BOX + FIELD.join([*box, broker if box[1] == "kafka" else "", ""]) for box in BOXES]
    ends = [arrow.split(" ", 2) for arrow in arrows]
    rels = [RECORD + FIELD.join([each[0], "->", each[1], f"{step}{INDEX}x", each[2], ""]) for each in ends]
    lines = tuple(lines_of("\n".join([*boxes, *rels]), Path("view.puml")))
    text = "\n".join(f"{MARK}{at}{FIELD}\n{line.text}" for at, line in enumerate(lines))
    return read_drawing(DiagramSource(Path("view.puml"), "view", "uml", lines), text)


def document(**more: Any) -> dict[str, Any]:
    operations = {
        "sendOrders": {"action": "send", "channel": {"$ref": "#/channels/orders"}, "x-service": "shop"},
        "getOrders": {"action": "receive", "channel": {"$ref": "#/channels/orders"}, "x-service": "mail"},
    }
    channels = {"orders": {"address": "orders.new"}, "places": {"address": "places.{country}.changed"}}
    return {"asyncapi": "3.0.0", "info": {}, "channels": channels, "operations": operations} | more


def compare(*views: Drawing, **more: Any) -> list[Finding]:
    return compare_with_asyncapi(views, parse_asyncapi(document(**more), Path("events.json")))


DRAWN = ("shop kafka orders.new", "kafka mail orders.new, places.de.changed", "shop mail HTTP")


def test_view_with_the_channels_of_the_document_has_no_finding() -> None:
    assert [each.rule for each in compare(view(*DRAWN))] == ["asyncapi-operation"]
    receiving = {"action": "receive", "channel": {"$ref": "#/channels/places"}, "x-service": "mail"}
    assert compare(view(*DRAWN), operations=document()["operations"] | {"getPlaces": receiving}) == []


@pytest.mark.parametrize(
    ("arrow", "rule", "message", "fix"),
    [
        ("shop kafka orders.now", "asyncapi-channel", "has no channel orders.now", "write orders.new"),
        ("kafka shop orders.new", "asyncapi-operation", "no operation that receives from orders.new", "correct"),
    ],
)
def test_difference_is_an_error_at_the_arrow(arrow: str, rule: str, message: str, fix: str) -> None:
    [found] = compare(view(arrow, step="1"))

    assert (found.rule, found.line, found.severity) == (rule, 4, "error")
    assert message in found.message
    assert fix in found.fix


def test_what_no_container_view_draws_is_missing_at_its_line_of_the_document(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(document(), indent=1))

    found = compare_with_asyncapi([view("shop kafka orders.new")], read_asyncapi(str(file)))

    assert [each.rule for each in found] == ["asyncapi-missing", "asyncapi-missing"]
    lines = file.read_text().split("\n")
    assert [lines[each.line - 1].strip() for each in found] == ['"getOrders": {', '"places": {']


def test_dynamic_view_alone_need_not_draw_everything_and_a_broker_is_no_topic() -> None:
    assert compare(view("shop kafka orders.new", step="1")) == []
    assert compare(view("shop kafka Apache Kafka")) == []


def test_other_brokers_and_other_protocols_are_not_compared() -> None:
    assert compare(view("shop kafka x", broker="RabbitMQ")) == []
    servers = {"rabbit": {"protocol": "amqp"}, "cluster": {"protocol": "kafka-secure"}}
    channels = {"a": {"address": "a", "servers": [{"$ref": "#/servers/rabbit"}]}, "b": {"address": "b"}}
    parsed = parse_asyncapi(document(servers=servers, channels=channels, operations={}), Path("x.json"))
    assert list(parsed.channels) == ["b"]


def test_document_of_one_application_is_compared_with_its_element(tmp_path: Path) -> None:
    operations = {"got": {"action": "receive", "channel": {"$ref": "#/channels/orders"}}}
    file = tmp_path / "events.json"
    file.write_text(json.dumps(document(operations=operations)))

    found = compare_with_asyncapi([view("mail kafka orders.new", step="1")], read_asyncapi(f"mail={file}"))

    assert [each.rule for each in found] == ["asyncapi-operation"]
    assert compare_with_asyncapi([view("mail kafka orders.new", step="1")], read_asyncapi(str(file))) == []


def test_yaml_is_read_with_lines_and_references_to_components(tmp_path: Path) -> None:
    file = tmp_path / "events.yaml"
    file.write_text(
        "asyncapi: 3.0.0\nchannels:\n  one:\n    $ref: '#/components/channels/one'\n"
        "components:\n  channels:\n    one:\n      address: orders.new\n"
    )

    assert {address: line.number for address, line in read_asyncapi(str(file)).channels.items()} == {"orders.new": 8}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "not JSON"),
        ("a.yaml", "a: [", "not YAML"),
        ("a.yaml", "- a", "not a mapping"),
        ("a.yaml", "a: &a\n  b: *a", "not YAML"),
        ("a.yml", "asyncapi: 2.6.0", "convert it to AsyncAPI 3"),
        ("a.json", "{}", "its version of AsyncAPI is missing"),
        ("a.json", '{"asyncapi": "3.0.0", "channels": {"a": {"$ref": "b.json#/a"}}}', "is in another file"),
        ("a.json", '{"asyncapi": "3.0.0", "channels": {"a": {"$ref": "#/channels/a"}}}', "form a loop"),
    ],
)
def test_what_is_no_document_is_an_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(DiagramError, match=message):
        read_asyncapi(str(tmp_path / name))
