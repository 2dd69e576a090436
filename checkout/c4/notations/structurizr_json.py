"""Structurizr JSON: reads the dynamic views of a workspace in Structurizr's JSON format."""

from collections.abc import Iterator
from pathlib import Path

from checkout.c4.notations.located_json import LocatedDict, read_json
from checkout.c4.notations.workspace import (
    DynamicView,
    ViewArrow,
    WorkspaceElement,
    alias_of,
    as_diagram,
    refuse_file,
)
from checkout.c4.source.files import DiagramSource, SourceLine

IDENTIFIER = "structurizr.dsl.identifier"  # the property in which the DSL keeps the identifier of an element
CHILDREN = (("containers", "container"), ("components", "component"))


def read_workspace(file: Path) -> list[DiagramSource]:
    """One diagram for each dynamic view. Raises DiagramError for a file without one."""
    workspace = read_json(file)
    model, views = workspace.object("model"), workspace.object("views")
    dynamic = views.objects("dynamicViews")
    if not dynamic:
        raise refuse_file(workspace.line, "this file has no dynamic view (views.dynamicViews)")
    shapes = {style.text("tag"): style.text("shape") for style in _styles(views)}
    elements = dict(_elements(model, shapes))
    relations = {relation.text("id"): relation for relation in _relations(model)}
    return [as_diagram(file, _view(view, elements, relations)) for view in dynamic]


def _styles(views: LocatedDict) -> list[LocatedDict]:
    return views.object("configuration").object("styles").objects("elements")


def _elements(model: LocatedDict, shapes: dict[str, str]) -> Iterator[tuple[str, WorkspaceElement]]:
    roots = (("people", "person"), ("softwareSystems", "system"), ("customElements", "system"))
    pending = [(each, kind) for name, kind in roots for each in model.objects(name)]
    while pending:
        found, kind = pending.pop()
        alias = alias_of(found.object("properties").text(IDENTIFIER), found.text("name"))
        tags = [tag.strip() for tag in found.text("tags").split(",")]
        shape = next((shapes[tag] for tag in reversed(tags) if shapes.get(tag)), "")
        yield (
            found.text("id"),
            WorkspaceElement(alias, found.text("name"), kind, found.text("technology"), shape, found.line),
        )
        pending += [(child, below) for name, below in CHILDREN for child in found.objects(name)]


def _relations(model: LocatedDict) -> Iterator[LocatedDict]:
    pending = [model]
    while pending:
        found = pending.pop()
        yield from found.objects("relationships")
        names = ("people", "softwareSystems", "customElements", "containers", "components")
        pending += [child for name in names for child in found.objects(name)]


def _view(view: LocatedDict, elements: dict[str, WorkspaceElement], relations: dict[str, LocatedDict]) -> DynamicView:
    key = view.text("key") or f"dynamic-{view.line.number}"
    arrows = [_arrow(each, elements, relations) for each in view.objects("relationships")]
    return DynamicView(key, view.text("title") or view.text("description") or key, view.line, arrows)


def _arrow(
    shown: LocatedDict, elements: dict[str, WorkspaceElement], relations: dict[str, LocatedDict]
) -> ViewArrow:
    id = shown.text("id")
    relation = relations.get(id)
    if relation is None:
        raise _unknown(shown.line, f"relationship {id}")
    ends = [relation.text("sourceId"), relation.text("destinationId")]
    missing = next((end for end in ends if end not in elements), None)
    if missing is not None:
        raise _unknown(relation.line, f"person, software system, container or component {missing}")
    source, target = (elements[end] for end in (reversed(ends) if shown.get("response") is True else ends))
    description = shown.text("description") or relation.text("description")
    technology = shown.text("technology") or relation.text("technology")
    return ViewArrow(shown.text("order"), source, target, description, technology, shown.line)


def _unknown(line: SourceLine, what: str) -> Exception:
    return line.error("unreadable", f"the model has no {what}", "export the workspace again")
