"""Branches: an include that the preprocessor skips needs no file; one that it takes is an error at its line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from c4.source.test_includes import written

from checkout.c4.findings import DiagramError
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Arrow
from checkout.c4.source.diagrams import find_diagrams
from checkout.c4.source.includes import read_diagrams
from checkout.c4.source.variables import Defines

BODY = ('Container(a, "A")', 'Container(b, "B")', 'Rel(a, b, "asks")', "@enduml")
Arrows = Callable[..., list[Arrow]]


@pytest.fixture
def arrows(renderer: Renderer, tmp_path: Path) -> Arrows:
    """The arrows of a diagram from its lines, with variables set on the command line."""

    def read(*lines: str, defines: Defines = ()) -> list[Arrow]:
        file = written(tmp_path, "@startuml", *lines, *BODY)
        return list(renderer.render(find_diagrams(str(file), defines)[0]).checked().drawing.arrows)

    return read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "directive"),
    [
        ("missing-include", "!include gone.puml"),
        ("include-outside", "!include ../../gone.puml"),
        ("remote-include", "!include https://example.org/C4-PlantUML/master/C4_Container.puml"),
        ("remote-include", "!theme spacelab from https://example.org/themes"),
        ("unreadable", "!include $nowhere/gone.puml"),
        ("include-loop", "!include view.puml"),
    ],
)
def test_include_in_a_branch_matters_only_if_the_branch_is_taken(arrows: Arrows, rule: str, directive: str) -> None:
    lines = ('!if %variable_exists("TAKEN")', directive, "!else", "!include <C4/C4_Dynamic>", "!endif")

    skipped = arrows(*lines)
    with pytest.raises(DiagramError) as refused:
        arrows(*lines, defines=[("TAKEN", "1")])

    assert [arrow.index for arrow in skipped] == ["1"]
    assert (refused.value.findings[0].rule, refused.value.findings[0].line) == (rule, 3)


@pytest.mark.slow
def test_file_that_a_skipped_branch_includes_is_included_after_it_and_otherwise_once(
    arrows: Arrows, tmp_path: Path
) -> None:
    written(tmp_path, 'Container(c, "C")', 'Rel(a, c, "x", $index=7)', name="part.puml")
    lines = ("!include <C4/C4_Dynamic>", 'Container(a, "A")', "!ifdef EARLY", "!include part.puml", "!endif")

    indices = [
        [arrow.index for arrow in arrows(*lines, "!include part.puml", defines=defines)]
        for defines in ([], [("EARLY", "")])
    ]

    assert indices == [["7", "1"], ["7", "1"]]


@pytest.mark.slow
def test_theme_of_the_bundled_library_and_of_a_folder_are_used(arrows: Arrows, tmp_path: Path) -> None:
    written(tmp_path, "---", "name: ours", "---", "!$ours = 5", name="themes/puml-theme-ours.puml")

    found = arrows(
        "!theme C4_united from <C4/themes>", "!theme ours from themes", "!include <C4/C4_Dynamic>", "setIndex($ours)"
    )

    assert [arrow.index for arrow in found] == ["5"]


def test_remote_theme_is_refused_with_the_bundled_one_as_remedy(tmp_path: Path) -> None:
    address = "https://raw.example.org/plantuml-stdlib/C4-PlantUML/master/themes"
    view = written(tmp_path, "@startuml", f"!theme C4_united from {address}", "@enduml")

    with pytest.raises(DiagramError, match="write !theme C4_united from <C4/themes>"):
        read_diagrams(view, tmp_path)


@pytest.mark.slow
def test_variable_from_the_command_line_chooses_files_and_values(arrows: Arrows, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        written(tmp_path, f'Rel(b, a, "{folder}", "$ENV", $index=9)', name=f"{folder}/part.puml")
    lines = ("!include <C4/C4_Dynamic>", '!$ENV ?= "test"', "!ifndef FOLDER", "!define FOLDER one", "!endif", *BODY[:2])

    found = [
        [(arrow.label, arrow.technology) for arrow in arrows(*lines, "!include FOLDER/part.puml", defines=defines)][0]
        for defines in ([], [("FOLDER", "two"), ("$ENV", "live & well")])
    ]

    assert found == [("one", "test"), ("two", "live & well")]


def test_name_that_depends_on_a_branch_is_refused_and_not_guessed(tmp_path: Path) -> None:
    written(tmp_path, "one", name="one.puml")
    lines = ('!$part = "two"', "!if $x", '!$part = "one"', "!endif", "!include $part.puml")
    view = written(tmp_path, "@startuml", *lines, "@enduml")

    with pytest.raises(DiagramError, match=r"the value of \$part is known only at run time"):
        read_diagrams(view, tmp_path)


@pytest.mark.slow
def test_diagram_may_be_indented(renderer: Renderer, tmp_path: Path) -> None:
    file = written(tmp_path, "  @startuml", "  a -> b : asks", "  @enduml")

    assert [arrow.target for arrow in renderer.render(find_diagrams(str(file))[0]).checked().drawing.arrows] == ["b"]


def test_value_of_a_variable_may_be_asked_for_by_a_function(tmp_path: Path) -> None:
    written(tmp_path, "found", name="parts/one.puml")
    view = written(tmp_path, "@startuml", '!include %get_variable_value("WHERE")/one.puml', "@enduml")

    [diagram] = read_diagrams(view, tmp_path, defines=[("WHERE", "parts")])

    assert "found" in diagram.text
