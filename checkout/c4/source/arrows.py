"""Arrows: the arrows of a diagram with step, technology, fragments and source line, and the drawing that holds them."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from checkout.c4.findings import Finding, printable
from checkout.c4.source.elements import Element
from checkout.c4.source.files import DiagramSource, SourceLine


class Fragment(NamedTuple):
    """The branch of a fragment of a sequence diagram that holds an arrow.

    `number` is that of the fragment in the diagram, from 1; `kind` is alt, opt, loop, par, break, critical or group;
    `branch` is 0 before its first else.
    """

    number: int
    kind: str
    branch: int


@dataclass(frozen=True)
class Arrow:
    """A drawn arrow.

    `index` is its step as written, or empty; in a sequence diagram that does not number all arrows its place from 1.
    `svg_id` is the id of its group in the picture. `fragments` are those that hold it, the outermost first.
    `is_reply` marks the answer to a call in a sequence diagram: `return`, or dotted, without a technology and after an
    arrow the other way. It is not a message of its own.
    """

    index: str
    source: str
    target: str
    label: str
    technology: str
    line: SourceLine
    both_ways: bool = False
    hidden: bool = False
    svg_id: str | None = None
    fragments: tuple[Fragment, ...] = ()
    is_reply: bool = False

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
        return printable(f"{self.index + ' ' if self.index else ''}{self.source} → {self.target}{technology}")

    def as_data(self) -> dict[str, str | int | bool | None]:
        """This arrow as JSON data; `both_ways` is present only if true."""
        index = self.step if self.step is not None else self.index or None
        data = {"index": index, "from": self.source, "to": self.target}
        data |= {"label": self.label, "technology": self.technology, "line": self.line.number, "svg_id": self.svg_id}
        return data | ({"both_ways": True} if self.both_ways else {})

    def finding(self, rule: str, message: str, fix: str) -> Finding:
        """A finding on the line of this arrow, at the column of its macro or first end."""
        return self.line.finding(rule, message, fix, self.line.text.strip().split("(")[0])


@dataclass(frozen=True)
class Drawing:
    """The content of a diagram: its elements and arrows in drawing order, and its title."""

    diagram: DiagramSource
    elements: tuple[Element, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    title: str = ""
    open_boundaries: tuple[Element, ...] = ()

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
        arrows = [f"{f'{each.index}. ' if each.index else ''}{self.describe(each)}." for each in self.visible_arrows]
        return arrows or [self._label(alias) for alias in self.aliases]

    @property
    def is_dynamic(self) -> bool:
        """Whether any arrow has a step."""
        return any(arrow.index for arrow in self.visible_arrows)

    @property
    def aliases(self) -> dict[str, Element]:
        """Elements by alias; the last of several with the same alias, as in PlantUML."""
        return {element.alias: element for element in self.elements}

    @property
    def name(self) -> str:
        """The name of the picture."""
        return self.diagram.name
