"""Sequence: the arrows of sequence diagrams have a step each, and the fragments that hold them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from c4.conftest import Draw

from checkout.c4.findings import DiagramError, Finding
from checkout.c4.source.arrows import Arrow
from checkout.c4.source.drawings import read_drawing
from checkout.c4.source.files import DiagramSource, lines_of
from checkout.c4.source.preprocessing import FIELD, MARK


def read(*lines: str) -> list[Arrow]:
    """The arrows of a sequence diagram in plain PlantUML, for which the preprocessor changes nothing."""
    file = Path("drawn.puml")
    source = lines_of("\n".join(["@startuml", *lines, "@enduml"]), file)
    marked = (f"{MARK}{at}{FIELD}\n{line.text}" for at, line in enumerate(source))
    return list(read_drawing(DiagramSource(file, "drawn", "uml", tuple(source)), "\n".join(marked), True).arrows)


def ends(arrows: list[Arrow]) -> list[str]:
    return [f"{arrow.index} {arrow.source}>{arrow.target}" for arrow in arrows]


def test_arrows_have_their_place_as_step_and_their_fragments_outermost_first() -> None:
    arrows = read(
        "a -> b : one", "alt#gold found", "b -> c : two", "loop while more", "c -> c : three", "end", "else a -> b",
        "b --> a : four", "else", "b ->x a : five", "end", "par", "a -> b", "also", "& a -> c", "end", "c -> a",
    )  # fmt: skip

    assert ends(arrows) == ["1 a>b", "2 b>c", "3 c>c", "4 b>a", "5 b>a", "6 a>b", "6 a>c", "7 c>a"]
    assert [arrow.fragments for arrow in arrows] == [
        (), ((1, "alt", 0),), ((1, "alt", 0), (2, "loop", 0)), ((1, "alt", 1),), ((1, "alt", 2),), ((3, "par", 0),),
        ((3, "par", 1),), (),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [("opt", "opt"), ("break", "break"), ("critical", "critical"), ("group x [a -> b]", "group"), ("par2", "par")],
)
def test_every_kind_of_fragment_is_read(kind: str, read_as: str) -> None:
    assert [arrow.fragments for arrow in read(kind, "a -> b", "end")] == [((1, read_as, 0),)]


def test_end_of_a_note_a_box_or_a_reference_ends_no_fragment() -> None:
    arrows = read(
        'box "B"', "participant a", "end box", "opt maybe", "note left", "a -> x", "end note", "ref over a, b",
        "a -> y", "end ref", "a -> b", "end", "b -> a",
    )  # fmt: skip

    assert [(arrow.target, len(arrow.fragments)) for arrow in arrows] == [("b", 1), ("a", 0)]


def test_fragment_without_an_end_is_an_error_at_its_line() -> None:
    with pytest.raises(DiagramError, match="this alt is not closed") as refused:
        read("a -> b", "alt x", "a -> b")

    assert refused.value.findings[0].line == 3


def test_return_is_the_answer_to_the_call_that_activated_its_sender() -> None:
    arrows = read(
        "a -> b ++ : one", "b -> c", "activate c", "return two", "b -> b : three", "return four", "x -> y", "return",
    )  # fmt: skip

    assert ends(arrows) == ["1 a>b", "2 b>c", "3 c>b", "4 b>b", "5 b>a", "6 x>y", "7 y>x"]
    assert [arrow.label for arrow in arrows if arrow.line.text.startswith("return")] == ["two", "four", ""]


def test_return_follows_automatic_activation() -> None:
    answered = read("autoactivate on", "a -> b", "b -> c", "c --> b", "return done")
    returned = read("autoactivate on", "a -> b", "b -> c", "return", "return")

    assert ends(answered)[-1] == "4 b>a"
    assert ends(returned)[-2:] == ["3 c>b", "4 b>a"]


def test_replies_are_returns_and_dotted_arrows_that_answer_a_call() -> None:
    arrows = read(
        "a -> b : asks", "b --> a : answers", "b --> a : tells later", "a -[#red]-> b : asks", "b <- a ++ : asks",
        "return", "b -> a : calls back", "a --> b : answers",
    )  # fmt: skip

    assert [arrow.is_reply for arrow in arrows] == [False, True, False, False, False, True, False, True]


def test_return_without_an_arrow_before_it_is_an_error() -> None:
    with pytest.raises(DiagramError, match="follows no arrow"):
        read("return x")


def test_names_with_an_alias_anchors_and_ends_outside_are_read() -> None:
    arrows = read('a -> "Long name" as b : one', '"Other" as c -> b', "{start} a -> b", "[-> a : in", "a ->] : out")

    assert ends(arrows) == ["1 a>b", "2 c>b", "3 a>b", "4 [>a", "5 a>]"]


NOTES = (
    "note right: a -> b", "note over a, q", "a -> q : x", "end note", "hnote over a : a -> b", "rnote over a",
    " a -> b", "endrnote", "/ note over db : a -> b", "note over a [[https://example.org a: b]]", "a -> b", "end note",
    "ref over a, q : init -> x", "ref over a, q", "a -> b", "end ref", "== phase a -> b ==", "... later a -> b ...",
)  # fmt: skip
MORE_NOTES = (
    'note over "A: x", q', "a -> b", "end note", "note left of a {", "a -> b", "}", "note as N", "a -> b", "end note",
    'note "a -> b" as N2', "note right of A::b", "a -> b", "end note", "legend left", "a -> b",
    "end legend", "participant long [", "= Title", "----", "a -> b", "]",
)  # fmt: skip


def test_text_of_notes_references_and_labels_is_no_arrow() -> None:
    assert ends(read("participant a", *NOTES, *MORE_NOTES, "a -> q : real")) == ["1 a>q"]


@pytest.mark.slow
def test_c4_sequence_view_is_read_like_a_dynamic_one(draw: Draw) -> None:
    drawing = draw(
        'Person(p, "P")', 'System_Boundary(s, "S -> x")', 'Container_Boundary(c, "C")', 'Container(a, "A", "Go")',
        'ContainerDb(db, "DB", "PG")', "Boundary_End()", 'ContainerQueue(q, "Q", "Kafka")', "Boundary_End()",
        *NOTES, 'Rel(p, a, "asks", "HTTP")', "alt#gold found",
        'Rel(a, q, "publishes", "topic")', "else", 'Rel_Back(p, a, "refuses")', "end", '& Rel(a, db, "reads", "SQL")',
        level="Sequence",
    ).drawing  # fmt: skip

    arrows = [(f"{arrow.index} {arrow.source}>{arrow.target}", arrow.technology) for arrow in drawing.arrows]
    assert arrows == [("1 p>a", "HTTP"), ("2 a>q", "topic"), ("3 a>p", ""), ("3 a>db", "SQL")]
    assert [arrow.fragments for arrow in drawing.arrows] == [(), ((1, "alt", 0),), ((1, "alt", 1),), ()]
    assert {alias: (each.shape, each.inside) for alias, each in drawing.aliases.items()} == {
        "p": ("person", ""), "s": ("boundary", ""), "c": ("boundary", "s"), "a": ("participant", "c"),
        "db": ("database", "c"), "q": ("queue", "s"),
    }  # fmt: skip
    assert drawing.open_boundaries == ()


@pytest.mark.slow
def test_sequence_view_is_checked_with_the_container_view_beside_it(
    findings: Callable[..., list[Finding]], tmp_path: Path
) -> None:
    boxes = 'Container(a, "A")\nContainer(b, "B")\nContainer(c, "C")\n'
    arrows = "[-> a : starts\na -> b : asks\nb -> b : thinks\nb --> a : answers\na ->]\n"
    views = {"Sequence": arrows + "a -> c\n", "Container": "Rel(c, b, x)\nRel(a, b, x)\n"}
    for level, drawn in views.items():
        head = f"@startuml\n!include <C4/C4_{level}>\ntitle T\n{boxes}"
        (tmp_path / f"{level}.puml").write_text(f"{head}{drawn}@enduml")

    found = findings(*(tmp_path / f"{level}.puml" for level in views))

    assert [(each.rule, each.line) for each in found] == [("view-missing", 12)]
