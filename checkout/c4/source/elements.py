"""Elements: the boxes and boundaries of a diagram, and the statements that declare them."""

import re
from dataclasses import dataclass
from enum import StrEnum

from checkout.c4.source.files import SourceLine
from checkout.c4.source.labels import single_spaces, unquoted, without_markup
from checkout.c4.source.preprocessing import BOX, FIELD

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
OUTSIDE = ("[", "]", "?")  # the ends of arrows from and to the outside of a sequence diagram
HAS_ARROW = re.compile(
    r"(?:[-.=~]{2,}|[-.=~][\]lrud\w]*[-.=~]|<[-.=~]|[-.=~]>|[\\/]-|-[\\/]|(?<=\s)x[-.=~]|[-.=~]x(?=\s))"
)


class ElementKind(StrEnum):
    """What a recorded run shows of an element; the value is the macro of C4-PlantUML that draws it."""

    CONTAINER = "Container"
    QUEUE = "ContainerQueue"
    DATABASE = "ContainerDb"
    OUTSIDE = "System_Ext"
    PERSON = "Person"


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


def read_element(text: str, line: SourceLine) -> Element | None:
    """The element that a statement declares, or None."""
    if BOX in text:
        shape, alias, label, technology, *_ = text.split(BOX, 1)[1].split(FIELD)
        is_boundary = shape in ("boundary", "node")
        alias, label, technology = alias.strip('"'), without_markup(label), single_spaces(technology)
        return Element(alias, label, shape, technology, line, is_boundary)
    match = ELEMENT.match(text)
    if match is None or (match["two"] is None and HAS_ARROW.match(match["rest"].strip())):
        return None
    alias, label = alias_and_label(match["one"], match["two"])
    is_boundary = match["rest"].rstrip().endswith("{")
    return Element(unquoted(alias), without_markup(unquoted(label)), match["shape"].lower(), "", line, is_boundary)


def alias_and_label(one: str, two: str | None) -> tuple[str, str]:
    """The alias and the label of `one as two`, as written: the one in quotation marks is the label."""
    return (two, one) if two and not two.startswith('"') else (one, two or one)
