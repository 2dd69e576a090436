"""Includes: replaces include directives by the files they name; rejects files outside the source tree and URLs."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from checkout.c4.findings import DiagramError
from checkout.c4.source.files import (
    MAX_BYTES,
    DiagramBlock,
    DiagramSource,
    SourceLine,
    picture_names,
    read_lines,
    split_blocks,
)
from checkout.c4.source.variables import Defines, Variables, not_known

DIRECTIVE = re.compile(r"\s*!(?P<how>include(?:_many|_once|url|sub)?|import|theme)\s+(?P<what>.+?)\s*$", re.I)
OPENING = re.compile(r"\s*!(?:unquoted\s+|final\s+)*(?:procedure|function|definelong)\b(?!.*\breturn\b)", re.I)
CLOSING = re.compile(r"\s*!end\s*(?:procedure|function|definelong)\b", re.I)
THEME = re.compile(r"(?P<name>\S+)\s+from\s+(?P<place>\S+)", re.I)
REMOTE = re.compile(r"<?\s*(?:https?|ftp|file):", re.I)
C4_FILE = re.compile(r"(?:^|[/<\\])C4(?:_\w+)?(?:\.puml)?>?$", re.I)
BUNDLED = (
    (re.compile(r"C4-PlantUML/.*?(C4(?:_\w+)?)\.puml", re.I), r"<C4/\1>"),
    (re.compile(r"C4-PlantUML/.*?themes/?$", re.I), "<C4/themes>"),
    (re.compile(r"(?:plantuml-icon-font-sprites|tupadr3)/(?:v?[\d.]+|master|main)/(.+?)\.puml", re.I), r"<tupadr3/\1>"),
)
MAX_DEPTH = 32


@dataclass
class _State:
    root: Path
    variables: Variables
    seen: list[Path] = field(default_factory=list)
    certain: set[Path] = field(default_factory=set)  # the included files, without those in a branch
    size: int = 0
    in_procedure: bool = False
    in_comment: bool = False

    @property
    def in_branch(self) -> bool:
        """Whether the preprocessor may skip the current line."""
        return bool(self.variables.branches) and not self.in_procedure


def read_diagrams(
    file: Path, root: Path, lines: list[SourceLine] | None = None, defines: Defines = ()
) -> list[DiagramSource]:
    """The diagrams of a file, includes resolved. Raises DiagramError.

    Included files are read from below `root` only. `lines` replaces the content of the file, which need not exist.
    `defines` are variables of the preprocessor that are set before the first line of each diagram.
    """
    found = list(split_blocks(read_lines(file) if lines is None else lines))
    names = picture_names(file, found)
    states = (_State(root.resolve(), Variables(defines)) for _ in found)
    return [_read_diagram(file, *each) for each in zip(names, found, states, strict=True)]


def bundled_name(address: str) -> str:
    """The name in PlantUML's library of a file that a URL names, or an empty string."""
    found = ((pattern.search(address), name) for pattern, name in BUNDLED)
    return next((match.expand(name) for match, name in found if match), "")


def _read_diagram(file: Path, name: str, block: DiagramBlock, state: _State) -> DiagramSource:
    body = _resolve_includes(list(block.lines[1:-1]), state, (file.resolve(),))
    # PlantUML waits for the rest of a diagram whose first or last line is indented.
    head, last = (replace(line, text=line.text.strip()) for line in (block.lines[0], block.lines[-1]))
    defines = (replace(head, text=f'!{name} = "{value}"') for name, value in state.variables.defines)
    return DiagramSource(file, name, block.kind, (head, *defines, *body, last), tuple(dict.fromkeys(state.seen)))


def _resolve_includes(lines: list[SourceLine], state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    expanded: list[SourceLine] = []
    for line in lines:
        directive = DIRECTIVE.match(line.text)
        if not _is_code(line.text, state) or directive is None:
            expanded.append(line)
        else:
            expanded += _resolve_or_defer(line, directive["how"].lower(), directive["what"], state, path)
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
    if not state.in_procedure:  # which has variables of its own
        state.variables.follow(text)
    state.in_procedure = bool(OPENING.match(text)) or (state.in_procedure and not CLOSING.match(text))
    return True


def _resolve_or_defer(
    line: SourceLine, how: str, what: str, state: _State, path: tuple[Path, ...]
) -> list[SourceLine]:
    """The lines that replace a directive; where it may be skipped, an error becomes one of PlantUML at this line."""
    try:
        return _resolve(line, how, what, state, path)
    except DiagramError as error:
        if not state.in_branch:
            raise
        return [replace(line, text="!assert %false()", deferred=error)]


def _resolve(line: SourceLine, how: str, what: str, state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    target = state.variables.substitute(re.sub(r"\s+'.*$", "", what), line)
    if how == "theme":
        return _resolve_theme(line, target, state, path)
    if REMOTE.match(target) or how == "includeurl":
        _refuse_remote(line, target)
    if how == "import":
        raise line.error("unreadable", "an archive cannot be read", "include its files one by one")
    if target.startswith("<"):
        return [SourceLine(f"!include {target}", line.file, line.number, extends_c4=bool(C4_FILE.search(target)))]
    if state.in_procedure or "$" in target or "%" in target:
        raise not_known(line, f"the name of {target}")
    return _include_file(line, how, target, state, path)


def _resolve_theme(line: SourceLine, target: str, state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    """A theme of PlantUML's library is left to PlantUML; one from a folder is included."""
    words = THEME.fullmatch(target)
    name, place = (words["name"], words["place"]) if words else (target, None)
    if place is None or place.startswith("<"):
        return [replace(line, text=f"!theme {target}")]
    if REMOTE.match(place):
        _refuse_remote(line, place, f"theme {name} from")
    return _include_file(line, "include", f"{place.rstrip('/')}/puml-theme-{name}.puml", state, path)


def _refuse_remote(line: SourceLine, address: str, directive: str = "include") -> NoReturn:
    name = bundled_name(address)
    fix = f"write !{directive} {name}" if name else "keep a copy beside the diagram and include that"
    raise line.error("remote-include", f"{address} is on a network, and nothing is downloaded", fix, address)


def _include_file(line: SourceLine, how: str, target: str, state: _State, path: tuple[Path, ...]) -> list[SourceLine]:
    written, _, part = target.strip('"').partition("!")
    file = (line.file.parent / written).resolve()
    if not file.is_relative_to(state.root):
        message = f"{written} is outside {state.root.name}/, the source tree of this diagram"
        raise line.error("include-outside", message, "copy it beside the diagram", written)
    if not file.is_file():
        raise line.error("missing-include", f"there is no file {written}", "correct the name", written)
    if file in path or len(path) > MAX_DEPTH:
        raise line.error("include-loop", f"{written} includes itself", "remove an include", written)
    is_repeatable = how in ("include_many", "includesub")
    if file in state.certain and not is_repeatable:
        return []  # PlantUML, too, includes a file only once
    guards = file in state.seen or state.in_branch
    state.seen.append(file)
    if not state.in_branch:
        state.certain.add(file)
    body = _resolve_includes(_select(line, file, how, part), state, (*path, file))
    body.append(SourceLine("", line.file, line.number, extends_c4=bool(C4_FILE.search(f"/{file.name}"))))
    return body if is_repeatable or not guards else _once(body, line, state.seen.index(file))


def _once(body: list[SourceLine], line: SourceLine, number: int) -> list[SourceLine]:
    """The lines of a file so that the preprocessor reads them once, whichever branch includes it."""
    name = f"C4FILE{number}INCLUDED"
    return [
        replace(line, text=f"!ifndef {name}"),
        replace(line, text=f"!define {name}"),
        *body,
        replace(line, text="!endif"),
    ]


def _select(line: SourceLine, file: Path, how: str, part: str) -> list[SourceLine]:
    lines = read_lines(file)
    if how == "includesub":
        return _select_part(line, lines, part)
    found = list(split_blocks(lines))
    if not found:
        return _without_metadata(lines)
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


def _without_metadata(lines: list[SourceLine]) -> list[SourceLine]:
    """The lines of a file without the description between --- and --- at the top of a theme."""
    marks = [at for at, line in enumerate(lines) if line.text.strip() == "---"]
    return lines[marks[1] + 1 :] if len(marks) > 1 and marks[0] == 0 else lines
