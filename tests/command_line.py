"""Command line: runs `checkout ...` in a process of its own, in a home of its own."""

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
    """This process's environment, with no other settings of ours than these."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CHECKOUT_")}
    return others | {"CHECKOUT_HOME": str(home), "COLUMNS": "80"} | settings


def checkout(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The ended command: its exit code, and what it printed on both streams."""
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(home, **settings), capture_output=True, text=True, timeout=60
    )


def on_a_terminal(home: Path, *arguments: str) -> list[str]:
    """The lines that a command shows on a terminal of 80 columns, without colours."""
    keyboard, screen = pty.openpty()
    surroundings = environment(home, NO_COLOR="1", TERM="dumb")
    command, lines = [*COMMAND, *arguments], list[str]()
    with open(keyboard) as shown, subprocess.Popen(command, env=surroundings, stdout=screen, stderr=screen):
        os.close(screen)
        with contextlib.suppress(OSError):  # which a terminal raises when the last program has left it
            for line in shown:
                lines.append(line.rstrip())
    return lines


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of a command that runs in this process."""
    monkeypatch.setattr(sys, "argv", ["checkout", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    assert isinstance(code, int)
    return code
