"""Lint: mistakes that PlantUML accepts are found, with file, line, column, rule and fix."""

from collections.abc import Callable
from pathlib import Path

import pytest
from c4.conftest import DIAGRAMS, Draw

from checkout.c4.checks.lint import fix_remote_includes, lint
from checkout.c4.findings import Finding

pytestmark = pytest.mark.slow  # draws with PlantUML

Findings = Callable[..., list[Finding]]
BOXES = ('Container(a, "A", "Python")', 'ContainerQueue(q, "Q", "Kafka")', 'Container(b, "B")')
TOUCHED = 'Rel(a, q, "publishes", "orders.new", $index=1)'
HEARD = 'Rel(q, b, "tells", "orders.new", $index=2)'


def test_stores_own_diagrams_are_clean(findings: Findings) -> None:
    assert findings(*sorted(DIAGRAMS.glob("*.puml"))) == []


@pytest.mark.parametrize(
    ("rule", "line", "lines"),
    [
        ("undeclared-alias", 8, [*BOXES, TOUCHED, 'Rel(q, bb, "tells", "orders.new", $index=2)', HEARD]),
        ("duplicate-alias", 7, [*BOXES, 'Container(a, "Another")', TOUCHED, HEARD]),
        ("unclosed-boundary", 4, ['System_Boundary(s, "S") {', *BOXES, TOUCHED, HEARD]),
        ("unnumbered-arrow", 9, [*BOXES, TOUCHED, HEARD, "b --> a : and back"]),
        ("step-gap", 8, [*BOXES, TOUCHED, 'Rel(q, b, "tells", "orders.new", $index=4)']),
        ("step-repeated", 8, [*BOXES, TOUCHED, 'Rel(q, b, "tells", "orders.new", $index=1)']),
        ("not-published", 8, [*BOXES, TOUCHED, 'Rel(q, b, "tells", "orders.gone", $index=2)']),
        ("unconnected", 7, [*BOXES, 'Container(c, "C")', TOUCHED, HEARD]),
        ("missing-technology", 8, [*BOXES, TOUCHED, 'Rel(q, b, "tells", $index=2)', HEARD]),
        ("outdated-relindex", 7, [*BOXES, 'RelIndex(1, a, q, "publishes", "t")', 'RelIndex(2, q, b, "tells", "t")']),
        ("mixed-numbering", 8, [*BOXES, TOUCHED, 'RelIndex(2, q, b, "tells", "orders.new")']),
        ("no-arrows", 1, list(BOXES)),
    ],
)
def test_what_is_wrong_is_named_by_rule_and_line(draw: Draw, rule: str, line: int, lines: list[str]) -> None:
    found = lint(draw(*lines).drawing)

    assert (rule, line) in [(finding.rule, finding.line) for finding in found]


def test_sound_view_has_no_finding(draw: Draw) -> None:
    assert lint(draw(*BOXES, TOUCHED, HEARD).drawing) == []


def test_misspelt_alias_gets_the_name_that_was_meant_and_its_column(draw: Draw) -> None:
    boxes = ('Container(orders, "Orders")', 'Container(stock, "Stock")')

    found = lint(draw(*boxes, 'Rel(orders, stok, "asks", $index=1)', 'Rel(orders, stock, "asks", $index=2)').drawing)

    assert [(each.fix, each.column) for each in found] == [("write stock", 13)]


def test_lost_numbering_is_found(draw: Draw) -> None:
    found = lint(draw("!include <C4/C4_Container>", *BOXES, 'Rel(a, b, "asks")', 'Rel(a, q, "t", "t")').drawing)

    assert "no-numbers" in [finding.rule for finding in found]


def test_missing_title_is_found(findings: Findings, tmp_path: Path) -> None:
    file = tmp_path / "untitled.puml"
    file.write_text(
        "@startuml\n!include <C4/C4_Context>\n" + 'System(a, "A")\nSystem(b, "B")\nRel(a, b, "asks")\n@enduml'
    )

    assert [finding.rule for finding in findings(file)] == ["no-title"]


def test_c4_include_in_a_shared_file_is_found_there(findings: Findings, copied: Path) -> None:
    model = copied / "model.puml"
    model.write_text("!include <C4/C4_Container>\n" + model.read_text())

    found = findings(copied / "ordering.puml")

    assert (str(model), 1, "c4-in-shared-file") in [(each.file, each.line, each.rule) for each in found]


def test_remote_include_is_refused_with_the_bundled_name(findings: Findings, tmp_path: Path) -> None:
    file = tmp_path / "remote.puml"
    address = "https://raw.githubusercontent.com/plantuml-stdlib/C4-PlantUML/master/C4_Container.puml"
    file.write_text(f"@startuml\n!include {address}\n@enduml")

    found = findings(file)

    assert [(each.rule, each.line, each.fix) for each in found] == [
        ("remote-include", 2, "write !include <C4/C4_Container>")
    ]


def test_fix_rewrites_remote_includes_of_what_is_bundled_and_leaves_the_rest() -> None:
    text = (
        "!includeurl https://example.org/C4-PlantUML/v2/C4_Dynamic.puml\n"
        "!include https://example.org/mine.puml\n"
        "  !INCLUDE https://example.org/plantuml-icon-font-sprites/v3.0.0/font-awesome-5/users.puml\n"
        "!theme C4_green from https://example.org/C4-PlantUML/master/themes"
    )

    rewritten, count = fix_remote_includes(text)

    assert count == 3
    assert rewritten.split("\n") == [
        "!include <C4/C4_Dynamic>",
        "!include https://example.org/mine.puml",
        "  !include <tupadr3/font-awesome-5/users>",
        "!theme C4_green from <C4/themes>",
    ]


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("$index=5)", "$index=6)", "step-gap", 28),
        ('"stock.order-products-reserved", $index=6', '"stock.order-products-kept", $index=6', "not-published", 29),
        ("Rel(kafka, payments,", "Rel(kafka, payment,", "undeclared-alias", 31),
    ],
)
def test_wrong_arrow_in_a_copy_of_the_ordering_view_is_found_by_line(
    findings: Findings, copied: Path, old: str, new: str, rule: str, line: int
) -> None:
    file = copied / "ordering.puml"
    file.write_text(file.read_text().replace(old, new, 1))

    found = [(each.rule, each.line) for each in findings(file)]

    assert (rule, line) in found
