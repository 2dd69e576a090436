"""Help: every command describes itself and its options in one style, and a wrong call is explained."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from command_line import checkout, run
from typer.main import get_command

from checkout import __version__
from checkout.cli.app import app

DEFAULT = re.compile(r"\s+\[default: .+\]$")


def commands(command: Any, *words: str) -> Iterator[tuple[str, Any]]:
    """The command and all commands below it, each with the words that call it."""
    yield " ".join(words), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *words, name)


def is_option(parameter: Any) -> bool:
    return parameter.param_type_name == "option" and parameter.name != "help"


COMMANDS = dict(commands(get_command(app)))
CALLS = list(COMMANDS)


@pytest.mark.parametrize("command", CALLS)
def test_every_command_explains_itself(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split(), "--help")

    printed = capsys.readouterr()
    assert (exit_code, printed.err) == (0, "")
    assert printed.out.startswith(f"Usage: checkout {command}")
    assert len(printed.out.splitlines()) > 4


@pytest.mark.parametrize("command", CALLS)
def test_the_help_shows_placeholders_instead_of_python_types(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, *command.split(), "--help")

    assert re.findall(r"<[^<>]+>|\b(?:INTEGER|TEXT|FLOAT)\b", capsys.readouterr().out) == []


@pytest.mark.parametrize("command", CALLS)
def test_every_option_has_a_sentence_of_help(command: str) -> None:
    found = COMMANDS[command]

    texts = {option.name: re.sub(DEFAULT, "", option.help or "") for option in found.params if is_option(option)}

    assert found.help and found.help.partition("\n")[0].endswith(".")
    assert {name: text for name, text in texts.items() if not re.fullmatch(r"[A-Z].+\.", text)} == {}


def test_the_first_line_of_a_command_fits_the_list_of_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for group in ("", "kafka", "dlt", "diagrams"):
        run(monkeypatch, *group.split(), "--help")

    assert "..." not in capsys.readouterr().out.replace("[ARGS]...", "")


def test_the_help_lists_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "--help")

    printed = capsys.readouterr().out
    listed = [line.split()[0] for line in printed.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == [call for call in CALLS if call and " " not in call]
    assert {"demo", "up", "services", "order", "orders", "journey", "messages", "doctor", "kafka"} <= set(listed)


def test_the_version_is_the_packages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    exit_code = run(monkeypatch, "--version")

    assert (exit_code, capsys.readouterr().out) == (0, f"checkout {__version__}\n")


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("nonsense", "nonsense"),
        ("kafka nonsense", "nonsense"),
        ("journey", "ID"),
        ("order --quantity many", "--quantity"),
        ("order --pay cash", "--pay"),
        ("up --partitions x", "--partitions"),
        ("bench --orders 0", "--orders"),
        ("up --nonsense", "--nonsense"),
    ],
)
def test_a_wrong_call_ends_with_2_and_names_what_is_wrong(
    command: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    printed = capsys.readouterr()
    assert (exit_code, printed.out) == (2, "")
    assert printed.err.startswith("Usage: checkout") and named in printed.err.splitlines()[-1]


def test_without_a_command_the_help_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch)

    assert exit_code == 2
    assert "Commands:" in "".join(capsys.readouterr())


def test_the_module_is_the_command_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    printed = checkout(tmp_path_factory.mktemp("home"), "--version")

    assert (printed.returncode, printed.stdout, printed.stderr) == (0, f"checkout {__version__}\n", "")
