"""Tool output: what one of Kafka's own tools prints about a lab, also as a DataFrame."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from checkout.errors import CheckoutError
from checkout.lab.browser import needs_processes
from checkout.lab.errors import LabError
from checkout.lab.sessions.session import Session
from checkout.lab.views.dataframes import library

if TYPE_CHECKING:
    import pandas as pd

TIMEOUT = 60.0  # seconds
NAMES = ("--group", "--topic")  # options whose values have the lab's prefix on Kafka
HEADING = re.compile(r"[A-Z][A-Z-]+(?: +#?[A-Z][A-Z-]+)+ *")
PAIR = re.compile(r"(\w+): (\S*)")


class ToolOutput(NamedTuple):
    """What a tool has printed, with the names of topics and groups as in the lab, and its exit code."""

    printed: str
    code: int

    @property
    def table(self) -> pd.DataFrame:
        """The rows of a printed table, or the partitions that `topics --describe` prints. Raises LabError if none."""
        rows = [*_rows(self.printed)]
        if not rows:
            raise LabError("the tool has printed no table: print(output.printed) shows what it says")
        return library().DataFrame(rows)

    def __repr__(self) -> str:
        return f"{self.printed.strip()}\nexit code {self.code}"


def run_tool(session: Session, line: str) -> ToolOutput:
    """Runs one of Kafka's own tools for the Kafka of this lab: `consumer-groups --describe --group stock`.

    `line`: the arguments of `checkout kafka tool`; the lab adds `--bootstrap-server`, and its prefix to the values of
    `--group` and `--topic`. Raises LabError for a lab in memory, an unknown tool, one that cannot be downloaded, or
    one that has not ended after a minute.
    """
    needs_processes("a tool of Kafka")
    from checkout.local_kafka import tools  # a lab in memory needs no Kafka

    tool, *arguments = shlex.split(line) or [""]
    if tool not in tools.CLASSES:
        raise LabError(f"there is no tool {tool!r}: there are {', '.join(tools.CLASSES)}")
    server = ["--bootstrap-server", session.address()] if tools.lacks_server(tool, arguments) else []
    before = ["", *arguments]
    named = [session.full_name(b) if a in NAMES else b for a, b in zip(before, arguments, strict=False)]
    try:
        command = tools.command_line(tool, [*named, *server])
        ran = subprocess.run(
            command, env=tools.environment(), timeout=TIMEOUT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise LabError(f"{tool} has not ended after {TIMEOUT:.0f} s: run it in a terminal") from None
    except CheckoutError as error:
        raise LabError(str(error)) from error
    return ToolOutput(_aligned(ran.stdout.replace(session.full_name(""), "")), ran.returncode)


def _blocks(printed: str) -> Iterator[list[str]]:
    """The lines of each printed table, its heading first, and each other line alone."""
    table = list[str]()
    for line in printed.splitlines():
        is_heading = HEADING.fullmatch(line) is not None
        if table and not is_heading and len(line.split()) == len(table[0].split()):
            table.append(line)
            continue
        yield from [table] if table else []
        table = [line] if is_heading else []
        yield from [] if is_heading else [[line]]
    yield from [table] if table else []


def _rows(printed: str) -> Iterator[dict[str, int | str]]:
    for heading, *lines in _blocks(printed):
        for line in lines:
            yield {name: _cell(word) for name, word in zip(heading.split(), line.split(), strict=True)}
        if "\tPartition: " in heading:
            yield {name: _cell(word) for name, word in PAIR.findall(heading)}


def _aligned(printed: str) -> str:
    # The tool has aligned the columns of names with the prefix.
    return "".join(f"{line}\n" for lines in _blocks(printed) for line in (_columns(lines) if lines[1:] else lines))


def _columns(lines: list[str]) -> Iterator[str]:
    cells = [line.split() for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()


def _cell(word: str) -> int | str:
    return int(word) if word.isdecimal() else word
