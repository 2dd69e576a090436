"""Arrows: all macros of C4-PlantUML and plain PlantUML give the right arrows, or an error that names the line."""

from pathlib import Path

import pytest
from c4.conftest import DIAGRAMS, Draw

from checkout.c4.findings import DiagramError
from checkout.c4.render.renderer import RenderedDiagram
from checkout.c4.source.arrows import Arrow

pytestmark = pytest.mark.slow  # draws with PlantUML

BOXES = ('Container(a, "A", "Python")', 'ContainerQueue(q, "Q", "Kafka")', 'Container(b, "B")')


def arrows_of(picture: RenderedDiagram) -> list[tuple[str, str, str, str, str]]:
    return [(a.index, a.source, a.target, a.label, a.technology) for a in picture.drawing.arrows if not a.hidden]


def test_ordering_view_has_seventeen_arrows_in_fourteen_steps_each_with_its_group(draw: Draw) -> None:
    picture = draw(file=DIAGRAMS / "ordering.puml")

    arrows = picture.drawing.arrows

    assert len(arrows) == 17
    assert sorted({arrow.step or 0 for arrow in arrows}) == [*range(1, 15)]
    assert len({arrow.svg_id for arrow in arrows}) == 17
    assert all(f'id="{arrow.svg_id}"' in picture.svg for arrow in arrows)


def test_step_as_data_has_the_contracts_shape(draw: Draw) -> None:
    arrow = draw(file=DIAGRAMS / "ordering.puml").drawing.arrows[2]

    data = arrow.as_data()

    assert data == {
        "index": 3, "from": "orders", "to": "kafka", "label": "publishes the new order to",
        "technology": "order.new-order-received", "line": 26, "svg_id": arrow.svg_id,
    }  # fmt: skip


def test_automatic_numbers_follow_the_index_macros(draw: Draw) -> None:
    picture = draw(
        *BOXES, 'Rel(a, b, "one")', 'Rel(a, b, "two", $index=Index())', "increment()", 'Rel(b, a, "four")',
        'Rel(a, b, "four again", $index=LastIndex())', 'Rel(a, b, "nine", $index=SetIndex(9))',
        "setIndex(12)", 'Rel(b, a, "twelve")',
    )  # fmt: skip

    assert [arrow.index for arrow in picture.drawing.arrows] == ["1", "2", "4", "4", "9", "12"]


@pytest.mark.parametrize("side", ["", "_Back", "_Neighbor", "_Back_Neighbor", "_D", "_Up", "_L", "_Right"])
def test_every_direction_of_relindex_keeps_its_index_and_sense(draw: Draw, side: str) -> None:
    picture = draw(*BOXES, f'RelIndex{side}("4-1", a, b, "12: looks numbered", "HTTP")')

    source, target = ("b", "a") if "Back" in side else ("a", "b")
    assert arrows_of(picture) == [("4-1", source, target, "12: looks numbered", "HTTP")]


@pytest.mark.parametrize("side", ["_Back", "_Neighbor", "_Back_Neighbor", "_D", "_U", "_Left", "_R"])
def test_every_direction_of_rel_keeps_its_sense(draw: Draw, side: str) -> None:
    picture = draw(*BOXES, f'Rel{side}(a, b, "asks", "HTTP", $index=7)')

    assert arrows_of(picture) == [("7", *(("b", "a") if "Back" in side else ("a", "b")), "asks", "HTTP")]


def test_two_way_arrow_is_marked_and_has_no_step(draw: Draw) -> None:
    arrow = draw(*BOXES, 'BiRel_R(a, b, "3: talk", "HTTP")').drawing.arrows[0]

    assert (arrow.both_ways, arrow.index, arrow.label) == (True, "", "3: talk")
    assert arrow.as_data()["both_ways"] is True


def test_arrows_of_one_pair_in_both_senses_find_their_own_groups(draw: Draw) -> None:
    picture = draw(
        *BOXES, *(f'Rel{"_Back" if n % 2 else ""}(a, b, "word{n}")' for n in range(1, 6)), 'Rel(a, a, "itself")'
    )

    for arrow in picture.drawing.arrows:
        group = picture.svg.split(f'id="{arrow.svg_id}"')[1].split("</g>")[0]
        assert f">{arrow.label}<" in group


def test_arrow_from_a_procedure_a_loop_or_a_branch_belongs_to_the_line_that_made_it(draw: Draw) -> None:
    picture = draw(
        *BOXES,
        "!procedure $twice($x)",
        'Rel(a, $x, "one")',
        'Rel($x, a, "two")',
        "!endprocedure",
        "$twice(b)",
        "!$i = 0",
        "!while $i < 2",
        'Rel(a, b, "looped")',
        "!$i = $i + 1",
        "!endwhile",
        "!if 1 == 1",
        'Rel(b, a, "branch")',
        "!else",
        'Rel(b, a, "never")',
        "!endif",
    )

    assert [arrow.line.number for arrow in picture.drawing.arrows] == [11, 11, 14, 14, 18]


def test_aliases_with_dots_and_nested_boundaries_are_distinguished(draw: Draw) -> None:
    picture = draw(
        "set separator none",
        'System_Boundary(x, "X") {', 'Container_Boundary(x.y, "Y") {', 'Container(x.y.z, "Z")', "}",
        'Container(x.z, "Z")', "}", 'Rel(x.y.z, x.z, "calls")', 'Rel(x.z, x.y, "calls the boundary")',
    )  # fmt: skip

    assert [arrow.key[:2] for arrow in picture.drawing.arrows] == [("x.y.z", "x.z"), ("x.z", "x.y")]
    assert picture.drawing.aliases["x.y.z"].inside == "x.y"


def test_labels_with_links_sprites_and_markup_are_read_as_words(draw: Draw) -> None:
    picture = draw(
        "!include <tupadr3/common>", "!include <tupadr3/font-awesome-5/users>",
        'Container(a, "A", $sprite="users")', BOXES[2],
        'Rel(a, b, "reads <b>all</b>\\n**of** it", "HTTP", $link="https://example.org", $sprite="users", $index=1)',
    )  # fmt: skip

    assert arrows_of(picture) == [("1", "a", "b", "reads all of it", "HTTP")]


def test_technology_may_come_from_a_tag_alone(draw: Draw) -> None:
    picture = draw('AddRelTag("async", $techn="orders.new")', *BOXES, 'Rel(a, b, "tells", $tags="async", $index=1)')

    assert arrows_of(picture) == [("1", "a", "b", "tells", "orders.new")]


def test_empty_label_is_still_an_arrow(draw: Draw) -> None:
    assert arrows_of(draw(*BOXES, 'Rel(a, b, "", $index=2)')) == [("2", "a", "b", "", "")]


def test_macro_in_a_note_uses_a_number_and_is_no_arrow(draw: Draw) -> None:
    picture = draw(*BOXES, "note as N", 'Rel(a, b, "noted")', "end note", 'Rel(a, b, "drawn")')

    assert arrows_of(picture) == [("2", "a", "b", "drawn", "")]


def test_hidden_layout_lines_are_no_arrows_and_do_not_shift_the_others(draw: Draw) -> None:
    picture = draw(*BOXES, "Lay_D(a, b)", 'Rel(a, b, "first")', "Lay_R(b, q)", 'Rel(b, q, "second", "topic")')

    assert [arrow.label for arrow in picture.drawing.arrows if arrow.svg_id] == ["first", "second"]


def test_later_container_include_takes_numbers_away_and_none_is_invented(draw: Draw) -> None:
    picture = draw("!include <C4/C4_Container>", *BOXES, 'Rel(a, b, "12: looks numbered")')

    assert arrows_of(picture) == [("", "a", "b", "12: looks numbered", "")]


def test_plain_component_diagram_is_read_too(draw: Draw, tmp_path: Path) -> None:
    file = tmp_path / "plain.puml"
    lines = ['component "Front end" as web', "[Back end] as back", "database db", "web -right-> back : asks",
             "back <.. db #blue : tells", "web -[#red,dashed]-> db", "web --> back: again"]  # fmt: skip
    file.write_text("\n".join(["@startuml", *lines, "@enduml"]))

    arrows = draw(file=file).drawing.arrows

    assert [arrow.key[:2] for arrow in arrows] == [("web", "back"), ("db", "back"), ("web", "db"), ("web", "back")]
    assert all(arrow.svg_id for arrow in arrows)


def test_sequence_view_has_arrows_and_no_groups(draw: Draw) -> None:
    picture = draw(
        'Container(a, "A")', 'Container_Boundary(c, "C")', 'Container(b, "B")', "Boundary_End()", "SHOW_INDEX()",
        'Rel(a, b, "asks", "HTTP")', 'Rel(b, a, "answers", $rel="-->")', level="Sequence",
    )  # fmt: skip

    assert arrows_of(picture) == [("1", "a", "b", "asks", "HTTP"), ("2", "b", "a", "answers", "")]
    assert {arrow.svg_id for arrow in picture.drawing.arrows} == {None}


def test_several_diagrams_in_a_file_have_names_and_ids_of_their_own(draw: Draw, tmp_path: Path) -> None:
    file = tmp_path / "two.puml"
    body = '!include <C4/C4_Dynamic>\nContainer(a, "A")\nContainer(b, "B")\nRel(a, b, "asks")\n@enduml\n'
    file.write_text(f"@startuml\n{body}\n@startuml second\n{body}")

    pictures = [draw(file=file, at=at) for at in (0, 1)]

    assert [picture.drawing.name for picture in pictures] == ["two", "second"]
    assert pictures[1].drawing.arrows[0].line.number == 12
    ids = [{arrow.svg_id for arrow in picture.drawing.arrows} for picture in pictures]
    assert not ids[0] & ids[1]


def test_shared_elements_keep_their_own_file_and_line(draw: Draw, tmp_path: Path) -> None:
    (tmp_path / "model.puml").write_text(
        'Container(a, "A")\nContainer(b, "B")\n!procedure $ask()\nRel(a, b, "asks")\n!endprocedure\n'
    )

    picture = draw("!include model.puml", "$ask()", 'Rel(b, a, "answers")')

    places = [(arrow.line.file.name, arrow.line.number) for arrow in picture.drawing.arrows]
    assert places == [("drawn.puml", 5), ("drawn.puml", 6)]
    assert picture.drawing.aliases["b"].line.file.name == "model.puml"


@pytest.mark.parametrize("line", ["a -[dashed]-o-> b -> q", "a --> b --> q"])
def test_unreadable_arrow_is_an_error_and_never_a_guess(draw: Draw, line: str) -> None:
    with pytest.raises(DiagramError) as refused:
        draw(*BOXES, 'Rel(a, b, "read")', line)

    assert refused.value.findings[0].line == 8


def test_element_declared_after_its_arrow_is_refused_with_the_remedy(draw: Draw) -> None:
    with pytest.raises(DiagramError, match="declare every element before the arrows that use it"):
        draw(BOXES[0], 'Rel(a, late, "asks")', 'Container(late, "Late")')


def test_flow_chart_has_a_picture_and_no_arrows(draw: Draw) -> None:
    picture = draw(file=DIAGRAMS / "checkout.puml")

    assert picture.drawing.arrows == ()
    assert "Checkout: one start, three outcomes</title>" in picture.svg


def test_arrow_reads_as_a_sentence_of_step_ends_and_technology(draw: Draw) -> None:
    arrow: Arrow = draw(*BOXES, 'Rel(a, q, "publishes", "orders.new", $index=3)').drawing.arrows[0]

    assert str(arrow) == "3 a → q [orders.new]"
