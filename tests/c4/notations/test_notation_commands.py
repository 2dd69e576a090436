"""Commands: variables, several diagrams in a file, workspaces and other notations, in process and from the cache."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from c4.notations.test_structurizr_json import SHOWN, workspace
from click.testing import Result
from typer.testing import CliRunner

from checkout.c4.cli import make_app
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.diagrams import find_diagrams
from checkout.c4.source.variables import Defines

pytestmark = pytest.mark.slow  # draws with PlantUML

VIEW = """@startuml one
!include <C4/C4_Dynamic>
title One
Container(a, "A")
Container(b, "B")
!if %variable_exists("BACK")
Rel(b, a, "answers", "BACK")
!else
Rel(a, b, "asks")
!endif
@enduml
@startuml two
a -> b : asks
@enduml
"""
Run = Callable[..., Result]


@pytest.fixture
def run(renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on view.puml or workspace.json after the warm PlantUML has rendered it."""
    monkeypatch.chdir(tmp_path)
    Path("view.puml").write_text(VIEW)
    Path("workspace.json").write_text(json.dumps(workspace(*SHOWN), indent=1))

    def invoke(*arguments: str, file: str = "view.puml", defines: Defines = ()) -> Result:
        for diagram in find_diagrams(file, defines):
            renderer.render(diagram)
        return CliRunner().invoke(make_app(), [*arguments])

    return invoke


def test_variable_of_the_command_line_changes_what_every_command_reads(run: Run) -> None:
    plain = run("steps", "view.puml#one")
    defined = run("steps", "view.puml#one", "--define", "BACK=topic", defines=[("BACK", "topic")])
    wrong = run("steps", "view.puml", "--define", "BACK back")

    assert (plain.exit_code, plain.stdout) == (0, "line   9    1  a → b: asks\n")
    assert (defined.exit_code, defined.stdout) == (0, "line   7    1  b → a: answers [topic]\n")
    assert (wrong.exit_code, "is not NAME=VALUE" in wrong.stderr) == (2, True)


def test_picture_of_other_variables_is_stale(run: Run) -> None:
    rendered = run("render", "view.puml")
    same, other = run("render", "--check", "view.puml"), run("render", "--check", "view.puml", "--define", "BACK=x")

    assert [done.exit_code for done in (rendered, same, other)] == [0, 0, 1]
    assert "one.svg: its source changed since" in other.stdout


def test_steps_of_several_diagrams_are_json_by_name(run: Run) -> None:
    found = json.loads(run("steps", "view.puml", "--json").stdout)

    assert {name: [arrow["line"] for arrow in arrows] for name, arrows in found.items()} == {"one": [9], "two": [13]}


def test_story_of_several_diagrams_is_a_page_for_each(run: Run) -> None:
    pages = run("story", "view.puml", "--html", "out.html")
    several, sequence = run("story", "view.puml", "--step", "1"), run("story", "view.puml#two", "--step", "1")

    assert pages.exit_code == 0
    assert sorted(path.name for path in Path().glob("*.html")) == ["out-one.html", "out-two.html"]
    assert "a to b: asks" in Path("out-two.html").read_text()
    assert (several.exit_code, "name one as FILE#NAME" in several.stderr) == (2, True)
    assert (sequence.exit_code, "has no groups to colour: use --html" in sequence.stderr) == (3, True)


def test_workspace_is_checked_with_its_events_and_verified(run: Run) -> None:
    Path("events.json").write_text(json.dumps({"asyncapi": "3.0.0", "channels": {"paying": {}, "done": {}}}))
    ends = [("customer", "web_application", "HTTPS"), ("web_application", "bank.ledger", "SQL"),
            ("web_application", "events", "paid"), ("web_application", "customer", "HTTPS")]  # fmt: skip
    hops = [
        dict(zip(("from", "to", "technology"), end, strict=True))
        | {"order": "1", "message": "M", "at": f"2026-01-01T10:00:0{n}Z"}
        for n, end in enumerate(ends)
    ]  # fmt: skip
    Path("run.jsonl").write_text("".join(json.dumps(hop) + "\n" for hop in hops))

    checked = run("check", "workspace.json", "--asyncapi", "events.json", file="workspace.json")
    verified = run("verify", "workspace.json#Pay", "--journal", "run.jsonl", file="workspace.json")
    updated = run("draw", "--journal", "run.jsonl", "--into", "workspace.json")

    lines = Path("workspace.json").read_text().split("\n")
    [found] = [line for line in checked.stdout.splitlines() if "asyncapi" in line]
    assert "error [asyncapi-channel] events.json has no channel paid" in found
    assert '"id": "12"' in lines[int(found.split(":")[1])]
    assert (verified.exit_code, verified.stdout.startswith("1: conforms")) == (0, True)
    assert (updated.exit_code, "only diagrams in PlantUML can be updated" in updated.stderr) == (2, True)


def test_recorded_run_is_drawn_in_mermaid(run: Run, journal: Callable[..., Path]) -> None:
    drawn = run("draw", "--journal", str(journal()), "--notation", "mermaid")

    lines = drawn.stdout.split("\n")
    assert (drawn.exit_code, lines[0]) == (0, "sequenceDiagram")
    assert sum("->>" in line for line in lines) == 17
    assert lines.count("    end") == 2
