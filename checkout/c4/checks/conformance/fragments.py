"""Fragments: the arrows that a run may have, if a sequence diagram has alternatives, options, loops and breaks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from checkout.c4.source.arrows import Arrow

MOST_CHOICES = 64  # that are judged; where the hops of a run leave more open, the arrows in doubt may be missing
Key = tuple[str, str, str]


class Choice(NamedTuple):
    """The positions of the arrows of one possible run, and those of them that may be missing."""

    taken: tuple[int, ...] = ()
    optional: frozenset[int] = frozenset()


@dataclass
class Block:
    """A fragment of a diagram, or the whole diagram: its branches, each a list of positions and inner fragments."""

    kind: str = ""
    branches: "dict[int, list[int | Block]]" = field(default_factory=dict)

    @property
    def positions(self) -> list[int]:
        """The positions of all arrows in this block."""
        return [at for items in self.branches.values() for at in positions_of(items)]


def positions_of(items: "Iterable[int | Block]") -> list[int]:
    """The positions of all arrows in items of a block."""
    return [at for item in items for at in ([item] if isinstance(item, int) else item.positions)]


def read_blocks(arrows: Sequence[Arrow]) -> Block:
    """The fragments of arrows as a tree."""
    whole, known = Block(), dict[int, Block]()
    for at, arrow in enumerate(arrows):
        items = whole.branches.setdefault(0, [])
        for fragment in arrow.fragments:
            if fragment.number not in known:
                known[fragment.number] = Block(fragment.kind)
                items.append(known[fragment.number])
            items = known[fragment.number].branches.setdefault(fragment.branch, [])
        items.append(at)
    return whole


class Choices:
    """The choices that the hops of a run leave open; `seen` are the keys of its hops."""

    def __init__(self, arrows: Sequence[Arrow], seen: Set[Key]) -> None:
        self._keys = [arrow.key for arrow in arrows]
        self._arrows_of_key = Counter(self._keys)
        self._seen = seen
        self._is_lenient = False
        self._whole = read_blocks(arrows)

    def __iter__(self) -> Iterator[Choice]:
        items = self._whole.branches.get(0, [])
        found = self._sequence(items, False)
        if len(found) > MOST_CHOICES:
            self._is_lenient = True
            found = self._sequence(items, False)[:MOST_CHOICES]
        return iter(found)

    def _sequence(self, items: Sequence[int | Block], in_loop: bool) -> list[Choice]:
        found = [Choice()]
        for number, item in enumerate(items):
            if isinstance(item, int):
                found = [Choice((*each.taken, item), each.optional) for each in found]
            elif item.kind != "break":
                found = _combined(found, self._block(item, in_loop))
            elif self._has_seen(item.positions):
                return _combined(found, self._broken_off(item, items[number + 1 :], in_loop))
        return found

    def _broken_off(self, block: Block, rest: Sequence[int | Block], in_loop: bool) -> list[Choice]:
        """The choices from a break on: with it, so that the rest may be missing; without it unless it happened."""
        after = self._sequence(rest, in_loop)
        inner = [self._sequence(branch, in_loop) for branch in block.branches.values()]
        broken = _combined(*inner, [Choice(each.taken, frozenset(each.taken)) for each in after])
        return broken if self._has_own(block.positions) else [*broken, *after]

    def _block(self, block: Block, in_loop: bool) -> list[Choice]:
        branches = [block.branches[number] for number in sorted(block.branches)]
        if block.kind not in ("alt", "opt", "loop"):
            return _combined(*(self._sequence(branch, in_loop) for branch in branches))
        # An alternative without arrows is in no arrow's fragments: a number that is left out shows it.
        may_skip = block.kind != "alt" or len(branches) <= max(1, *block.branches)
        return self._alternatives(branches, in_loop or block.kind == "loop", may_skip)

    def _alternatives(self, branches: list[list[int | Block]], in_loop: bool, may_skip: bool) -> list[Choice]:
        seen = [branch for branch in branches if self._has_seen(positions_of(branch))]
        own = [branch for branch in seen if self._has_own(positions_of(branch))]
        if in_loop and len(own) > 1:  # each round takes one of them
            return _combined(*(self._sequence(branch, in_loop) for branch in own))
        if not seen and not may_skip:
            seen = [min(branches, key=lambda branch: len(positions_of(branch)))]
        if self._is_lenient and not own:
            doubtful = tuple(at for branch in seen for at in positions_of(branch))
            return [Choice(doubtful, frozenset(doubtful))]
        found = [each for branch in own or seen for each in self._sequence(branch, in_loop)]
        return found if own or not may_skip else [*found, Choice()]

    def _has_seen(self, positions: Iterable[int]) -> bool:
        return any(self._keys[at] in self._seen for at in positions)

    def _has_own(self, positions: Sequence[int]) -> bool:
        """Whether a hop can only be one of the arrows at these positions."""
        here = Counter(self._keys[at] for at in positions)
        return any(key in self._seen and count == self._arrows_of_key[key] for key, count in here.items())


def _combined(*parts: list[Choice]) -> list[Choice]:
    """Every combination of one choice of each part, up to one more than MOST_CHOICES."""
    found = [Choice()]
    for part in parts:
        pairs = ((one, other) for one in found for other in part)
        found = [Choice(a.taken + b.taken, a.optional | b.optional) for a, b in islice(pairs, MOST_CHOICES + 1)]
    return found
