"""Command line: runs `checkout ...` as a process, on a terminal, or in this process."""

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from checkout.cli import main

COMMAND = (sys.executable, "-m", "checkout")


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of this process, with these `CHECKOUT_...` settings only."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CHECKOUT_")}
    return others | {"CHECKOUT_HOME": str(home), "COLUMNS": "80"} | settings


def checkout(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; the result has its exit code, standard output and standard error."""
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(home, **settings), capture_output=True, text=True, timeout=100
    )


def on_a_terminal(home: Path, *arguments: str) -> list[str]:
    """Returns the lines that a command prints on a terminal of 80 columns without colours."""
    primary, secondary = pty.openpty()
    variables = environment(home, NO_COLOR="1", TERM="dumb")
    command, lines = [*COMMAND, *arguments], list[str]()
    with open(primary) as output, subprocess.Popen(command, env=variables, stdout=secondary, stderr=secondary):
        os.close(secondary)
        with contextlib.suppress(OSError):  # raised when the last process on the terminal ends
            for line in output:
                lines.append(line.rstrip())
    return lines


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Runs a command in this process and returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["checkout", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    code = exit.value.code
    assert isinstance(code, int)
    return code
