"""Command: runs a `checkout` command in a cell, and returns its output and exit code."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from checkout.c4.notebook.text import WIDTH, wrapped
from checkout.lab.browser import needs_processes
from checkout.lab.errors import LabError

TIMEOUT = 120.0  # seconds
PLAIN_OUTPUT = {"NO_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "dumb"}


class CommandResult(NamedTuple):
    """The output of a command and its exit code: 0 success, 1 findings, 2 wrong usage, 3 a precondition is missing.

    A cell shows lines of at most 120 characters; `printed` has them as the command printed them.
    """

    printed: str
    code: int

    def __repr__(self) -> str:
        return wrapped(f"{self.printed}exit code {self.code}")


def command(line: str, folder: str | Path = ".") -> CommandResult:
    """Runs a `checkout` command as in a terminal.

    `line`: the command line. `folder`: its working directory. Returns output and exit code.
    Raises LabError for any other command, subprocess.TimeoutExpired after two minutes.
    """
    words = shlex.split(line)
    if not words or words[0] != "checkout":
        raise LabError(f"only `checkout ...` runs here, not {line!r}: open a terminal for it")
    needs_processes(f"`checkout {words[1]}`" if words[1:] else "a command")
    ran = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=os.environ | PLAIN_OUTPUT, timeout=TIMEOUT, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return CommandResult(ran.stdout, ran.returncode)
