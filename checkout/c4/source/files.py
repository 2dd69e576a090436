"""Sources: the diagrams in files, each with everything it includes, and every line knowing where it came from."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checkout.c4.findings import Finding, Refused, shown

SUFFIXES = (".puml", ".plantuml", ".iuml", ".pu", ".wsd")
LARGEST = 1_000_000
START = re.compile(
    r"\s*@start(?P<kind>[a-z]+)\b(?:\s*\(\s*id\s*=\s*(?P<id>[\w.-]+)\s*\))?\s*(?P<name>[^\s{(][^{]*)?", re.I
)
END = re.compile(r"\s*@end[a-z]+\b", re.I)


@dataclass(frozen=True)
class Line:
    """One line of source and its place: the file it stands in, and its number there, from 1."""

    text: str
    file: Path
    number: int
    extends_c4: bool = False  # after this line the C4 macros are (newly) defined

    def finding(self, rule: str, message: str, fix: str, at: str = "", severity: str = "error") -> Finding:
        """A finding on this line, at the column where `at` stands."""
        found = self.text.find(at) if at else len(self.text) - len(self.text.lstrip())
        return Finding(shown(self.file), self.number, max(found, 0) + 1, rule, message, fix, severity)


@dataclass(frozen=True)
class Diagram:
    """One diagram: its file, the name of its picture, and its lines with all that is included."""

    file: Path
    name: str
    kind: str
    lines: tuple[Line, ...]
    included: tuple[Path, ...] = field(default=())

    @property
    def text(self) -> str:
        """The whole source, includes in place, as PlantUML is to read it."""
        return "\n".join(line.text for line in self.lines)

    @property
    def head(self) -> Line:
        """The line a finding about the whole diagram points to."""
        return self.lines[0]


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The source files at these paths, folders searched; hidden folders and what looks like none are left out."""
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


def read_lines(file: Path) -> list[Line]:
    """The lines of one file. Raises Refused for what is too large or no text."""
    if file.stat().st_size > LARGEST:
        raise Refused(_whole(file, "too-large", f"it is larger than {LARGEST:,} bytes", "split it"))
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(_whole(file, "not-text", f"it is not UTF-8 ({error.reason})", "save it as UTF-8")) from error
    if "\0" in text:
        raise Refused(_whole(file, "not-text", "it holds binary data", "name a PlantUML source"))
    return [Line(each, file, number) for number, each in enumerate(text.split("\n"), 1)]


@dataclass(frozen=True)
class Block:
    """The lines from @start to @end as they stand in one file, before anything is included."""

    kind: str
    name: str
    lines: tuple[Line, ...]


def blocks(lines: list[Line]) -> Iterator[Block]:
    """The diagrams of a file, in order. Raises Refused for one that is never closed."""
    opening, body = None, list[Line]()
    for line in lines:
        start = START.match(line.text)
        if start and opening is None:
            opening, body = start, [line]
        elif opening is not None:
            body.append(line)
            if END.match(line.text):
                name = opening["id"] or _picture_name(opening["name"])
                yield Block(opening["kind"].lower(), name, tuple(body))
                opening = None
    if opening is not None:
        raise Refused(body[0].finding("unclosed-diagram", "this diagram is not closed", "end it with @enduml"))


def pictures(file: Path, found: list[Block]) -> list[str]:
    """The name of each diagram's picture, as PlantUML would name it: its own name, else the file's, numbered."""
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


def _whole(file: Path, rule: str, message: str, fix: str) -> Finding:
    return Finding(shown(file), 1, 1, rule, message, fix)
