"""Arrows: parses the elements and arrows of a preprocessed diagram, with step, technology and source line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from checkout.c4.findings import DiagramError
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.preprocessing import BOX, FIELD, INDEX, MARK, RECORD

SHAPES = (
    "rectangle|database|queue|person|actor|component|node|boundary|cloud|folder|frame|package|storage|card|agent|artifact|"
    "file|stack|hexagon|usecase|interface|control|entity|collections|participant|process|label|circle|port|portin|portout|"
    "class|object|abstract|enum"
)
NAME_QUOTED = r'"[^"]*"|\[[^\]]*\]|\([^)]*\)'
NAME = NAME_QUOTED + r"|:[^:]+:|\$?[\w.@]+"
ELEMENT = re.compile(
    rf"(?:create\s+)?(?P<shape>{SHAPES})\s+(?P<one>{NAME})(?P<mid>\s*(?:<<[^>]*>>\s*)*)(?:as\s+(?P<two>{NAME}))?(?P<rest>.*)$",
    re.I,
)
TAIL = r"(?:<\|?|<<|<\|\||[o*^#x}0@+(/\\]|\|)"
BODY = r"[-.=~]+(?:\[[^\]]*\])?(?:left|right|up|down|le|ri|do|l|r|u|d)?(?:\[[^\]]*\])?[-.=~]*"
HEAD = r"(?:\|?>|>>|[o*^#x{0@+)/\\]|\|)"
ARROW = re.compile(
    rf'(?:&\s*)?(?P<a>{NAME}|\[)\s*(?:"[^"]*"\s*)?(?P<arrow>{TAIL}{{0,2}}(?P<body>{BODY}){HEAD}{{0,2}})\s*(?:"[^"]*"\s*)?'
    rf"(?P<b>{NAME}|\])(?P<rest>\s*(?:[+*!-]{{2}})*\s*(?:#\S+\s*)?(?:<<[^>]*>>\s*)*(?:#\S+\s*)?)(?::(?P<label>.*))?$",
    re.I,
)
LOOKS_LIKE = re.compile(r"(?:[-.=~]{2,}|[-.=~][\]lrud\w]*[-.=~]|<[-.=~]|[-.=~]>)")
# Statements without an arrow of their own; the first group opens a block that the second closes.
BLOCKS = (
    (r"(?:legend|title|header|footer|caption)\b(?:\s+(?:left|right|center|top|bottom))*\s*$", r"end\s*[lthfc]"),
    (r"(?:center\s+|left\s+|right\s+)?(?:header|footer|legend)\s*$", r"end\s*(?:header|footer|legend)"),
    (r"(?:floating\s+)?[hr]?note\b(?!.*:)(?!\s*\"[^\"]*\"\s+as\b).*$", r"end\s*[hr]?note"),
    (r"ref\s+over\b(?!.*:)", r"end\s+ref"),
    (r"<style>", r"</style>"),
    (r"(?:skinparam|sprite)\b.*\{\s*$", r"\}"),
    (r"(?:json|map|object|class|enum|abstract|interface)\b.*\{\s*$", r"\}"),
)  # fmt: skip
PLAIN = re.compile(
    r"(?:[@!'}]|<\$|==|\.\.\.|\|\|\||(?:skinparam|hide|show|remove|restore|scale|left to right|top to bottom|"
    r"allow_?mixing|set|sprite|title|caption|header|footer|legend|note|floating note|hnote|rnote|together|newpage|page|"
    r"url|style|skin|mainframe|alt|else|opt|loop|par|break|critical|group|end|activate|deactivate|destroy|return|"
    r"autonumber|autoactivate|box|ref|namespace)(?=\s+[^-.<\s]|\s*$|\())",
    re.I,
)


@dataclass(frozen=True)
class Element:
    """An element of a diagram and the line that declares it; `inside` is the alias of its boundary."""

    alias: str
    label: str
    shape: str
    technology: str
    line: SourceLine
    is_boundary: bool = False
    inside: str = ""


@dataclass(frozen=True)
class Arrow:
    """A drawn arrow; `index` is its step as written, or empty; `svg_id` is the id of its group in the picture."""

    index: str
    source: str
    target: str
    label: str
    technology: str
    line: SourceLine
    both_ways: bool = False
    hidden: bool = False
    svg_id: str | None = None

    @property
    def step(self) -> int | None:
        """The index as a number, or None."""
        return int(self.index) if re.fullmatch(r"[0-9]{1,6}", self.index) else None

    @property
    def key(self) -> tuple[str, str, str]:
        """From, to, technology: what identifies an arrow."""
        return self.source, self.target, self.technology

    def __str__(self) -> str:
        technology = f" [{self.technology}]" if self.technology else ""
        return f"{self.index + ' ' if self.index else ''}{self.source} → {self.target}{technology}"

    def as_data(self) -> dict[str, str | int | bool | None]:
        """This arrow as JSON data; `both_ways` is present only if true."""
        index = self.step if self.step is not None else self.index or None
        data = {"index": index, "from": self.source, "to": self.target}
        data |= {"label": self.label, "technology": self.technology, "line": self.line.number, "svg_id": self.svg_id}
        return data | ({"both_ways": True} if self.both_ways else {})

    def finding_anchor(self) -> str:
        """The text on the line to whose column a finding points."""
        return self.line.text.strip().split("(")[0]


@dataclass(frozen=True)
class Drawing:
    """The content of a diagram: its elements and arrows in drawing order, and its title."""

    diagram: DiagramSource
    elements: tuple[Element, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    title: str = ""
    open_boundaries: tuple[Element, ...] = field(default=())

    @property
    def visible_arrows(self) -> tuple[Arrow, ...]:
        """The arrows without hidden ones, which only influence the layout."""
        return tuple(arrow for arrow in self.arrows if not arrow.hidden)

    def describe(self, arrow: Arrow) -> str:
        """An arrow of this diagram in words: "Orders to Stock: reserve products (topic)"."""
        technology = f" ({arrow.technology})" if arrow.technology else ""
        return f"{self._label(arrow.source)} to {self._label(arrow.target)}: {arrow.label}{technology}"

    def _label(self, alias: str) -> str:
        element = self.aliases.get(alias)
        return element.label if element and element.label else alias

    @property
    def sentences(self) -> list[str]:
        """All visible arrows in words, or the labels of the elements if there are none."""
        described = [(f"{arrow.index}. " if arrow.index else "", self.describe(arrow)) for arrow in self.visible_arrows]
        return [f"{step}{text}." for step, text in described] or [self._label(alias) for alias in self.aliases]

    @property
    def is_dynamic(self) -> bool:
        """Whether any arrow has a step."""
        return any(arrow.index for arrow in self.arrows)

    @property
    def aliases(self) -> dict[str, Element]:
        """Elements by alias; the last of several with the same alias, as in PlantUML."""
        return {element.alias: element for element in self.elements}

    @property
    def name(self) -> str:
        """The name of the picture."""
        return self.diagram.name


def read_drawing(diagram: DiagramSource, expansion: str) -> Drawing:
    """Parses the expansion of `expansion_source`. Raises DiagramError for an arrow that cannot be read."""
    elements, arrows = list[Element](), list[Arrow]()
    nesting: list[Element | None] = []
    for line, text in _statements(diagram, expansion):
        element = _element(text, line)
        arrow = None if element else _arrow(text, line)
        if element:
            inside = next((each.alias for each in reversed(nesting) if each), "")
            elements.append(replace(element, inside=inside))
        if arrow:
            arrows.append(arrow)
        elif text.endswith("{"):
            nesting.append(element)
        elif text == "}" and nesting:
            nesting.pop()
    still_open = tuple(each for each in nesting if each)
    return Drawing(diagram, tuple(elements), tuple(arrows), read_title(expansion), still_open)


def _statements(diagram: DiagramSource, expansion: str) -> Iterator[tuple[SourceLine, str]]:
    line, closing = diagram.head, ""
    for raw in expansion.split("\n"):
        text = raw.strip()
        if text.startswith(MARK):
            line = diagram.lines[int(text.split(FIELD)[1])]
        elif closing:
            closing = "" if re.match(closing, text, re.I) else closing
        elif text:
            closing = next((end for start, end in BLOCKS if re.match(start, text, re.I)), "")
            if not closing:
                yield line, text


def _element(text: str, line: SourceLine) -> Element | None:
    if BOX in text:
        shape, alias, label, technology, *_ = text.split(BOX, 1)[1].split(FIELD)
        return Element(
            alias.strip('"'),
            _without_markup(label),
            shape,
            _single_spaces(technology),
            line,
            shape in ("boundary", "node"),
        )
    match = ELEMENT.match(text)
    if match is None or (match["two"] is None and LOOKS_LIKE.match(match["rest"].strip())):
        return None
    one, two = match["one"], match["two"]
    alias, label = (two, one) if two and not two.startswith('"') else (one, two or one)
    is_boundary = match["rest"].rstrip().endswith("{")
    return Element(_unquoted(alias), _without_markup(_unquoted(label)), match["shape"].lower(), "", line, is_boundary)


def _arrow(text: str, line: SourceLine) -> Arrow | None:
    if RECORD in text:
        source, way, target, label, technology, *_ = text.split(RECORD, 1)[1].split(FIELD)
        index, found, rest = label.partition(INDEX)
        return _make_arrow(way, source, target, index if found else "", rest if found else label, technology, line)
    if PLAIN.match(text) or not LOOKS_LIKE.search(re.sub(NAME_QUOTED, "", text.split(":")[0])):
        return None
    match = ARROW.match(text)
    if match is None or "//<size:" in text:
        message = f"this arrow cannot be read: {text[:60]}"
        raise DiagramError(line.finding("unreadable", message, "write it as Rel(from, to, ...)"))
    label = match["label"] or ""
    arrow = _make_arrow(match["arrow"], _unquoted(match["a"]), _unquoted(match["b"]), "", label, "", line)
    return replace(arrow, hidden="hidden" in match["body"].lower())


def _make_arrow(way: str, source: str, target: str, index: str, label: str, technology: str, line: SourceLine) -> Arrow:
    bare = re.sub(r"\[[^\]]*\]", "", way)
    back, forth = bare[0] in "<", bare[-1] in ">"
    source, target = source.strip().strip('"'), target.strip().strip('"')
    if back and not forth:
        source, target = target, source
    return Arrow(
        index.strip(), source, target, _without_markup(label), _single_spaces(technology), line, back and forth
    )


def _unquoted(name: str) -> str:
    return name.strip('"[]() ') if name[:1] in '"[(' else name.strip(":")


def _without_markup(label: str) -> str:
    """A label without markup; links are replaced by their text, line breaks by spaces."""
    label = re.sub(r"\[\[\S+(?:\s+\{[^}]*\})?\s*([^\]]*)\]\]", r"\1", label.replace("\\n", " "))
    label = re.sub(r"</?(?:b|i|u|s|size|color|font|back|img)\b[^>]*>|<\$[^>]*>|<&[^>]*>|\*\*|(?<!:)//", "", label)
    return _single_spaces(label)


def _single_spaces(text: str) -> str:
    return re.sub(r"(?:\s|\\n)+", " ", text).strip()


def read_title(expansion: str) -> str:
    """The title of a preprocessed diagram, from one line or a block; empty if it has none."""
    line = re.search(r"^[ \t]*title[ \t]+(\S.*)$", expansion, re.M | re.I)
    block = re.search(r"^\s*title\s*$(.*?)^\s*end\s*title", expansion, re.M | re.S | re.I)
    lines = block[1].split("\n") if block else [line[1]] if line else []
    return _without_markup(" ".join(text.strip() for text in lines if MARK not in text))
