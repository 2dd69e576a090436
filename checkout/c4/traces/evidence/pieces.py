"""Pieces: parts of stories that are in traces of their own and that no span connects with the rest."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from checkout.c4.traces.evidence.facts import Facts
from checkout.c4.traces.mapping.node import DELIVERIES, Draft, Node, Role
from checkout.c4.traces.mapping.stories import story_of
from checkout.c4.traces.naming.text import short_id

Key = tuple[str, str, str]  # from, to, technology


class Pieces:
    """The services in pieces whose beginning is missing: a message without its sender, or spans without their parent.

    What they did may belong to any story, so that no arrow of them is known to be absent from another one.
    """

    def __init__(
        self, nodes: Sequence[Node], facts: Facts, present: Mapping[str, set[str]], consumers: frozenset[str]
    ) -> None:
        self._facts, self._consumers = facts, consumers
        self._reasons: dict[str, dict[Key | None, str]] = {}
        self._sent: dict[str, dict[Key | None, str]] = {}  # by technology: messages whose sender is missing
        self._seen = set[tuple[str, Key | None]]()
        self.stories: dict[str, str] = {}  # those of spans without their parent, with the reason
        for draft, link in facts.absent_links:
            if draft.trace != link.trace:
                self._add(draft, present)
        for draft, node in facts.lost_messages:
            if not node.missing or self._may_be_linked(node):
                self._add(draft, present)
        for node in nodes:
            if self._is_orphan(node) and self._may_be_linked(node):
                parent = f"parent {short_id(node.missing)} of {node.alias}"
                self._note(story_of(node), present, parent, None)
                self.stories[story_of(node)] = f"{parent} is missing"

    @property
    def aliases(self) -> Collection[str]:
        """The services in pieces."""
        return self._reasons.keys()

    def reason(self, aliases: Iterable[str], is_complete: Callable[[Key], bool], sent: str = "") -> str:
        """Why what these services did may not be in their own story; empty if no piece has them.

        `sent` is the technology of a message that one of them may have sent before a piece began. A piece is not of a
        story that is complete with respect to the delivery with which the piece begins.
        """
        pieces = [*(self._reasons.get(alias, {}) for alias in aliases), self._sent.get(sent, {})]
        found = (piece for each in pieces for piece in each.items())
        missing = next((missing for first, missing in found if first is None or not is_complete(first)), "")
        return f"{missing} is missing, and what followed may belong to this trace" if missing else ""

    def _add(self, draft: Draft, present: Mapping[str, set[str]]) -> None:
        missing = f"the sender of a message in trace {short_id(draft.trace)}"
        self._note(draft.order, present, missing, draft.hop.arrow if draft.hop else None)
        if draft.hop:
            self._sent.setdefault(draft.hop.technology, {}).setdefault(draft.hop.arrow, missing)

    def _note(self, story: str, present: Mapping[str, set[str]], missing: str, first: Key | None) -> None:
        if (story, first) not in self._seen:
            self._seen.add((story, first))
            for alias in present.get(story, ()):
                self._reasons.setdefault(alias, {}).setdefault(first, missing)

    def _is_orphan(self, node: Node) -> bool:
        is_known = node.role is Role.SERVER or (node.role in DELIVERIES and bool(node.span.links))
        return bool(node.missing) and node.up is None and not is_known

    def _may_be_linked(self, node: Node) -> bool:
        """Whether the service receives messages in traces of their own, as far as its other spans show."""
        is_consumer = node.alias in self._consumers or node.alias in self._facts.linked
        return is_consumer and not (node.alias in self._facts.joined and node.alias not in self._facts.linked)
