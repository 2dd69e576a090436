"""Entries: the request with which each story begins, where its first span is in the files."""

from collections.abc import Iterator, Mapping, Sequence

from checkout.c4.checks.conformance.stories import Entry
from checkout.c4.traces.mapping.context import Context
from checkout.c4.traces.mapping.node import DELIVERIES, Draft, Node, Role
from checkout.c4.traces.mapping.stories import hops_of, story_of
from checkout.c4.traces.naming.seeing import see_call
from checkout.journal.hop import Hop


def find_entries(context: Context, nodes: Sequence[Node], stories: Mapping[str, list[Draft]]) -> dict[str, Entry]:
    """The known entries by story. None where a story has several roots, or its root continues another trace."""
    roots: dict[str, list[Node]] = {}
    for node in _roots(nodes):
        roots.setdefault(story_of(node), []).append(node)
    found = dict[str, Entry]()
    for story, (root, *more) in roots.items():
        entry = None if more or story not in stories else _entry(context, root, hops_of(stories[story]))
        if entry:
            found[story] = entry
    return found


def _roots(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        is_first = node.up is None and not (node.missing or node.is_muted)
        if is_first and node.role not in DELIVERIES and not node.span.links:
            yield node


def _entry(context: Context, root: Node, hops: Sequence[Hop]) -> Entry | None:
    if root.role is not Role.SERVER:
        first = next((hop for hop in hops if hop.cause_id is None), None)
        return Entry(first.arrow, first.message) if first else None
    if root.entry and root.entry.hop:
        return Entry(root.entry.hop.arrow, root.entry.hop.message)
    seen = see_call(root.span)
    for source in context.elements.sources(root.alias):
        technology = context.technologies.fit(source, root.alias, seen)
        if technology in context.elements.technologies(source, root.alias):
            return Entry((source, root.alias, technology), seen.message)
    return Entry(("", root.alias, seen.detailed), seen.message)
