"""Drawings: reads the elements, the arrows and the title of a preprocessed diagram."""

import re
from dataclasses import dataclass, field, replace

from checkout.c4.source.arrow_statements import read_arrow
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.source.elements import Element, read_element
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.labels import without_markup
from checkout.c4.source.preprocessing import MARK
from checkout.c4.source.sequence import SequenceReader, number_arrows
from checkout.c4.source.statements import read_statements

FLOATING_LEGEND = "floating_legend_alias"
END_BOX = re.compile(r"end\s*box\b", re.I)


def read_drawing(diagram: DiagramSource, expansion: str, is_sequence: bool = False) -> Drawing:
    """Parses the expansion of `expansion_source`. Raises DiagramError for an arrow that cannot be read."""
    reader = _DrawingReader(SequenceReader() if is_sequence else None)
    for line, text in read_statements(diagram, expansion):
        reader.read(text, line)
    return Drawing(diagram, tuple(reader.elements), reader.numbered(), read_title(expansion), reader.open_boundaries)


@dataclass
class _DrawingReader:
    sequence: SequenceReader | None
    elements: list[Element] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    concurrent: list[bool] = field(default_factory=list)
    nesting: list[Element | None] = field(default_factory=list)

    def read(self, text: str, line: SourceLine) -> None:
        if FLOATING_LEGEND in text:
            return  # neither an element nor the lines that place it
        element = read_element(text, line)
        if element:
            inside = next((each.alias for each in reversed(self.nesting) if each), "")
            self.elements.append(replace(element, inside=inside))
        arrow = None if element else read_arrow(text, line)
        if arrow:
            self._add(self.sequence.place(arrow, text) if self.sequence else arrow, text)
        else:
            self._follow(text, line, element)

    def _follow(self, text: str, line: SourceLine, element: Element | None) -> None:
        opens_box = self.sequence is not None and element is not None and element.is_boundary
        if text.endswith("{") or opens_box:
            self.nesting.append(element)
        elif self.nesting and (text == "}" or (self.sequence and END_BOX.match(text))):
            self.nesting.pop()
        elif self.sequence and not element and (arrow := self.sequence.read(text, line)):
            self._add(arrow, text)

    def _add(self, arrow: Arrow, text: str) -> None:
        self.arrows.append(arrow)
        self.concurrent.append(text.startswith("&"))

    def numbered(self) -> tuple[Arrow, ...]:
        if self.sequence is None:
            return tuple(self.arrows)
        if unclosed := self.sequence.unclosed():
            raise unclosed
        return tuple(number_arrows(self.arrows, self.concurrent))

    @property
    def open_boundaries(self) -> tuple[Element, ...]:
        return tuple(each for each in self.nesting if each)


def read_title(expansion: str) -> str:
    """The title of a preprocessed diagram, from one line or a block; empty if it has none."""
    line = re.search(r"^[ \t]*title[ \t]+(\S.*)$", expansion, re.M | re.I)
    block = re.search(r"^\s*title\s*$(.*?)^\s*end\s*title", expansion, re.M | re.S | re.I)
    lines = block[1].split("\n") if block else [line[1]] if line else []
    return without_markup(" ".join(text.strip() for text in lines if MARK not in text))
