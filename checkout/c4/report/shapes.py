"""Shapes: what stories have in common that a view judges alike, so that each view judges a shape once."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from checkout.journal.hop import Hop


@dataclass(frozen=True)
class Shape:
    """The hops of a story in an order that does not depend on clocks, and the form that equal stories share.

    The form has of each hop its arrow, outcome, record and cause, its place among the hops of one cause, and its place
    on its clock.
    """

    form: Hashable
    hops: tuple[Hop, ...]


def shape_of(hops: Sequence[Hop]) -> Shape:
    """The shape of a story, from the hops of a trace."""
    ordered = _causes_first(hops)
    numbers = {hop.id: at for at, hop in enumerate(ordered)}
    siblings = _places(ordered, [hop.cause_id for hop in ordered])
    clocks, records = _numbered([hop.replica for hop in ordered]), _numbered([_record(hop) for hop in ordered])
    on_clock = _places(ordered, clocks)
    form = tuple(
        (hop.sender, hop.to, hop.technology, hop.outcome, hop.topic, hop.group, numbers.get(hop.cause_id), *places)
        for hop, *places in zip(ordered, siblings, clocks, on_clock, records, strict=True)
    )
    return Shape(form, tuple(ordered))


def _causes_first(hops: Sequence[Hop]) -> list[Hop]:
    """Each hop after its cause; effects of one cause by arrow and then by time; at the end those in a circle."""
    known, below = {hop.id for hop in hops}, dict[str | None, list[Hop]]()
    for hop in sorted(hops, key=_name_and_time, reverse=True):
        below.setdefault(hop.cause_id if hop.cause_id in known else None, []).append(hop)
    ordered, waiting = list[Hop](), below.pop(None, [])
    while waiting:
        ordered.append(waiting.pop())
        waiting += below.pop(ordered[-1].id, ())
    return [*ordered, *(hop for left in below.values() for hop in left)]


def _name_and_time(hop: Hop) -> tuple[Any, ...]:
    return (hop.arrow, hop.at, hop.id or "")


def _places(hops: Sequence[Hop], groups: Sequence[Hashable]) -> list[int]:
    """The place of each hop by time among those of its group; hops at one time have one place."""
    times: dict[Hashable, set[Any]] = {}
    for hop, group in zip(hops, groups, strict=True):
        times.setdefault(group, set()).add(hop.at)
    ranks = {group: {at: place for place, at in enumerate(sorted(found))} for group, found in times.items()}
    return [ranks[group][hop.at] for hop, group in zip(hops, groups, strict=True)]


def _numbered(values: Sequence[Hashable]) -> list[int]:
    """Equal numbers for equal values, in the order in which they come; -1 for None."""
    numbers: dict[Hashable, int] = {None: -1}
    return [numbers.setdefault(value, len(numbers) - 1) for value in values]


def _record(hop: Hop) -> Hashable:
    if hop.topic is None or hop.offset is None:
        return None
    return (hop.topic, hop.partition, hop.offset)
