"""Source files: finds diagrams in files; each line of a diagram knows its file and number."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checkout.c4.findings import DiagramError, Finding, display_path

SUFFIXES = (".puml", ".plantuml", ".iuml", ".pu", ".wsd")
MAX_BYTES = 1_000_000
START = re.compile(
    r"\s*@start(?P<kind>[a-z]+)\b(?:\s*\(\s*id\s*=\s*(?P<id>[\w.-]+)\s*\))?\s*(?P<name>[^\s{(][^{]*)?", re.I
)
END = re.compile(r"\s*@end[a-z]+\b", re.I)


@dataclass(frozen=True)
class SourceLine:
    """One line of source, its file, and its 1-based number there."""

    text: str
    file: Path
    number: int
    extends_c4: bool = False  # this line defines C4 macros
    deferred: DiagramError | None = field(default=None, compare=False)  # the error if PlantUML does not skip this line

    @property
    def place(self) -> str:
        """The file and the number, as messages show them."""
        return f"{display_path(self.file)}:{self.number}"

    def finding(self, rule: str, message: str, fix: str, at: str = "", severity: str = "error") -> Finding:
        """A finding on this line, at the column of the text `at`."""
        found = self.text.find(at) if at else len(self.text) - len(self.text.lstrip())
        return Finding(display_path(self.file), self.number, max(found, 0) + 1, rule, message, fix, severity)

    def error(self, rule: str, message: str, fix: str, at: str = "") -> DiagramError:
        """The error that this line keeps the diagram from being read or rendered."""
        return DiagramError(self.finding(rule, message, fix, at))


@dataclass(frozen=True)
class DiagramSource:
    """One diagram with includes resolved; `name` is that of its picture, `kind` the word after @start."""

    file: Path
    name: str
    kind: str
    lines: tuple[SourceLine, ...]
    included: tuple[Path, ...] = ()

    @property
    def text(self) -> str:
        """The whole source as PlantUML reads it, includes resolved."""
        return "\n".join(line.text for line in self.lines)

    @property
    def head(self) -> SourceLine:
        """The first line, to which a finding about the whole diagram points."""
        return self.lines[0]


def or_default(paths: list[Path] | None) -> list[Path]:
    """These paths; without any the folder diagrams if there is one, else the current folder."""
    return paths or [Path("diagrams") if Path("diagrams").is_dir() else Path(".")]


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The source files at paths; searches folders, but no hidden ones. Raises FileNotFoundError."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            below = (each for each in sorted(path.rglob("*")) if each.suffix.lower() in SUFFIXES and each.is_file())
            found.update(dict.fromkeys(each for each in below if not _is_hidden(each.relative_to(path))))
        elif path.is_file():
            found[path] = None
        else:
            raise FileNotFoundError(f"{path}: there is no such file or folder")
    return list(found)


def read_lines(file: Path) -> list[SourceLine]:
    """The lines of one file. Raises DiagramError for a file that is too large or not UTF-8 text."""
    head = SourceLine("", file, 1)
    if file.stat().st_size > MAX_BYTES:
        raise head.error("too-large", f"it is larger than {MAX_BYTES:,} bytes", "split it")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise head.error("not-text", f"it is not UTF-8 ({error.reason})", "save it as UTF-8") from error
    if "\0" in text:
        raise head.error("not-text", "it holds binary data", "name a PlantUML source")
    return lines_of(text, file)


def lines_of(text: str, file: Path) -> list[SourceLine]:
    """The lines of a text, as lines of a file."""
    return [SourceLine(each, file, number) for number, each in enumerate(text.split("\n"), 1)]


@dataclass(frozen=True)
class DiagramBlock:
    """The lines from @start to @end in one file, before includes are resolved."""

    kind: str
    name: str
    lines: tuple[SourceLine, ...]


def split_blocks(lines: list[SourceLine]) -> Iterator[DiagramBlock]:
    """The diagrams of a file, in order. Raises DiagramError for a diagram without an @end line."""
    opening, body = None, list[SourceLine]()
    for line in lines:
        start = START.match(line.text)
        if start and opening is None:
            opening, body = start, [line]
        elif opening is not None:
            body.append(line)
            if END.match(line.text):
                name = opening["id"] or _picture_name(opening["name"])
                yield DiagramBlock(opening["kind"].lower(), name, tuple(body))
                opening = None
    if opening is not None:
        raise body[0].error("unclosed-diagram", "this diagram is not closed", "end it with @enduml")


def picture_names(file: Path, found: list[DiagramBlock]) -> list[str]:
    """The name of each diagram's picture, as PlantUML names it: the diagram's name, else the file's with a number."""
    names: list[str] = []
    for number, block in enumerate(found):
        name = block.name or (file.stem if number == 0 else f"{file.stem}_{number:03}")
        names.append(name if name not in names else f"{file.stem}_{number:03}")
    return names


def _picture_name(written: str | None) -> str:
    plain = (written or "").strip().strip('"')
    return re.sub(r"[^\w.-]+", "_", Path(plain).name.removesuffix(".svg").removesuffix(".png")) if plain else ""


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)
