"""Pieces: stories whose beginning is not in the files, and the arrows of other stories that may be in them."""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from checkout.c4.source.arrows import Arrow
from checkout.c4.traces.evidence.facts import Facts
from checkout.c4.traces.evidence.orphans import Orphans, lacks_entry
from checkout.c4.traces.mapping.node import Draft, Node
from checkout.c4.traces.mapping.stories import story_of
from checkout.c4.traces.naming.text import short_id

Key = tuple[str, str, str]
Sign = tuple[str, ...]  # what a piece has in common with an arrow
ALL = ""  # stands for all stories


class Piece(NamedTuple):
    """A story without its beginning: it may be a part of one of the stories `of`, or of any one without these."""

    story: str
    of: Set[str] = frozenset()


class Pieces:
    """The pieces of traces, by what they have in common with arrows.

    A piece has its hops, the publication of the message with which it begins, and the calls of and to a service whose
    entry is missing. All of these may have happened in another story.
    """

    def __init__(
        self, facts: Facts, orphans: Orphans, drafts: Iterable[Draft], stories: Mapping[str, Set[str]]
    ) -> None:
        self._brokers = facts.brokers
        self._found: dict[Sign, dict[str, list[str]]] = {}
        self._whole: dict[str, list[Piece]] = {}
        for draft, node, link in facts.absent_links:
            of = frozenset() if link.trace in orphans.broken else stories.get(link.trace, frozenset())
            self._add_delivery(draft, node, Piece(draft.order, of))
        for draft, node in facts.lost_messages:
            self._add_delivery(draft, node, Piece(draft.order))
        for node in orphans.beginnings:
            piece = Piece(story_of(node))
            self._whole.setdefault(piece.story, []).append(piece)
            for end in ("to", "from") if lacks_entry(node) else ("to",):
                self._add((end, node.alias), piece)
        self._keys: dict[str, set[Key]] = {}
        for draft in drafts:
            if draft.hop:
                self._keys.setdefault(draft.order, set()).add(draft.hop.arrow)
                for piece in self._whole.get(draft.order, ()):
                    self._add(draft.hop.arrow, piece)
        self._shapes = set(map(frozenset, self._keys.values())) if self._whole else set[frozenset[Key]]()

    def reason(self, order: str, arrow: Arrow) -> str:
        """Which piece may have an arrow of a story; empty if none may."""
        signs: list[Sign] = [arrow.key, ("to", arrow.target), ("from", arrow.source)]
        if arrow.target in self._brokers:
            signs.append(("publication", arrow.technology))
        for sign in signs:
            found = self._found.get(sign, {})
            other = next((each for of in (order, ALL) for each in found.get(of, ()) if each != order), "")
            if other:
                return f"it may be in trace {short_id(other)}, whose beginning is missing"
        return self._reason_of_piece(order, arrow)

    def _reason_of_piece(self, order: str, arrow: Arrow) -> str:
        """Whether this is a piece of a story that has the arrow, but not all of the piece's own."""
        own = self._keys.get(order, set[Key]())
        if order in self._whole and any(arrow.key in shape and not own <= shape for shape in self._shapes):
            return f"the beginning of trace {short_id(order)} is missing, and it may be a part of another one"
        return ""

    def _add_delivery(self, draft: Draft, node: Node, piece: Piece) -> None:
        if draft.hop:
            self._add(draft.hop.arrow, piece)
            self._add(("publication", draft.hop.technology), piece)
        else:
            self._add(("to", node.alias), piece)
        if draft.before is None:
            self._whole.setdefault(piece.story, []).append(piece)

    def _add(self, sign: Sign, piece: Piece) -> None:
        by_story = self._found.setdefault(sign, {})
        for story in piece.of or (ALL,):
            found = by_story.setdefault(story, [])
            if len(found) < 2 and piece.story not in found:  # two suffice: one of them is of another story
                found.append(piece.story)
