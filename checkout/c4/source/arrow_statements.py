"""Arrow statements: reads the arrow of one preprocessed statement, drawn by a macro of C4 or written as in PlantUML."""

import re
from dataclasses import replace

from checkout.c4.source.arrows import Arrow
from checkout.c4.source.elements import HAS_ARROW, NAME, NAME_QUOTED, OUTSIDE, alias_and_label
from checkout.c4.source.files import SourceLine
from checkout.c4.source.labels import single_spaces, unquoted, without_markup
from checkout.c4.source.preprocessing import FIELD, INDEX, RECORD

TAIL = r"(?:<\|?|<<|<\|\||[o*^#x}0@+(/\\]|\|)"
BODY = r"[-.=~]+(?:\[[^\]]*\])?(?:left|right|up|down|le|ri|do|l|r|u|d)?(?:\[[^\]]*\])?[-.=~]*"
HEAD = r"(?:\|?>|>>|[o*^#x{0@+)/\\]|\|)"
ACTIVATION = r"(?:\+\+|--|\*\*|!!)"
ARROW = re.compile(
    rf'(?:&\s*)?(?:\{{\w+\}}\s*)?(?P<a>{NAME}|\[|\?)(?:\s+as\s+(?P<a2>{NAME}))?\s*(?:"[^"]*"\s*)?'
    rf"(?P<arrow>{TAIL}{{0,3}}(?P<body>(?>{BODY})){HEAD}{{0,3}})(?:\(\d+\))?"
    rf'(?:\s*(?:"[^"]*"\s*)?(?P<b>{NAME}|\]|\?)(?:\s+as\s+(?P<b2>{NAME}))?)?'
    rf"(?P<rest>\s*(?:{ACTIVATION})*\s*(?:#\S+\s*)?(?:<<[^>]*>>\s*)*(?:#\S+\s*)?)(?::(?P<label>.*))?$",
    re.I,
)
PLAIN = re.compile(
    r"(?:[@!'}]|<\$|==|\.\.\.|\|\|\||\{\w+\}\s*<->\s*\{|(?:/\s*)?(?:skinparam|hide|show|remove|restore|scale|"
    r"left to right|top to bottom|allow_?mixing|set|sprite|title|caption|header|footer|legend|note|floating note|hnote|"
    r"rnote|together|newpage|page|url|style|skin|mainframe|alt|else|opt|loop|par|break|critical|group|end|activate|"
    r"deactivate|destroy|return|autonumber|autoactivate|box|ref|namespace)(?=\s+[^-.<\s]|\s*$|\())",
    re.I,
)


def read_arrow(text: str, line: SourceLine) -> Arrow | None:
    """The arrow of a statement, or None if it has none. Raises DiagramError for an arrow that cannot be read."""
    if RECORD in text:
        source, way, target, label, technology, *_ = text.split(RECORD, 1)[1].split(FIELD)
        *index, label = label.split(INDEX, 1)
        return _make_arrow(way, source, target, "".join(index), label, technology, line)
    if PLAIN.match(text) or not HAS_ARROW.search(re.sub(NAME_QUOTED, "", text.split(":")[0])):
        return None
    match = ARROW.match(text)
    if match is None or "//<size:" in text:
        raise line.error("unreadable", f"this arrow cannot be read: {text[:60]}", "write it as Rel(from, to, ...)")
    ends = (_end(match["a"], match["a2"]), _end(match["b"] or "]", match["b2"]))
    label = match["label"] or ""
    arrow = _make_arrow(match["arrow"], *ends, "", label, "", line)
    return replace(arrow, hidden="hidden" in match["body"].lower())


def is_dotted(text: str) -> bool:
    """Whether the arrow of a statement is drawn dotted, as that of an answer is."""
    if RECORD in text:
        return "--" in text.split(FIELD)[2]
    match = ARROW.match(text)
    return match is not None and len(re.sub(r"\[[^\]]*\]", "", match["body"])) > 1


def activations(text: str) -> list[str]:
    """The marks behind the ends of an arrow: ++ activates the receiver, -- deactivates the sender."""
    match = None if RECORD in text else ARROW.match(text)
    return re.findall(ACTIVATION, match["rest"]) if match else []


def _end(one: str, two: str | None) -> str:
    return one if one in OUTSIDE else unquoted(alias_and_label(one, two)[0])


def _make_arrow(way: str, source: str, target: str, index: str, label: str, technology: str, line: SourceLine) -> Arrow:
    ends = re.split(r"[-.=~].*[-.=~]|[-.=~]", re.sub(r"\[[^\]]*\]", "", way))
    back, forth = bool(set("<\\/") & set(ends[0])), bool(set(">\\/") & set(ends[-1]))
    source, target = source.strip().strip('"'), target.strip().strip('"')
    if back and not forth:
        source, target = target, source
    label, technology = without_markup(label), single_spaces(technology)
    return Arrow(index.strip(), source, target, label, technology, line, back and forth)
