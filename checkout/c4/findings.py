"""Findings: one problem of a diagram with its place and remedy, and the two errors that end a command."""

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from checkout.errors import CheckoutError


@dataclass(frozen=True)
class Finding:
    """A problem, its place (line and column are 1-based), the rule that found it, and its fix in one sentence."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    fix: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity} [{self.rule}] {self.message}: {self.fix}"


class DiagramError(CheckoutError):
    """A diagram cannot be read or rendered; `findings` say why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


class PreconditionError(CheckoutError):
    """Something that a check depends on is missing, such as Java, fonts or a journal."""

    exit_code = 3


def display_path(path: Path) -> str:
    """A path as messages show it: relative if it is below the working directory, else absolute."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def printable(text: str) -> str:
    """A text of a diagram or a run without control characters, which a terminal could take for commands."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def json_text(data: Any) -> str:
    """Data as indented JSON, in which the control characters that JSON allows are escaped as well."""
    text = json.dumps(data, indent=1, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def log(text: str) -> None:
    """Prints the progress of a command to stderr; stdout is for its result."""
    print(text, file=sys.stderr, flush=True)


def as_json(findings: Iterable[Finding]) -> str:
    """Findings as one JSON object with a schema version."""
    return json.dumps({"version": 1, "findings": [asdict(finding) for finding in findings]}, indent=1)


def as_github(findings: Iterable[Finding]) -> str:
    """Findings as GitHub annotations, one per line."""
    return "\n".join(map(_annotation, findings))


def _annotation(found: Finding) -> str:
    place = f"file={_property(found.file)},line={found.line},col={found.column},title={found.rule}"
    return f"::{found.severity} {place}::{_escaped(f'{found.message}: {found.fix}')}"


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    # An unescaped line break would end the annotation and let the diagram start another workflow command.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
