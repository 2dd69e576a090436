"""Orphans: spans whose parent is not in the files."""

from collections.abc import Iterable
from typing import NamedTuple

from checkout.c4.traces.mapping.node import DELIVERIES, Node, Role
from checkout.c4.traces.naming.text import short_id

ENTRIES = frozenset({Role.SERVER, *DELIVERIES})


class MissingParents(NamedTuple):
    """The missing parents of one trace, and their `children`. `is_top`: only the beginning of the trace is missing."""

    children: tuple[Node, ...]
    is_top: bool

    @property
    def parents(self) -> frozenset[str]:
        """The short ids of the parents."""
        return frozenset(short_id(node.missing) for node in self.children)

    @property
    def called(self) -> frozenset[str]:
        """The aliases of the services that a missing span may have called."""
        return frozenset(node.alias for node in self.children)

    @property
    def without_entry(self) -> frozenset[str]:
        """The aliases of the services of which the span is missing that shows how they were entered."""
        return frozenset(node.alias for node in self.children if lacks_entry(node))


class Orphans:
    """The spans with a missing parent, without deliveries whose message is known: their links take the place.

    `missing` has the missing parents by trace, `broken` the traces of all orphans, and `beginnings` the orphans of
    traces that have no root, or only polls of messages, which are roots of several stories.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        found: dict[str, list[Node]] = {}
        complete, begun, self.broken = set[str](), set[str](), set[str]()
        for node in nodes:
            if node.up is None and not node.missing:
                complete.add(node.span.trace)
                begun.update([] if node.role is Role.RECEIVE else [node.span.trace])
            elif node.up is None:
                self.broken.add(node.span.trace)
                if not (node.role in DELIVERIES and node.span.links):
                    found.setdefault(node.span.trace, []).append(node)
        self.missing = dict[str, MissingParents]()
        self.beginnings = list[Node]()
        for trace, children in found.items():
            is_top = trace not in complete and len({node.missing for node in children}) == 1
            self.missing[trace] = MissingParents(tuple(children), is_top)
            self.beginnings += () if trace in begun else children


def lacks_entry(orphan: Node) -> bool:
    """Whether the missing parent is a span of the same service, or of one that cannot be told."""
    return orphan.role not in ENTRIES
