"""Entries: the request with which each story begins, where its first span is in the files."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

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


def foreign_aliases(context: Context, nodes: Sequence[Node], stories: Collection[str]) -> frozenset[str]:
    """The services that occur only in stories of other systems: whole ones without any element of the drawing.

    `stories` are those that have hops; others, such as poll loops, show no system.
    """
    if not context.names.unmapped_services:
        return frozenset()
    present: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        present[story_of(node)].add(node.alias)
    elements = context.elements.aliases
    whole = {story_of(node) for node in nodes if _is_root(node)}
    others = {story for story in whole if not present[story] & elements}
    own = set[str]().union(*(present[story] for story in stories if story not in others))
    return frozenset(alias for story in others for alias in present[story]) - own if own & elements else frozenset()


def _roots(nodes: Sequence[Node]) -> Iterator[Node]:
    return (node for node in nodes if _is_root(node) and not node.is_muted)


def _is_root(node: Node) -> bool:
    return node.up is None and not (node.missing or node.role in DELIVERIES or node.span.links)


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
