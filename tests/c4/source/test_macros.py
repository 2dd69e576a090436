"""Macros: styles, tags, properties, legends and layout macros of C4-PlantUML neither add nor change an arrow."""

import pytest
from c4.conftest import Draw

pytestmark = pytest.mark.slow  # draws with PlantUML

STYLES = (
    "LAYOUT_LEFT_RIGHT()", "LAYOUT_AS_SKETCH()", "HIDE_STEREOTYPE()", "SHOW_PERSON_OUTLINE()",
    'AddElementTag("v2", $bgColor="green", $legendText="version 2 -> new")', 'AddBoundaryTag("b", $bgColor="red")',
    'AddRelTag("async", $lineStyle=DashedLine(), $techn="of the tag")',
    'UpdateElementStyle(container, $bgColor="blue")',
    'UpdateRelStyle("red", "blue")', 'UpdateBoundaryStyle("x", $bgColor="grey")',
)  # fmt: skip
ELEMENTS = (
    'SetPropertyHeader("Name", "Value -> x")', 'AddProperty("k", "a -> b")',
    'Person_Ext(p, "Per -> son", "does a -> b", $sprite="person2", $tags="v2", $link="https://example.org/a")',
    'SystemQueue_Ext(sq, "SQ")', 'Enterprise_Boundary(e, "E", $tags="b") {', 'System_Boundary(s, "S", $descr="d") {',
    'Container_Ext(c, "C", "Go", $sprite="robot")', 'ContainerQueue(q, "Q", "Kafka")', 'ComponentDb(k, "K")', "}", "}",
)  # fmt: skip
ARROWS = (
    'Rel(p, c, "own", "T", "descr -> x", $tags="async")', 'Rel_Back_Neighbor(p, c, "back", $tags="async")',
    'RelIndex(LastIndex(), c, q, "again", "t")', 'RelIndex_Back(Index(), c, q, "delivers", "t")', "increment()",
    "increment(2)", 'Rel_U(q, k, "later", $sprite="robot")', 'Rel(k, q, "set", $index=SetIndex(20))',
    'BiRel_Neighbor(k, q, "both")', "Lay_U(p, c)", "Lay_Distance(p, c, 2)", "Lay_Left(p, sq)", "SHOW_FLOATING_LEGEND()",
    "Lay_Distance(LEGEND(), c, 1)",
)  # fmt: skip


def test_arrows_between_all_other_macros_are_read_as_they_are_drawn(draw: Draw) -> None:
    drawing = draw(*STYLES, *ELEMENTS, *ARROWS).drawing

    found = [(f"{a.index} {a.source}>{a.target}", a.label, a.technology) for a in drawing.visible_arrows]
    assert found == [
        ("1 p>c", "own", "T"), ("2 c>p", "back", "of the tag"), ("2 c>q", "again", "t"), ("3 q>c", "delivers", "t"),
        ("7 q>k", "later", ""), ("20 k>q", "set", ""), (" k>q", "both", ""),
    ]  # fmt: skip
    assert all(arrow.svg_id for arrow in drawing.visible_arrows)


def test_elements_have_their_shapes_and_a_legend_is_none(draw: Draw) -> None:
    drawing = draw(*STYLES, *ELEMENTS, *ARROWS).drawing

    assert {alias: (each.shape, each.inside) for alias, each in drawing.aliases.items()} == {
        "p": ("person", ""), "sq": ("queue", ""), "e": ("boundary", ""), "s": ("boundary", "e"),
        "c": ("rectangle", "s"), "q": ("queue", "s"), "k": ("database", "s"),
    }  # fmt: skip
    assert drawing.aliases["p"].label == "Per -> son"
