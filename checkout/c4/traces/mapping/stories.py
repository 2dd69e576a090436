"""Stories: the cause and the story of each hop, from the trees and links of spans and never from their clocks."""

import re
from collections.abc import Iterable, Sequence

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.mapping.node import Draft, Node
from checkout.c4.traces.naming.text import clean
from checkout.journal.hop import Hop


def find_causes(nodes: Sequence[Node], drafts: Sequence[Draft]) -> None:
    """Sets the scope of each node, parents first, and the cause and story of each draft and its hop."""
    for node in nodes:
        node.scope = node.entry or (node.up.scope if node.up else None)
    for node in nodes:
        if node.entry:
            resolve(node.entry)
    for draft in drafts:
        resolve(draft)
        if draft.hop:
            draft.hop.order, draft.hop.cause_id = draft.order, draft.cause_id


def resolve(draft: Draft) -> None:
    """Sets the order and cause of a draft and of all that led to it; links in a circle end where they began."""
    path = dict[Draft, None]()
    at: Draft | None = draft
    while at and not at.order and at not in path:
        path[at] = None
        at = at.before
    for each in reversed(path):
        before = None if each.before in path and not (each.before and each.before.order) else each.before
        each.order = (before.order if before else "") or clean(each.story or each.trace)
        each.cause_id = (before.hop.id if before.hop else before.cause_id) if before else None


def story_of(node: Node) -> str:
    """The story of a span: that of the entry which leads to it, else its trace."""
    return node.scope.order if node.scope else clean(node.span.trace)


def group_by_story(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    """The drafts that have a hop, by story."""
    stories: dict[str, list[Draft]] = {}
    for draft in drafts:
        stories.setdefault(draft.order, []).append(draft)
    return stories


def choose_stories(stories: Iterable[str], nodes: Iterable[Node], order: str) -> set[str]:
    """The stories that `--order` names: a trace id, its beginning, or ATTRIBUTE=VALUE of any span.

    Raises PreconditionError if there is none.
    """
    known = list(stories)
    name, is_attribute, value = order.partition("=")
    if is_attribute:
        having = {story_of(node) for node in nodes if _as_text(node.span.attributes.get(name)) == value}
        chosen = having & set(known)
    else:
        wanted = re.sub(r"[^\x20-\x7e]", "", order).casefold()
        chosen = {story for story in known if story.casefold().startswith(wanted)}
        chosen = {order} if order in chosen else chosen
    if not chosen:
        examples = ", ".join(known[:3]) or "none"
        raise PreconditionError(f"no trace with hops fits --order {clean(order)}: there are {examples}")
    return chosen


def _as_text(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def hops_of(drafts: Iterable[Draft]) -> list[Hop]:
    """The hops of drafts."""
    return [draft.hop for draft in drafts if draft.hop]
