"""Command line: exit codes and messages for bad sources, bad journals and wrong usage."""

import json
from pathlib import Path
from random import Random

import pytest

from c4.conftest import DIAGRAMS, Command
from c4.runs import valid_run

pytestmark = pytest.mark.slow  # draws with PlantUML



BAD = {
    "not PlantUML": ("@startuml\nthis is not it\n@enduml", 1, "[syntax]"),
    "no diagram": ("just words", 1, "[no-diagram]"),
    "an endless loop": ("@startuml\n!while 1 == 1\n!$x = 1\n!endwhile\n@enduml", 1, "remove the loop"),
    "too large": ("@startuml\n" + "'\n" * 5_000_000, 1, "[too-large]"),
    "/etc/passwd": ("@startuml\n!include /etc/passwd\n@enduml", 1, "[include-outside]"),
    "a missing include": ("@startuml\n!include gone.puml\n@enduml", 1, "[missing-include]"),
    "an unclosed call": (
        '@startuml\n!include <C4/C4_Context>\nSystem(a, "A"\n@enduml',
        1,
        "view.puml:3:1: error [syntax]",
    ),
    "a typo in a procedure": ("@startuml\n$stok()\n@enduml", 1, "view.puml:2:1: error [syntax]"),
}


@pytest.mark.parametrize(("command", "what"), [("check", what) for what in BAD] + [("render", "not PlantUML")])
def test_bad_source_is_reported_in_one_line(diagrams: Command, tmp_path: Path, what: str, command: str) -> None:
    source, code, expected = BAD[what]
    (tmp_path / "view.puml").write_text(source)

    done = diagrams(command, "view.puml")

    assert done.returncode == code
    assert expected in done.stdout
    assert "Traceback" not in done.stderr and len(done.stdout.splitlines()) == 1
    assert not list(tmp_path.glob("*.svg"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [("", "has no hops"), ("{}\n", "is not a hop"), (None, "there is no such journal"), ("other", "another system")],
)
def test_bad_journal_is_exit_code_three(diagrams: Command, tmp_path: Path, content: str | None, expected: str) -> None:
    run = [hop | {"from": "till", "to": "bank"} for hop in valid_run("ordering", Random(1))]
    lines = "".join(json.dumps(hop) + "\n" for hop in run) if content == "other" else content
    if lines is not None:
        (tmp_path / "run.jsonl").write_text(lines)

    done = diagrams("verify", DIAGRAMS / "ordering.puml", "--journal", "run.jsonl")

    assert (done.returncode, done.stdout) == (3, "")
    assert expected in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["render", "gone.puml"], ["render", "--format", "gif"], ["render", "--check", "--watch"], ["nothing"]]
)
def test_wrong_usage_is_code_two(diagrams: Command, arguments: list[str]) -> None:
    assert diagrams(*arguments).returncode == 2


def test_folder_without_diagrams_is_never_success(diagrams: Command, tmp_path: Path) -> None:
    for command in ("render", "check"):
        done = diagrams(command, tmp_path)
        assert (done.returncode, "no diagram found" in done.stdout) == (1, True)
