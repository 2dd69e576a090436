"""Includes: replaces include directives by the files they name; rejects files outside the source tree and URLs."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from checkout.c4.source.files import (
    MAX_BYTES,
    DiagramBlock,
    DiagramSource,
    SourceLine,
    picture_names,
    read_lines,
    split_blocks,
)

DIRECTIVE = re.compile(r"\s*!(?P<how>include(?:_many|_once|url|sub)?|import|theme)\s+(?P<what>.+?)\s*$", re.I)
DEFINE = re.compile(r"\s*!(?:define\s+(?P<name>\w+)\s+|(?P<var>\$?\w+)\s*\??=\s*)(?P<value>\S.*?)\s*$")
OPENING = re.compile(r"\s*!(?:unquoted\s+|final\s+)*(?:procedure|function|definelong)\b(?!.*\breturn\b)", re.I)
CLOSING = re.compile(r"\s*!end\s*(?:procedure|function|definelong)\b", re.I)
REMOTE = re.compile(r"<?\s*(?:https?|ftp|file):", re.I)
C4_FILE = re.compile(r"(?:^|[/<\\])C4(?:_\w+)?(?:\.puml)?>?$", re.I)
BUNDLED = (
    (re.compile(r"C4-PlantUML/.*?(C4(?:_\w+)?)\.puml", re.I), r"<C4/\1>"),
    (re.compile(r"(?:plantuml-icon-font-sprites|tupadr3)/(?:v?[\d.]+|master|main)/(.+?)\.puml", re.I), r"<tupadr3/\1>"),
)
MAX_DEPTH = 32


@dataclass
class _State:
    root: Path
    names: dict[str, str] = field(default_factory=dict)
    seen: list[Path] = field(default_factory=list)
    size: int = 0
    branches: int = 0
    in_procedure: bool = False
    in_comment: bool = False


def read_diagrams(file: Path, root: Path, lines: list[SourceLine] | None = None) -> list[DiagramSource]:
    """The diagrams of a file, includes resolved. Raises DiagramError.

    Included files are read from below `root` only. `lines` replaces the content of the file, which need not exist.
    """
    found = list(split_blocks(read_lines(file) if lines is None else lines))
    names = picture_names(file, found)
    return [_read_diagram(file, name, block, _State(root.resolve())) for name, block in zip(names, found, strict=True)]


def bundled_name(address: str) -> str:
    """The name in PlantUML's library of a file that a URL names, or an empty string."""
    found = ((pattern.search(address), name) for pattern, name in BUNDLED)
    return next((match.expand(name) for match, name in found if match), "")


def _read_diagram(file: Path, name: str, block: DiagramBlock, state: _State) -> DiagramSource:
    lines = _resolve_includes(list(block.lines), state, (file.resolve(),))
    return DiagramSource(file, name, block.kind, tuple(lines), tuple(dict.fromkeys(state.seen)))


def _resolve_includes(lines: list[SourceLine], state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    expanded: list[SourceLine] = []
    for line in lines:
        directive = DIRECTIVE.match(line.text)
        if not _is_code(line.text, state) or directive is None:
            expanded.append(line)
        else:
            expanded += _resolve(line, directive["how"].lower(), directive["what"], state, path)
        state.size += len(line.text)
        if state.size > MAX_BYTES:
            raise line.error("too-large", f"with its includes it is above {MAX_BYTES:,} bytes", "split it")
    return expanded


def _is_code(text: str, state: _State) -> bool:
    bare = text.strip()
    if state.in_comment or bare.startswith("/'"):
        state.in_comment = "'/" not in bare.removeprefix("/'")
        return False
    if bare.startswith("'"):
        return False
    define = DEFINE.match(text)
    if define:
        state.names[define["name"] or define["var"]] = define["value"].strip('"')
    state.in_procedure = bool(OPENING.match(text)) or (state.in_procedure and not CLOSING.match(text))
    state.branches += bare.startswith("!if") - bare.startswith("!endif")
    return True


def _resolve(line: SourceLine, how: str, what: str, state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    target = _substitute(re.sub(r"\s+'.*$", "", what), state.names)
    if how == "theme":
        remote = re.search(r"\bfrom\s+(\S+)", target)
        return [line] if not remote else _refuse_remote(line, remote[1])
    if REMOTE.match(target) or how == "includeurl":
        _refuse_remote(line, target)
    if how == "import":
        raise line.error("unreadable", "an archive cannot be read", "include its files one by one")
    if target.startswith("<"):
        return [SourceLine(f"!include {target}", line.file, line.number, extends_c4=bool(C4_FILE.search(target)))]
    if state.in_procedure or "$" in target or "%" in target:
        raise line.error("unreadable", f"the name of {target} is known only at run time", "name the file")
    return _include_file(line, how, target, state, path)


def _refuse_remote(line: SourceLine, address: str) -> NoReturn:
    name = bundled_name(address)
    fix = f"write !include {name}" if name else "keep a copy beside the diagram and include that"
    raise line.error("remote-include", f"{address} is on a network, and nothing is downloaded", fix, address)


def _include_file(line: SourceLine, how: str, target: str, state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    written, _, part = target.strip('"').partition("!")
    file = (line.file.parent / written).resolve()
    if not file.is_relative_to(state.root):
        message = f"{written} is outside {state.root.name}/, the source tree of this diagram"
        raise line.error("include-outside", message, "copy it beside the diagram", written)
    if not file.is_file():
        if state.branches:
            return [line]  # PlantUML reports an error if this branch is taken
        raise line.error("missing-include", f"there is no file {written}", "correct the name", written)
    if file in path or len(path) > MAX_DEPTH:
        raise line.error("include-loop", f"{written} includes itself", "remove an include", written)
    if file in state.seen and how not in ("include_many", "includesub") and not state.branches:
        return []  # PlantUML, too, includes a file only once
    state.seen.append(file)
    body = _resolve_includes(_select(line, file, how, part), state, (*path, file))
    is_c4 = bool(C4_FILE.search(f"/{file.name}"))
    return [*body, SourceLine("", line.file, line.number, extends_c4=is_c4)]


def _select(line: SourceLine, file: Path, how: str, part: str) -> list[SourceLine]:
    lines = read_lines(file)
    if how == "includesub":
        return _select_part(line, lines, part)
    found = list(split_blocks(lines))
    if not found:
        return lines
    number = int(part) if part.isdigit() else 0
    named = [block for block in found if part and block.name == part] or found[number : number + 1]
    if not named:
        raise line.error("missing-include", f"{file.name} has no diagram {part}", "correct the name", part)
    return list(named[0].lines[1:-1])


def _select_part(line: SourceLine, lines: list[SourceLine], part: str) -> list[SourceLine]:
    chosen, inside = list[SourceLine](), False
    for each in lines:
        word = re.match(r"\s*!(startsub|endsub)\s*(\S*)", each.text, re.I)
        if word:
            inside = word[1].lower() == "startsub" and word[2] == part
        elif inside:
            chosen.append(each)
    if not chosen:
        raise line.error("missing-include", f"there is no part {part}", "correct the name", part)
    return chosen


def _substitute(text: str, names: dict[str, str]) -> str:
    for _ in range(8):  # a variable may be defined by variables
        replaced = re.sub(r"\$?\w+", lambda name: names.get(name[0], name[0]), text)
        if replaced == text:
            return text
        text = replaced
    return text
