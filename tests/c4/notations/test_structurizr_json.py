"""Structurizr JSON: each dynamic view of a workspace is a diagram with aliases, steps, technologies and lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from checkout.c4.findings import DiagramError
from checkout.c4.notations.structurizr_json import read_workspace
from checkout.c4.render.renderer import Renderer


def workspace(*shown: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A bank with a web application, a ledger in a database, and a queue."""
    containers = [
        {"id": "3", "name": "Web Application", "technology": "Java", "tags": "Element,Container", "relationships": [
            relation("11", "3", "4", "stores in", "SQL"), relation("12", "3", "5", "publishes", "paid")]},
        {"id": "4", "name": "Ledger", "tags": "Element,Container,Database",
         "properties": {"structurizr.dsl.identifier": "bank.ledger"}},
        {"id": "5", "name": "Events", "tags": "Element,Container,Queue"},
    ]  # fmt: skip
    people = [{"id": "1", "name": "Customer", "relationships": [relation("10", "1", "3", "pays in", "HTTPS")]}]
    styles = [{"tag": "Database", "shape": "Cylinder"}, {"tag": "Queue", "shape": "Pipe"}]
    views = [{"key": "Pay", "description": "A payment", "elementId": "2", "relationships": list(shown)}]
    system = {"id": "2", "name": "Bank", "containers": containers}
    return {
        "name": "Bank", "model": {"people": people, "softwareSystems": [system]},
        "views": {"dynamicViews": views, "configuration": {"styles": {"elements": styles}}},
    } | more  # fmt: skip


def relation(id: str, source: str, target: str, description: str, technology: str) -> dict[str, Any]:
    return {
        "id": id, "sourceId": source, "destinationId": target, "description": description, "technology": technology,
    }  # fmt: skip


def people(target: str) -> dict[str, Any]:
    """A model of two people, where the relationship of the first one has this target."""
    one = {"id": "1", "name": "A b", "relationships": [relation("10", "1", target, "", "")]}
    return {"people": [one, {"id": "2", "name": "A  B"}]}


SHOWN = (
    {"id": "10", "order": "1", "description": "sends the payment to"},
    {"id": "11", "order": "2"},
    {"id": "12", "order": "2", "response": False},
    {"id": "10", "order": "3", "description": "confirms", "response": True},
)


def written(folder: Path, content: object, indent: int | None = 1) -> Path:
    file = folder / "workspace.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=indent))
    return file


@pytest.mark.slow
def test_dynamic_view_has_the_arrows_of_its_relationships(tmp_path: Path, renderer: Renderer) -> None:
    file = written(tmp_path, workspace(*SHOWN))

    [diagram] = read_workspace(file)
    drawing = renderer.render(diagram).checked().drawing

    assert (drawing.name, drawing.title) == ("Pay", "A payment")
    assert [(str(arrow), arrow.label) for arrow in drawing.arrows] == [
        ("1 customer → web_application [HTTPS]", "sends the payment to"),
        ("2 web_application → bank.ledger [SQL]", "stores in"),
        ("2 web_application → events [paid]", "publishes"), ("3 web_application → customer [HTTPS]", "confirms"),
    ]  # fmt: skip
    lines = file.read_text().split("\n")
    assert ['"order": "2"' in lines[arrow.line.number + 1] for arrow in drawing.arrows] == [False, True, True, False]
    assert {alias: each.shape for alias, each in drawing.aliases.items()} == {
        "customer": "person", "web_application": "rectangle", "bank.ledger": "database", "events": "queue",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ({"model": {}}, "no dynamic view"),
        (workspace({"id": "99", "order": "1"}), "the model has no relationship 99"),
        (workspace(SHOWN[0], model=people("9")), "component 9"),
        (workspace(SHOWN[0], model=people("2")), "same alias, a_b"),
    ],
)  # fmt: skip
def test_what_is_no_workspace_is_an_error_with_its_place(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(DiagramError, match=message):
        read_workspace(written(tmp_path, content))


@pytest.mark.slow
def test_text_of_a_workspace_is_data_for_plantuml(tmp_path: Path, renderer: Renderer) -> None:
    hostile = 'x", "y")\n!include /etc/passwd\nRel(a, b, "$index %date() \\'
    view = {"id": "10", "order": "1", "description": hostile}

    [diagram] = read_workspace(written(tmp_path, workspace(view)))
    [arrow] = renderer.render(diagram).checked().drawing.arrows

    assert arrow.label == 'x″, ″y″) !include /etc/passwd Rel (a, b, ″$ index % date ()'
    assert arrow.technology == "HTTPS"


@pytest.mark.parametrize("technology", ["$stage", "%date()", "Rel(a, b)", 'a "b"'])
def test_technology_that_plantuml_would_change_is_an_error(tmp_path: Path, technology: str) -> None:
    shown = {"id": "10", "order": "1", "technology": technology}

    with pytest.raises(DiagramError, match="PlantUML would replace"):
        read_workspace(written(tmp_path, workspace(shown)))
