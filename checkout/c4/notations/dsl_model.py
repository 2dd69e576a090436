"""DSL model: the elements and relationships in the model of a Structurizr DSL file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from checkout.c4.findings import DiagramError
from checkout.c4.notations.dsl_statements import REMEDY, DslStatement
from checkout.c4.notations.workspace import WorkspaceElement, alias_of

KINDS = {
    "person": "person", "softwaresystem": "system", "element": "system", "container": "container",
    "component": "component",
}  # fmt: skip
# What says nothing about the arrows of a dynamic view.
IGNORED = frozenset(
    re.findall(
        r"\S+",
        "description tag tags url properties perspectives !docs !adrs !decisions !impliedrelationships "
        "!const !constant !var deploymentenvironment",
    )
)


def unreadable(statement: DslStatement) -> DiagramError:
    """The error that a construct is outside of what is read."""
    what = statement.words[0] if statement.words else "{"
    return statement.line.error("unreadable", f"{what} of the Structurizr DSL is not read here", REMEDY, what)


@dataclass(frozen=True)
class DslRelation:
    """A relationship of the model between two elements, named by the paths of their identifiers."""

    source: str
    target: str
    description: str
    technology: str


@dataclass
class DslModel:
    """Elements by path: their identifier, in hierarchical mode with those of their parents, or a number."""

    hierarchical: bool = False
    elements: dict[str, WorkspaceElement] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    relations: list[DslRelation] = field(default_factory=list)
    named: dict[str, DslRelation] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=dict)
    _pending: list[tuple[DslStatement, str, str]] = field(default_factory=list)

    def read(self, block: DslStatement) -> None:
        """Reads the block of the model. Raises DiagramError for a construct that is not read."""
        self._read_block(block, "")
        for statement, name, inside in self._pending:  # a relationship may precede the elements that it names
            self._read_relation(statement, name, inside)

    def resolve(self, identifier: str, statement: DslStatement, inside: str = "") -> str:
        """The path of an element. Raises DiagramError if there is none."""
        if identifier.lower() == "this" and inside:
            return inside
        scope = inside
        while True:
            path = f"{scope}.{identifier}".strip(".").lower() if self.hierarchical else identifier.lower()
            if path in self.elements:
                return path
            if not scope or not self.hierarchical:
                break
            scope = self.parents.get(scope, "")
        message = f"no element is called {identifier}"
        raise statement.line.error("unreadable", message, "declare it in the model", identifier)

    def _read_block(self, block: DslStatement, inside: str) -> None:
        for statement in block.block or ():
            self._read_statement(statement, inside)

    def _read_statement(self, statement: DslStatement, inside: str) -> None:
        words = statement.words
        name = words[0] if words[1:2] == ["="] else ""
        words = words[2:] if name else words
        keyword = words[0].lower() if words else ""
        if "->" in words[:2]:
            self._pending.append((DslStatement(words, statement.line), name, inside))
        elif keyword in KINDS:
            self._read_element(DslStatement(words, statement.line, statement.block), name, keyword, inside)
        elif keyword in ("group", "enterprise"):
            self._read_block(statement, inside)
        elif keyword == "!identifiers":
            self.hierarchical = words[1:] == ["hierarchical"]
        elif keyword not in (*IGNORED, "technology"):
            raise unreadable(statement)

    def _read_element(self, statement: DslStatement, name: str, keyword: str, inside: str) -> None:
        words = statement.words
        label, *more = words[1:] or [""]
        path = f"{inside}.{name}".strip(".").lower() if self.hierarchical else name.lower()
        path = path if name else f"{inside}.{len(self.elements)}"
        # A component and a container: name, description, technology, tags; others: name, description, tags.
        texts = more[1:] if keyword in ("container", "component") else ["", *more[1:]]
        technology, tags, *_ = [*texts, "", ""]
        for each in statement.block or ():
            technology = each.words[1] if each.keyword == "technology" and len(each.words) > 1 else technology
            tags += "".join(f",{word}" for word in each.words[1:]) if each.keyword in ("tag", "tags") else ""
        if path in self.elements:
            message = f"{name} is declared a second time"
            raise statement.line.error("duplicate-alias", message, "remove one of the two", name)
        alias = alias_of(path if name else "", label)
        self.elements[path] = WorkspaceElement(alias, label, KINDS[keyword], technology, "", statement.line)
        self.parents[path] = inside
        self.tags[path] = {tag.strip().lower() for tag in tags.split(",")}
        self._read_block(statement, path)

    def _read_relation(self, statement: DslStatement, name: str, inside: str) -> None:
        at = statement.words.index("->")
        source = self.resolve(statement.words[0] if at else "this", statement, inside)
        target, description, technology, *_ = [*statement.words[at + 1 :], "", "", ""]
        relation = DslRelation(source, self.resolve(target, statement, inside), description, technology)
        self.relations.append(relation)
        if name:
            self.named[name.lower()] = relation

    def set_shapes(self, styles: DslStatement) -> None:
        """Gives each element the shape that the styles have for its tags; the last of several."""
        for style in styles.block or ():
            shapes = [each.words[1] for each in style.block or () if each.keyword == "shape" and len(each.words) > 1]
            tag = style.words[1].lower() if style.keyword == "element" and len(style.words) > 1 else None
            for path, tags in self.tags.items() if shapes else ():
                if tag in tags:
                    self.elements[path] = replace(self.elements[path], shape=shapes[-1])

    def between(self, source: str, target: str) -> list[DslRelation]:
        """The relationships from one element to another; without any those that parts of the two imply."""
        direct = [each for each in self.relations if (each.source, each.target) == (source, target)]
        implied = (
            each
            for each in self.relations
            if source in self._and_parents(each.source) and target in self._and_parents(each.target)
        )
        return direct or list(implied)

    def _and_parents(self, path: str) -> Iterator[str]:
        while path:
            yield path
            path = self.parents.get(path, "")
