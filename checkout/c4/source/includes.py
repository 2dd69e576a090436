"""Include: puts what a diagram includes in its place, and refuses what lies outside its tree or on a network."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from checkout.c4.findings import Refused
from checkout.c4.source.files import LARGEST, Block, Diagram, Line, blocks, pictures, read_lines

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
DEEPEST = 32


@dataclass
class _State:
    root: Path
    names: dict[str, str] = field(default_factory=dict)
    seen: list[Path] = field(default_factory=list)
    size: int = 0
    branches: int = 0
    in_procedure: bool = False
    in_comment: bool = False


def read_diagrams(file: Path, root: Path) -> list[Diagram]:
    """The diagrams of a file, includes in place; `root` is the tree that includes may come from."""
    found = list(blocks(read_lines(file)))
    return [_assemble(file, name, block, root) for name, block in zip(pictures(file, found), found, strict=True)]


def bundled_name(address: str) -> str:
    """What to write instead of a remote include, where PlantUML's own library has it; else nothing."""
    for pattern, name in BUNDLED:
        match = pattern.search(address)
        if match:
            return match.expand(name)
    return ""


def _assemble(file: Path, name: str, block: Block, root: Path) -> Diagram:
    state = _State(root.resolve())
    lines = _expanded(list(block.lines), state, (file.resolve(),))
    return Diagram(file, name, block.kind, tuple(lines), tuple(dict.fromkeys(state.seen)))


def _expanded(lines: list[Line], state: _State, path: tuple[Path, ...]) -> list[Line]:
    expanded: list[Line] = []
    for line in lines:
        directive = DIRECTIVE.match(line.text)
        if not _is_code(line.text, state) or directive is None:
            expanded.append(line)
        else:
            expanded += _included(line, directive["how"].lower(), directive["what"], state, path)
        state.size += len(line.text)
        if state.size > LARGEST:
            raise Refused(line.finding("too-large", f"with its includes it is above {LARGEST:,} bytes", "split it"))
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
    opens, closes = re.match(r"!if", bare), re.match(r"!endif", bare)
    state.branches += bool(opens) - bool(closes)
    return True


def _included(line: Line, how: str, what: str, state: _State, path: tuple[Path, ...]) -> list[Line]:
    target = _substituted(re.sub(r"\s+'.*$", "", what), state.names)
    if how == "theme":
        remote = re.search(r"\bfrom\s+(\S+)", target)
        return [line] if not remote else _from_elsewhere(line, remote[1], state)
    if REMOTE.match(target) or how == "includeurl":
        return _from_elsewhere(line, target, state)
    if how == "import":
        raise Refused(line.finding("unreadable", "an archive cannot be read", "include its files one by one"))
    if target.startswith("<"):
        return [Line(f"!include {target}", line.file, line.number, extends_c4=bool(C4_FILE.search(target)))]
    if state.in_procedure or "$" in target or "%" in target:
        raise Refused(line.finding("unreadable", f"which file {target} is, is known only at run time", "name the file"))
    return _from_file(line, how, target, state, path)


def _from_elsewhere(line: Line, address: str, state: _State) -> list[Line]:
    name = bundled_name(address)
    fix = f"write !include {name}" if name else "keep a copy beside the diagram and include that"
    raise Refused(line.finding("remote-include", f"{address} lies on a network, and nothing is fetched", fix, address))


def _from_file(line: Line, how: str, target: str, state: _State, path: tuple[Path, ...]) -> list[Line]:
    written, _, part = target.strip('"').partition("!")
    file = (line.file.parent / written).resolve()
    if not file.is_relative_to(state.root):
        message = f"{written} lies outside {state.root.name}/, the tree of this diagram"
        raise Refused(line.finding("include-outside", message, "copy it beside the diagram", written))
    if not file.is_file():
        if state.branches:
            return [line]  # PlantUML complains if this branch is taken
        raise Refused(line.finding("missing-include", f"there is no file {written}", "correct the name", written))
    if file in path or len(path) > DEEPEST:
        raise Refused(line.finding("include-loop", f"{written} includes itself", "take an include out", written))
    if file in state.seen and how != "include_many" and how != "includesub" and not state.branches:
        return []  # PlantUML, too, includes a file once
    state.seen.append(file)
    body = _expanded(_chosen(line, file, how, part), state, (*path, file))
    is_c4 = bool(C4_FILE.search(f"/{file.name}"))
    return [*body, Line("", line.file, line.number, extends_c4=is_c4)]


def _chosen(line: Line, file: Path, how: str, part: str) -> list[Line]:
    lines = read_lines(file)
    if how == "includesub":
        return _sub(line, lines, part)
    found = list(blocks(lines))
    if not found:
        return lines
    number = int(part) if part.isdigit() else 0
    named = [block for block in found if part and block.name == part] or found[number : number + 1]
    if not named:
        raise Refused(line.finding("missing-include", f"{file.name} has no diagram {part}", "correct the name", part))
    return list(named[0].lines[1:-1])


def _sub(line: Line, lines: list[Line], part: str) -> list[Line]:
    chosen, inside = list[Line](), False
    for each in lines:
        word = re.match(r"\s*!(startsub|endsub)\s*(\S*)", each.text, re.I)
        if word:
            inside = word[1].lower() == "startsub" and word[2] == part
        elif inside:
            chosen.append(each)
    if not chosen:
        raise Refused(line.finding("missing-include", f"there is no part {part}", "correct the name", part))
    return chosen


def _substituted(text: str, names: dict[str, str]) -> str:
    for _ in range(8):  # a prefix may be made of prefixes
        replaced = re.sub(r"\$?\w+", lambda name: names.get(name[0], name[0]), text)
        if replaced == text:
            return text
        text = replaced
    return text
