"""Magic: the `%%c4` cell magic, which renders the PlantUML source in a cell."""

from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from checkout.c4.findings import DiagramError, Finding
from checkout.c4.notebook.diagram import Diagram
from checkout.c4.notebook.text import wrapped
from checkout.c4.source.files import START, SourceLine
from checkout.errors import CheckoutError

TYPES = ("context", "container", "component", "dynamic", "deployment", "sequence")
USAGE = f"%%c4 [{'|'.join(TYPES)}] [-o NAME]"
CELL = "cell"  # stands for a file name in findings


def register(shell: InteractiveShell) -> None:
    """Makes `%%c4` available in an IPython shell."""

    def c4(line: str, cell: str) -> None:
        type, name = _arguments(line)
        diagram, errors = _render(_lines(cell, type))
        if diagram:
            display(diagram)  # type: ignore[no-untyped-call]
            shell.user_ns.update({name: diagram} if name else {})
        for error in errors:
            print(wrapped(str(error)))

    c4.__doc__ = f"""{USAGE}

    Renders the PlantUML source in the cell, and lists its errors by line; the line of the magic is line 1.
    A diagram type includes its C4 library. -o assigns the Diagram to a variable. @startuml may be left out.
    """
    shell.register_magic_function(c4, "cell", "c4")  # type: ignore[arg-type]


def _arguments(line: str) -> tuple[str, str]:
    words = line.split()
    type = words.pop(0) if words and words[0] in TYPES else ""
    if not words:
        return type, ""
    if len(words) != 2 or words[0] not in ("-o", "--output") or not words[1].isidentifier():
        raise UsageError(f"{line.strip()!r} is not understood; usage: {USAGE}")
    return type, words[1]


def _render(lines: list[SourceLine]) -> tuple[Diagram | None, list[Any]]:
    diagram: Diagram | None = None
    try:
        diagram = Diagram._from_lines(lines)
        findings = [finding for finding in diagram.check() if finding.severity == "error"]
    except DiagramError as error:
        findings = list(error.findings)
    except CheckoutError as error:
        return None, [error]
    return diagram, list(map(_by_line, findings))


def _lines(cell: str, type: str) -> list[SourceLine]:
    file = Path.cwd() / CELL
    lines = [SourceLine(text, file, number) for number, text in enumerate(cell.rstrip("\n").split("\n"), 2)]
    if not any(START.match(line.text) for line in lines):
        lines = [SourceLine("@startuml", file, 1), *lines, SourceLine("@enduml", file, lines[-1].number)]
    if type:
        start = next(at for at, line in enumerate(lines) if START.match(line.text))
        lines.insert(start + 1, SourceLine(f"!include <C4/C4_{type.title()}>", file, lines[start].number))
    return lines


def _by_line(finding: Finding) -> str:
    if finding.file != CELL:
        return str(finding)  # in a file that the cell includes
    return f"line {finding.line}: {finding.severity} [{finding.rule}] {finding.message}: {finding.fix}"
