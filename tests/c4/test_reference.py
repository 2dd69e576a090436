"""Reference: docs/diagrams.md has every command, option and rule of the toolkit, and its example verifies."""

import inspect
import re

import pytest
from typer.main import get_command

from c4.conftest import DIAGRAMS
from checkout.c4.checks import consistency, lint
from checkout.c4.cli import make_app
from checkout.c4.journal import read_journal

PAGE = (DIAGRAMS.parent / "docs/diagrams.md").read_text()


def test_the_page_has_every_command_with_its_options() -> None:
    commands = get_command(make_app()).commands
    rows = re.findall(r"^\| `(--[\w-]+)[^`]*` \| ([\w, ]+) \|", PAGE, re.MULTILINE)

    described = {(name, option) for option, names in rows for name in names.split(", ")}
    used = set(re.findall(r"^\| `(\w+) [^`]*(--[\w-]+)[^`]*` \|", PAGE, re.MULTILINE))

    assert re.findall(r"^\| `(\w+)(?: [^`]*)?` \| [a-z]+s ", PAGE, re.MULTILINE) == list(commands)
    assert described | used == {
        (name, parameter.opts[0])
        for name, command in commands.items()
        for parameter in command.params
        if parameter.opts[0].startswith("--") and parameter.opts[0] != "--help"
    }


@pytest.mark.parametrize("module", [lint, consistency])
def test_the_page_has_every_rule(module: object) -> None:
    rules = set(re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', inspect.getsource(module)))  # type: ignore[arg-type]

    assert len(rules) >= 6
    assert {rule for rule in rules if f"`{rule}`" not in PAGE} == set()


def test_the_example_of_a_journal_is_a_journal(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("example") / "run.jsonl"
    file.write_text("\n".join(re.findall(r'^\{"order".*\}$', PAGE, re.MULTILINE)) + "\n")

    assert [hop.message for hop in read_journal([file])] == ["Ask", "Agree"]
