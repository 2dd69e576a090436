"""Mermaid: writes recorded arrows as a sequence diagram in Mermaid."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from checkout.c4.draw import ObservedArrow, message_words

# Statements of Mermaid's sequence diagrams, which cannot be the name of a participant.
RESERVED = frozenset(
    re.findall(
        r"\S+",
        "activate actor alt and as autonumber box break create critical deactivate destroy else end link links loop "
        "note opt option over par participant properties rect sequencediagram title",
    )
)


def mermaid_source(arrows: Sequence[ObservedArrow]) -> str:
    """The source of a sequence diagram: participants in order of appearance, arrows in step order.

    Arrows of one step are concurrent: each is a branch of a `par` block.
    """
    arrows = sorted(arrows, key=lambda arrow: arrow.step)
    ends = dict.fromkeys(end for arrow in arrows for end in (arrow.source, arrow.target))
    names = _names(ends)
    lines = ["sequenceDiagram", *(f"    participant {names[end]} as {_text(end)}" for end in ends)]
    for step, group in groupby(arrows, lambda arrow: arrow.step):
        lines += _step(step, list(group), names)
    return "\n".join([*lines, ""])


def _step(step: int, arrows: list[ObservedArrow], names: dict[str, str]) -> Iterator[str]:
    if len(arrows) == 1:
        yield f"    {_message(arrows[0], names)}"
        return
    for arrow in arrows:
        yield f"    par step {step}" if arrow is arrows[0] else "    and"
        yield f"        {_message(arrow, names)}"
    yield "    end"


def _message(arrow: ObservedArrow, names: dict[str, str]) -> str:
    technology = f" [{arrow.technology}]" if arrow.technology else ""
    text = _text(f"{arrow.step}. {message_words(arrow.message)}{technology}")
    return f"{names[arrow.source]}->>{names[arrow.target]}: {text}"


def _names(ends: dict[str, None]) -> dict[str, str]:
    names = dict[str, str]()
    for end in ends:
        name = re.sub(r"\W", "_", end, flags=re.ASCII) or "_"
        name = f"{name}_" if name.lower() in RESERVED else name
        while name in names.values():
            name += "_"
        names[end] = name
    return names


def _text(text: str) -> str:
    """A text in which nothing is syntax: entities instead of the characters that Mermaid and HTML interpret."""
    plain = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text).strip() or " "
    return re.sub(r"[#;<>&%{}$]", lambda character: f"#{ord(character[0])};", plain)
