"""Structurizr DSL: reads the model and the dynamic views of a workspace in the Structurizr DSL."""

import re
from collections.abc import Iterator
from pathlib import Path

from checkout.c4.findings import DiagramError
from checkout.c4.notations.dsl_model import DslModel, DslRelation, unreadable
from checkout.c4.notations.dsl_statements import DslStatement, read_statements
from checkout.c4.notations.workspace import DynamicView, ViewArrow, as_diagram, refuse_file
from checkout.c4.source.files import DiagramSource, SourceLine

ORDER = re.compile(r"[\w.-]+:")
OTHER_VIEWS = frozenset(
    re.findall(
        r"\S+",
        "systemlandscape systemcontext container component filtered deployment custom image theme themes branding "
        "terminology properties !const !constant !var",
    )
)
OF_VIEW = frozenset(("autolayout", "default", "properties", "animation"))
OF_WORKSPACE = frozenset(
    re.findall(
        r"\S+",
        "name description properties configuration !docs !adrs !decisions !const !constant !var "
        "!impliedrelationships",
    )
)


def read_workspace(file: Path) -> list[DiagramSource]:
    """One diagram for each dynamic view. Raises DiagramError for a file without one, or for what is not read."""
    workspace = next((each for each in read_statements(file) if each.keyword == "workspace"), None)
    if workspace is None:
        raise refuse_file(SourceLine("", file, 1), "this file has no workspace")
    if "extends" in (word.lower() for word in workspace.words[1:2]):
        raise unreadable(DslStatement(["extends"], workspace.line))
    model, views = DslModel(), list[DynamicView]()
    for statement in workspace.block or ():
        if statement.keyword == "!identifiers":
            model.hierarchical = statement.words[1:] == ["hierarchical"]
        elif statement.keyword == "model":
            model.read(statement)
        elif statement.keyword == "views":
            views += _read_views(statement, model)
        elif statement.keyword not in OF_WORKSPACE:
            raise unreadable(statement)
    if not views:
        raise refuse_file(workspace.line, "this workspace has no dynamic view")
    return [as_diagram(file, view) for view in views]


def _read_views(block: DslStatement, model: DslModel) -> Iterator[DynamicView]:
    count = 0
    for statement in sorted(block.block or (), key=lambda each: each.keyword != "styles"):
        if statement.keyword == "styles":
            model.set_shapes(statement)
        elif statement.keyword == "dynamic":
            count += 1
            yield _read_view(statement, model, count)
        elif statement.keyword not in OTHER_VIEWS:
            raise unreadable(statement)


def _read_view(view: DslStatement, model: DslModel, count: int) -> DynamicView:
    key, description, *_ = [*view.words[2:], "", ""]
    key = key or f"dynamic-{count}"
    titles = [each.words[1] for each in view.block or () if each.keyword == "title" and len(each.words) > 1]
    arrows = list(_read_arrows(view, model))
    return DynamicView(key, next(iter(titles), description or key), view.line, arrows)


def _read_arrows(view: DslStatement, model: DslModel) -> Iterator[ViewArrow]:
    step, uncertain = 0, False
    for statement in view.block or ():
        branches = _branches(statement) if not statement.words else []
        for branch in branches:
            yield from (_read_arrow(each, model, step + at) for at, each in enumerate(branch.block or (), 1))
        if branches and branches != [statement]:  # arrows after branches in a block of their own follow all of them
            lengths = {len(branch.block or ()) for branch in branches}
            step, uncertain = step + max(lengths), len(lengths) > 1
        elif _is_arrow(statement, model):
            if uncertain:
                raise _unknown_number(statement)
            step += 1
            yield _read_arrow(statement, model, step)
        elif statement.words and statement.keyword not in (*OF_VIEW, "title", "description"):
            raise unreadable(statement)


def _branches(parallel: DslStatement) -> list[DslStatement]:
    """The branches of a block: blocks in it, or the block itself. Numbers start again with each of them."""
    nested = [branch for branch in parallel.block or () if not branch.words]
    if not nested:
        return [parallel]
    inner = [each for branch in nested for each in branch.block or ()]
    if len(nested) != len(parallel.block or ()) or not all(each.words for each in inner):
        raise _unknown_number(parallel)
    return nested


def _unknown_number(statement: DslStatement) -> DiagramError:
    message = "the number of an arrow behind or in parallel branches is not known"
    return statement.line.error("unreadable", message, "number the arrows of this view: 1: a -> b")


def _is_arrow(statement: DslStatement, model: DslModel) -> bool:
    return "->" in statement.words[:3] or bool(ORDER.fullmatch(statement.keyword)) or statement.keyword in model.named


def _read_arrow(statement: DslStatement, model: DslModel, step: int) -> ViewArrow:
    words, order = statement.words, str(step)
    if ORDER.fullmatch(words[0]):
        order, words = words[0].removesuffix(":"), words[1:]
    source, target, relations, texts = _ends(words, statement, model)
    if not relations:
        message = "the model has no relationship between these two elements"
        raise statement.line.error("unreadable", message, "draw it in the model")
    description, technology, *_ = [*texts, "", ""]
    relations = [each for each in relations if each.description == description] or relations
    technology = technology or _technology(statement, relations)
    ends = model.elements[source], model.elements[target]
    return ViewArrow(order, *ends, description or relations[0].description, technology, statement.line)


def _ends(words: list[str], statement: DslStatement, model: DslModel) -> tuple[str, str, list[DslRelation], list[str]]:
    """The two ends of an arrow, the relationships it may show (of a response that of its request), and its texts."""
    named = model.named.get(words[0].lower()) if words and "->" not in words[:2] else None
    if named:
        return named.source, named.target, [named], words[1:]
    if words[1:2] != ["->"] or len(words) < 3:
        raise unreadable(statement)
    source, target = (model.resolve(words[at], statement) for at in (0, 2))
    return source, target, model.between(source, target) or model.between(target, source), words[3:]


def _technology(statement: DslStatement, relations: list[DslRelation]) -> str:
    technologies = {each.technology for each in relations}
    if len(technologies) > 1:
        message = f"the model has several technologies for this arrow: {', '.join(sorted(technologies))}"
        raise statement.line.error("unreadable", message, "write the technology behind the description")
    return technologies.pop()
