"""Finding: one thing wrong with a diagram, with its place and its remedy; and the two ways a command gives up."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from checkout.errors import CheckoutError


@dataclass(frozen=True)
class Finding:
    """What is wrong, where (line and column count from 1), by which rule, and how to mend it in one sentence."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    fix: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity} [{self.rule}] {self.message}: {self.fix}"


class Refused(CheckoutError):
    """A diagram that cannot be used as it stands: exit code 1, with the findings that say why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


class CannotJudge(CheckoutError):
    """Something the judgement needs is not there (Java, fonts, a journal): exit code 3."""

    exit_code = 3


def shown(path: Path) -> str:
    """A path as a reader wants it: relative to where they stand when it is below, else whole."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def as_json(findings: Iterable[Finding]) -> str:
    """Findings for a program: one object with a schema version."""
    return json.dumps({"version": 1, "findings": [asdict(finding) for finding in findings]}, indent=1)


def as_github(findings: Iterable[Finding]) -> str:
    """Findings as the annotations GitHub shows beside the line."""
    return "\n".join(
        f"::{f.severity} file={f.file},line={f.line},col={f.column},title={f.rule}::{_escaped(f'{f.message}: {f.fix}')}"
        for f in findings
    )


def _escaped(text: str) -> str:
    # An unescaped line break would end the annotation and start a command of the diagram's choosing.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
