"""What the command line says of itself, and of how it was called."""

import sys

import pytest
from command_line import checkout

from checkout import __version__
from checkout.cli import main

COMMANDS = ("demo", "up", "services", "bench", "order", "orders", "journey", "messages", "doctor", "kafka")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["checkout", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize("command", ["", *COMMANDS, "kafka start", "kafka stop", "kafka status"])
def test_every_command_explains_itself(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split(), "--help")

    said = capsys.readouterr()
    assert (exit_code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: checkout {command}")
    assert len(said.out.splitlines()) > 4


def test_the_help_lists_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "--help")

    said = capsys.readouterr().out
    listed = [line.split()[0] for line in said.partition("Commands:")[2].splitlines() if line.strip()]
    assert listed == list(COMMANDS)


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
        ("up --partitions x", "--partitions"),
        ("bench --orders 0", "--orders"),
        ("up --nonsense", "--nonsense"),
    ],
)
def test_a_wrong_call_ends_with_2_and_names_what_is_wrong(
    command: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch, *command.split())

    said = capsys.readouterr()
    assert (exit_code, said.out) == (2, "")
    assert said.err.startswith("Usage: checkout") and named in said.err.splitlines()[-1]


def test_without_a_command_the_help_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code = run(monkeypatch)

    assert exit_code == 2
    assert "Commands:" in "".join(capsys.readouterr())


def test_the_module_is_the_command_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    said = checkout(tmp_path_factory.mktemp("home"), "--version")

    assert (said.returncode, said.stdout, said.stderr) == (0, f"checkout {__version__}\n", "")
