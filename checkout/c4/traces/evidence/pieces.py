"""Pieces: parts of stories that are in traces of their own and that no span connects with the rest."""

from collections.abc import Iterable, Mapping, Sequence

from checkout.c4.traces.evidence.facts import Facts
from checkout.c4.traces.mapping.node import DELIVERIES, Node, Role
from checkout.c4.traces.mapping.stories import story_of
from checkout.c4.traces.naming.text import short_id


class Pieces:
    """The services in pieces whose beginning is missing: a message without its sender, or spans without their parent.

    What they did may belong to any story, so that no arrow of them is known to be absent from another one.
    """

    def __init__(
        self, nodes: Sequence[Node], facts: Facts, present: Mapping[str, set[str]], consumers: frozenset[str]
    ) -> None:
        self._facts, self._consumers = facts, consumers
        self._reasons: dict[str, str] = {}
        self._seen = set[str]()
        self.stories: dict[str, str] = {}  # those of spans without their parent, with the reason
        for draft, link in facts.absent_links:
            if draft.trace != link.trace:
                self._add(draft.order, present, f"the sender of a message in trace {short_id(draft.trace)}")
        for draft, node in facts.lost_messages:
            if not node.missing or self._may_be_linked(node):
                self._add(draft.order, present, f"the sender of a message in trace {short_id(draft.trace)}")
        for node in nodes:
            if self._is_orphan(node) and self._may_be_linked(node):
                parent = f"parent {short_id(node.missing)} of {node.alias}"
                self._add(story_of(node), present, parent)
                self.stories[story_of(node)] = f"{parent} is missing"

    def reason(self, aliases: Iterable[str]) -> str:
        """Why what these services did may not be in their own story; empty if no piece has them."""
        found = (self._reasons[alias] for alias in aliases if alias in self._reasons)
        missing = next(found, "")
        return f"{missing} is missing, and what followed may belong to this trace" if missing else ""

    def _add(self, story: str, present: Mapping[str, set[str]], missing: str) -> None:
        if story not in self._seen:
            self._seen.add(story)
            self._reasons = dict.fromkeys(present.get(story, ()), missing) | self._reasons

    def _is_orphan(self, node: Node) -> bool:
        is_known = node.role is Role.SERVER or (node.role in DELIVERIES and bool(node.span.links))
        return bool(node.missing) and node.up is None and not is_known

    def _may_be_linked(self, node: Node) -> bool:
        """Whether the service receives messages in traces of their own, as far as its other spans show."""
        is_consumer = node.alias in self._consumers or node.alias in self._facts.linked
        return is_consumer and not (node.alias in self._facts.joined and node.alias not in self._facts.linked)
