"""DSL statements: splits the text of a Structurizr DSL file into statements, each with its words, line and block."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from checkout.c4.source.files import SourceLine, read_lines

WORD = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')
CONSTANT = re.compile(r"\$\{([\w.-]+)\}")
REMEDY = "export the workspace as JSON with the Structurizr command line and name that file"
MAX_DEPTH = 64


@dataclass
class DslStatement:
    """One statement: its words without quotation marks, and the statements of its block if it has one."""

    words: list[str]
    line: SourceLine
    block: "list[DslStatement] | None" = None

    @property
    def keyword(self) -> str:
        """The first word in lower case; empty for a block without words."""
        return self.words[0].lower() if self.words else ""


@dataclass
class _Reader:
    root: DslStatement
    constants: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open = [self.root]

    def read(self, text: str, line: SourceLine) -> None:
        words = [self._expand(match[1] if match[1] is not None else match[2], line) for match in WORD.finditer(text)]
        if words == ["}"]:
            if len(self.open) == 1:
                raise line.error("unreadable", "this } closes nothing", "remove it")
            self.open.pop()
            return
        opens = words[-1] == "{"
        statement = DslStatement(words[:-1] if opens else words, line, [] if opens else None)
        if statement.keyword in ("!const", "!constant", "!var") and len(words) > 2:
            self.constants[words[1]] = words[2]
        block = self.open[-1].block
        assert block is not None
        block.append(statement)
        if opens:
            self.open.append(statement)
        if len(self.open) > MAX_DEPTH:
            raise line.error("unreadable", f"blocks are nested deeper than {MAX_DEPTH}", REMEDY)

    def _expand(self, word: str, line: SourceLine) -> str:
        def value(name: re.Match[str]) -> str:
            if name[1] not in self.constants:
                raise line.error("unreadable", f"the value of {name[0]} is not in this file", REMEDY, name[0])
            return self.constants[name[1]]

        return CONSTANT.sub(value, word.replace('\\"', '"'))


def read_statements(file: Path) -> list[DslStatement]:
    """The statements of a file. Raises DiagramError where it is not UTF-8 text or its blocks are not closed."""
    head = SourceLine("", file, 1)
    reader = _Reader(DslStatement([], head, []))
    in_comment, before = False, ""
    for line in read_lines(file):
        text = before + line.text.strip()
        in_comment = in_comment or text.startswith("/*")
        if in_comment:
            in_comment = not text.endswith("*/")
        elif '"""' in text:
            raise line.error("unreadable", "a text of several lines cannot be read", REMEDY, '"""')
        elif text.endswith("\\"):
            before = text.removesuffix("\\")
            continue
        elif text and not text.startswith(("//", "#")):
            reader.read(text, line)
        before = ""
    if len(reader.open) > 1:
        raise reader.open[-1].line.error("unreadable", "this block is not closed", "add its }")
    return reader.root.block or []
