"""Statements: the lines of a preprocessed diagram without the text of notes, titles, styles and other blocks."""

import re
from collections.abc import Iterator

from checkout.c4.source.elements import SHAPES
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.preprocessing import FIELD, MARK

NOTE = r"(?:/\s*)?(?:floating\s+)?[hr]?note\b"
# The text of a block is no statement: the first pattern opens it, the second closes it.
BLOCKS = tuple(
    (re.compile(start, re.I), re.compile(end, re.I))
    for start, end in (
        (r"(?:legend|title|header|footer|caption)\b(?:\s+(?:left|right|center|top|bottom))*\s*$", r"end\s*[lthfc]"),
        (r"(?:center\s+|left\s+|right\s+)?(?:header|footer|legend)\s*$", r"end\s*(?:header|footer|legend)"),
        (rf"{NOTE}[^:]*\{{\s*$", r"\}"),
        (rf"{NOTE}[^:]*$", r"end\s*[hr]?note"),
        (r"ref\s+over\b[^:]*$", r"end\s*ref"),
        (r"<style>", r"</style>"),
        (r"(?:skinparam|sprite)\b.*\{\s*$", r"\}"),
        (r"(?:json|map|object|class|enum|abstract|interface)\b.*\{\s*$", r"\}"),
    )
)
# The text of an element in brackets: PlantUML reads it as a label of several lines.
BRACKETS = re.compile(rf"(?:{SHAPES})\s[^\[\]]*\[\s*$", re.I)
# A colon in these is not the one that separates a note from its text.
WITHOUT_COLON = re.compile(r'"[^"]*"|\[\[.*?\]\]|::')
NAMED_NOTE = re.compile(rf'{NOTE}\s*"[^"]*"\s+as\b', re.I)


def read_statements(diagram: DiagramSource, expansion: str) -> Iterator[tuple[SourceLine, str]]:
    """The statements of an expansion, each with the line of the source that it comes from."""
    line = diagram.head
    closing: re.Pattern[str] | None = None
    for raw in expansion.split("\n"):
        text = raw.strip()
        if text.startswith(MARK):
            line = diagram.lines[int(text.split(FIELD)[1])]
        elif closing:
            closing = None if closing.match(text) else closing
        elif text:
            closing = _closing(text)
            if BRACKETS.match(text):
                closing = re.compile(r".*\]")
                yield line, text.rstrip("[ ")
            elif not closing:
                yield line, text


def _closing(text: str) -> re.Pattern[str] | None:
    bare = WITHOUT_COLON.sub("", text)
    if NAMED_NOTE.match(text):
        return None
    return next((end for start, end in BLOCKS if start.match(bare)), None)
