"""Command: a `checkout` command in a cell: what it prints, and how it ends."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from checkout.lab.errors import LabError

LONGEST = 120.0  # seconds
PLAIN = {"NO_COLOR": "1", "COLUMNS": "150", "TERM": "dumb"}


class Ended(NamedTuple):
    """What a command printed, and its exit code: 0 good, 1 findings, 2 wrong usage, 3 cannot judge."""

    printed: str
    code: int

    def __repr__(self) -> str:
        return f"{self.printed}exit code {self.code}"


def command(line: str, folder: str | Path = ".") -> Ended:
    """Runs `checkout ...` in a folder, as one would in a terminal. Raises LabError for any other command."""
    words = shlex.split(line)
    if not words or words[0] != "checkout":
        raise LabError(f"only `checkout ...` runs here, not {line!r}: open a terminal for it")
    ran = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=os.environ | PLAIN, timeout=LONGEST, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return Ended(ran.stdout, ran.returncode)
