"""Structurizr DSL: the dynamic views of a workspace; what is outside of the part that is read is an error."""

from pathlib import Path

import pytest

from checkout.c4.findings import DiagramError
from checkout.c4.notations.structurizr_dsl import read_workspace
from checkout.c4.render.renderer import Renderer

MODEL = """
    model {
        !identifiers hierarchical
        customer = person "Customer" "Buys books" "External"
        shop = softwareSystem "Book shop" {
            group "Front" {
                webapp = container "Web application" "Sells" "Java" {
                    tags "Front"
                    -> database "stores orders in"
                }
            }
            database = container "Database" {
                technology "PostgreSQL"
                tags "Store" "Old"
            }
            webapp -> database "reads from" "SQL"
            queue = container "Queue" "" "Kafka" "Store,Pipe"
            webapp -> queue "publishes" "orders.new"
        }
        mail = softwareSystem "Mail"
        buying = customer -> shop.webapp "buys in" "HTTPS"
        shop.queue -> mail "delivers" "orders.new"
    }
"""
STYLES = 'styles {\nelement "Store" {\nshape Cylinder\n}\nelement "Pipe" {\nshape Pipe\n}\n}'


def written(folder: Path, *view: str, model: str = MODEL, more: str = "") -> Path:
    file = folder / "workspace.dsl"
    head = f'/* A shop\n */\nworkspace "Shop" {{\n!const NOUN "books"\n{model}\nviews {{\n{more}\n'
    file.write_text("\n".join([head + 'dynamic shop "Buy" "A purchase" {', *view, "}", "}", "}"]))
    return file


def steps(file: Path) -> list[str]:
    lines = [line.text for diagram in read_workspace(file) for line in diagram.lines]
    return [line.removeprefix("Rel") for line in lines if line.startswith("Rel(")]


@pytest.mark.slow
def test_dynamic_view_is_drawn_with_steps_technologies_and_lines(tmp_path: Path, renderer: Renderer) -> None:
    file = written(
        tmp_path, 'title "Purchase"', 'customer -> shop.webapp "looks for ${NOUN}"', "# a comment",
        'shop.webapp -> shop.queue "publishes the order" {', "url https://example.org", "}",
        'shop.webapp -> customer "confirms"', "autoLayout lr", more=STYLES,
    )  # fmt: skip

    [diagram] = read_workspace(file)
    drawing = renderer.render(diagram).checked().drawing

    assert (drawing.name, drawing.title) == ("Buy", "Purchase")
    assert [f"{arrow}: {arrow.label}" for arrow in drawing.arrows] == [
        "1 customer → shop.webapp [HTTPS]: looks for books",
        "2 shop.webapp → shop.queue [orders.new]: publishes the order",
        "3 shop.webapp → customer [HTTPS]: confirms",
    ]
    source = file.read_text().split("\n")
    assert ["->" in source[arrow.line.number - 1] for arrow in drawing.arrows] == [True] * 3
    assert drawing.aliases["shop.queue"].shape == "queue"


@pytest.mark.parametrize(
    ("view", "numbers"),
    [
        (("buying", "{", "{", "buying", "}", "{", "buying", "}", "}", "buying", "7: buying"), "1 2 2 3 7"),
        (("buying", "{", "{", "buying", "buying", "}", "{", "buying", "}", "}"), "1 2 3 2"),
        (("buying", "{", "buying", "}", "{", "buying", "}"), "1 2 2"),
    ],
)
def test_parallel_branches_start_with_the_same_number(tmp_path: Path, view: tuple[str, ...], numbers: str) -> None:
    found = [text.split('"')[-2] for text in steps(written(tmp_path, *view))]

    assert " ".join(found) == numbers


def test_implied_relationship_of_a_part_gives_the_technology(tmp_path: Path) -> None:
    assert steps(written(tmp_path, 'customer -> shop "buys"')) == ['(customer, shop, "buys", "HTTPS", $index="1")']


def test_relationship_with_an_identifier_is_drawn_by_it(tmp_path: Path) -> None:
    shop = 'softwareSystem "My Shop" {\na -> this "asks" "HTTP"\nb = container "B"\n}'
    model = f'model {{\na = person "A"\n{shop}\na -> b\nasking = b -> a "answers"\n}}'

    assert steps(written(tmp_path, "a -> b", 'asking "again"', model=model)) == [
        '(a, b, "", "", $index="1")', '(b, a, "again", "", $index="2")',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("customer -> nobody", "no element is called nobody"),
        ("mail -> customer", "no relationship between these"),
        ("shop.webapp -> shop.database", "several technologies"),
        ("{\nbuying\n{\nbuying\n}\n}", "number the arrows"),
        ("{\n{\nbuying\nbuying\n}\n{\nbuying\n}\n}\nbuying", "number the arrows"),
        ("!script x", "!script of the Structurizr DSL is not read here: export the workspace as JSON"),
        ('customer -> shop.webapp "${OTHER}"', "OTHER"),
        ("customer ->", "customer of the Structurizr DSL is not read"),
        ("}\n}\n}\n}", "closes nothing"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_line(tmp_path: Path, view: str, message: str) -> None:
    with pytest.raises(DiagramError, match=message.replace("$", r"\$")) as refused:
        read_workspace(written(tmp_path, view))

    assert refused.value.findings[0].line > 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workspace extends other.dsl {\n}", "extends of the Structurizr DSL"),
        ("workspace {\nmodel {\n!include other.dsl\n}\n}", "!include of the Structurizr DSL"),
        ("workspace {\nmodel {\narchetypes {\n}\n}\n}", "archetypes of"),
        ("workspace {\nmodel {\n}\nviews {\n}\n}", "no dynamic view"),
        ("model {\n}", "no workspace"),
        ("workspace {\nmodel {", "not closed"),
        ("{\n" * 100, "nested deeper"),
        ('workspace """\n', "several lines"),
        ('workspace {\nmodel {\na = person "A"\na = person "B"\n}\n}', "declared a second time"),
    ],
)
def test_workspace_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "workspace.dsl"
    file.write_text(text)

    with pytest.raises(DiagramError, match=message):
        read_workspace(file)
