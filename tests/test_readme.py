"""README: its commands exist, its table says what the code does, and it stays short."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from checkout.cli.app import app
from checkout.messages import STORIES
from checkout.registry import arrows

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (.+?)(?<!\\)$", README, re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| ([^|]+) \| `(checkout/services/\w+\.py)` \| ([\d, ]+) \|", README, re.MULTILINE)


def test_the_readme_has_commands_and_a_table() -> None:
    assert len(COMMANDS) >= 10
    assert len(ROWS) == 7


def test_the_readme_can_be_read_in_ten_minutes() -> None:
    assert len(README.splitlines()) <= 130


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("./")])
def test_a_script_of_the_readme_is_there_to_be_run(line: str) -> None:
    script = ROOT / shlex.split(line)[0]

    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("checkout ")])
def test_a_command_of_the_readme_is_understood(line: str) -> None:
    words = shlex.split(line)[1:]
    names = [word for word in words if re.fullmatch("[a-z]+", word)][: 2 if words[0] in ("kafka", "diagrams") else 1]

    shown = CliRunner().invoke(app, [*names, "--help"])

    assert shown.exit_code == 0, shown.output
    assert all(word in shown.output for word in words if word.startswith("--"))


@pytest.mark.parametrize(("file", "steps"), [(file, steps) for _, file, steps in ROWS])
def test_the_table_names_the_steps_in_which_a_container_acts(file: str, steps: str) -> None:
    name = Path(file).stem

    acts = {arrow.step for story in STORIES for arrow in arrows(story) if name in (arrow.sender, arrow.to)}

    assert (ROOT / file).exists()
    assert sorted(acts) == [int(step) for step in steps.split(",")]


def test_every_command_has_a_sentence_of_help() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]

    assert len(commands) >= 10
    assert all(command.help for command in commands.values())
