"""Workspace: dynamic views of a Structurizr workspace as diagrams, whose lines are those of the workspace's file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checkout.c4.findings import DiagramError
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.preprocessing import REPLACED

MACROS = {"person": "Person", "system": "System", "container": "Container", "component": "Component"}
SHAPES = {"cylinder": "Db", "bucket": "Db", "pipe": "Queue"}  # Structurizr's shapes that C4-PlantUML has, too


@dataclass(frozen=True)
class WorkspaceElement:
    """An element of the model: its alias, name, kind (a key of MACROS), technology, Structurizr's shape, and line."""

    alias: str
    name: str
    kind: str
    technology: str
    shape: str
    line: SourceLine


@dataclass(frozen=True)
class ViewArrow:
    """An arrow of a dynamic view; `order` is its step as Structurizr numbers it."""

    order: str
    source: WorkspaceElement
    target: WorkspaceElement
    description: str
    technology: str
    line: SourceLine


@dataclass(frozen=True)
class DynamicView:
    """A dynamic view, its key and its arrows."""

    key: str
    title: str
    line: SourceLine
    arrows: Sequence[ViewArrow]


def alias_of(identifier: str, name: str) -> str:
    """The alias of an element: its identifier, or without one its name in lower case with underscores."""
    return re.sub(r"[^\w.]", "_", identifier) or re.sub(r"\W+", "_", name).strip("_").lower()


def refuse_file(line: SourceLine, what: str) -> DiagramError:
    """The error that a file is not a workspace, or one without dynamic views."""
    return line.error("no-dynamic-view", what, "name a Structurizr workspace that has a dynamic view")


def as_diagram(file: Path, view: DynamicView) -> DiagramSource:
    """The view in C4-PlantUML. Raises DiagramError for two elements with one alias, or text that it cannot hold."""
    name = re.sub(r"[^\w.-]+", "_", view.key)
    written = list(_write(name, view))
    lines = tuple(SourceLine(text, line.file, line.number, "<C4/" in text) for text, line in written)
    return DiagramSource(file, name, "uml", lines)


def _write(name: str, view: DynamicView) -> Iterator[tuple[str, SourceLine]]:
    elements: dict[str, WorkspaceElement] = {}
    for element in (end for arrow in view.arrows for end in (arrow.source, arrow.target)):
        other = elements.setdefault(element.alias, element)
        if other is not element:
            message = f"{element.name} and {other.name} have the same alias, {element.alias}"
            raise element.line.error("duplicate-alias", message, "give them identifiers", element.name)
    yield f"@startuml {name}", view.line
    yield "set separator none", view.line  # aliases have dots
    yield "!include <C4/C4_Dynamic>", view.line
    yield f"title {_label(view.title)}", view.line
    for element in elements.values():
        yield _element(element), element.line
    for arrow in view.arrows:
        technology = _exact(arrow.technology, arrow.line)
        parts = [arrow.source.alias, arrow.target.alias, _quoted(_label(arrow.description)), _quoted(technology)]
        yield f'Rel({", ".join(parts)}, $index="{_exact(arrow.order, arrow.line)}")', arrow.line
    yield "@enduml", view.line


def _element(element: WorkspaceElement) -> str:
    macro = MACROS[element.kind] + (SHAPES.get(element.shape.lower(), "") if element.kind != "person" else "")
    technology = [_quoted(_label(element.technology))] if element.kind in ("container", "component") else []
    return f"{macro}({', '.join([element.alias, _quoted(_label(element.name)), *technology])})"


def _label(text: str) -> str:
    return REPLACED.sub(r"\g<0> ", _plain(text))


def _exact(text: str, line: SourceLine) -> str:
    plain = _plain(text)
    if REPLACED.search(plain) or '"' in text:
        message = f"PlantUML would replace a part of the technology {plain}"
        raise line.error("unreadable", message, "write it without quotation marks, $, % and parentheses")
    return plain


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x20\x7f␞␟]+", " ", text).replace('"', "″").strip().rstrip("\\")


def _quoted(text: str) -> str:
    return f'"{text}"'
