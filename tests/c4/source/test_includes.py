"""Includes: files from the source tree of a diagram replace its include directives; others are rejected."""

from pathlib import Path

import pytest

from checkout.c4.findings import DiagramError
from checkout.c4.source.files import find_files
from checkout.c4.source.includes import bundled_name, read_diagrams


def texts(file: Path) -> list[str]:
    return [line.text for line in read_diagrams(file, file.parent)[0].lines if line.text]


def written(folder: Path, *lines: str, name: str = "view.puml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_included_lines_stand_in_place_and_know_their_file(tmp_path: Path) -> None:
    written(tmp_path, "a", "b", name="parts/model.puml")
    view = written(tmp_path, "@startuml", "!include parts/model.puml", "c", "@enduml")

    lines = read_diagrams(view, tmp_path)[0].lines

    assert [(line.text, line.file.name, line.number) for line in lines if line.text and line.text[0] != "@"] == [
        ("a", "model.puml", 1), ("b", "model.puml", 2), ("c", "view.puml", 3),
    ]  # fmt: skip


def test_include_is_relative_to_the_including_file(tmp_path: Path) -> None:
    written(tmp_path, "!include other.puml", name="parts/model.puml")
    written(tmp_path, "deep", name="parts/other.puml")

    assert "deep" in texts(written(tmp_path, "@startuml", "!include parts/model.puml", "@enduml"))


def test_file_is_included_once_unless_many_are_asked_for(tmp_path: Path) -> None:
    written(tmp_path, "x", name="part.puml")

    once = texts(written(tmp_path, "@startuml", "!include part.puml", "!include part.puml", "@enduml"))
    twice = texts(written(tmp_path, "@startuml", "!include part.puml", "!include_many part.puml", "@enduml"))

    assert (once.count("x"), twice.count("x")) == (1, 2)


@pytest.mark.parametrize(
    "line",
    [
        "!define PARTS parts\n!include PARTS/a.puml",
        '!$parts = "parts"\n!include $parts/a.puml',
        "!INCLUDE parts/a.puml ' why",
    ],
)
def test_prefixes_and_capitals_are_understood(tmp_path: Path, line: str) -> None:
    written(tmp_path, "found", name="parts/a.puml")

    assert "found" in texts(written(tmp_path, "@startuml", line, "@enduml"))


def test_part_or_diagram_of_a_file_can_be_included(tmp_path: Path) -> None:
    named = ("@startuml(id=named)", "!startsub S", "one", "!endsub", "two", "@enduml")
    written(tmp_path, "@startuml", "zero", "@enduml", *named, name="many.puml")
    lines = [
        "!include many.puml",
        "!include_many many.puml!named",
        "!include_many many.puml!1",
        "!includesub many.puml!S",
    ]

    found = [texts(written(tmp_path, "@startuml", line, "@enduml")) for line in lines]

    assert [each.count("zero") for each in found] == [1, 0, 0, 0]
    assert [each.count("two") for each in found] == [0, 1, 1, 0]
    assert [each.count("one") for each in found] == [0, 1, 1, 1]


def test_commented_include_is_none(tmp_path: Path) -> None:
    view = written(
        tmp_path, "@startuml", "' !include gone.puml", "/' !include gone.puml", "!include gone.puml '/", "@enduml"
    )

    assert len(read_diagrams(view, tmp_path)[0].lines) == 5


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("missing-include", "!include gone.puml"),
        ("include-outside", "!include ../../../../../../../../../../../../etc/passwd"),
        ("include-outside", "!include /etc/passwd"),
        ("include-outside", "!include link.puml"),
        ("include-loop", "!include view.puml"),
        ("remote-include", "!include https://example.org/x.puml"),
        ("remote-include", "!includeurl http://example.org/x.puml"),
        ("remote-include", "!define AWS https://example.org\n!include AWS/x.puml"),
        ("remote-include", "!theme plain from https://example.org/themes"),
        ("unreadable", "!import archive.zip"),
        ("unreadable", "!include $unknown/x.puml"),
        ("unreadable", "!procedure $p()\n!include link.puml\n!endprocedure"),
    ],
)
def test_what_cannot_be_included_is_refused_at_its_line(tmp_path: Path, rule: str, line: str) -> None:
    (tmp_path / "link.puml").symlink_to("/etc/passwd")
    view = written(tmp_path, "@startuml", line, "@enduml")

    with pytest.raises(DiagramError) as refused:
        read_diagrams(view, tmp_path)

    finding = refused.value.findings[0]
    at = next(
        n
        for n, text in enumerate(line.split("\n"), 2)
        if "include" in text.lower() or "theme" in text or "import" in text
    )
    assert (finding.rule, finding.line) == (rule, at)


def test_remote_addresses_of_bundled_libraries_have_bundled_names() -> None:
    assert bundled_name("https://host/plantuml-stdlib/C4-PlantUML/v2.5.0/C4_Deployment.puml") == "<C4/C4_Deployment>"
    assert (
        bundled_name("https://host/plantuml-icon-font-sprites/v2.4.0/devicons/python.puml")
        == "<tupadr3/devicons/python>"
    )
    assert bundled_name("https://host/something/else.puml") == ""


@pytest.mark.parametrize(
    ("rule", "content"),
    [
        ("not-text", b"\x89PNG\r\n\x1a\n\xff\xfe"),
        ("not-text", b"@startuml\n\0\n@enduml"),
        ("too-large", b"@startuml\n" + b"x" * 10_000_000),
        ("unclosed-diagram", b"@startuml\na -> b\n"),
    ],
)
def test_what_is_no_source_is_refused(tmp_path: Path, rule: str, content: bytes) -> None:
    file = tmp_path / "bad.puml"
    file.write_bytes(content)

    with pytest.raises(DiagramError) as refused:
        read_diagrams(file, tmp_path)

    assert refused.value.findings[0].rule == rule


def test_includes_that_multiply_are_stopped_by_size(tmp_path: Path) -> None:
    written(tmp_path, "x" * 90_000, name="large.puml")
    view = written(tmp_path, "@startuml", *["!include_many large.puml"] * 20, "@enduml")

    with pytest.raises(DiagramError, match="with its includes"):
        read_diagrams(view, tmp_path)


def test_folders_are_searched_for_sources_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in ("a.puml", "deep/b.iuml", "deep/c.txt", ".hidden/d.puml", "node_modules/e.puml"):
        written(tmp_path, "@startuml", "@enduml", name=name)

    assert [file.name for file in find_files([tmp_path])] == ["a.puml", "b.iuml"]


def test_file_without_a_diagram_holds_none(tmp_path: Path) -> None:
    assert read_diagrams(written(tmp_path, "Container(a, b)"), tmp_path) == []
