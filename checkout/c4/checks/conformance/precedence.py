"""Precedence: which arrows of a view must precede which, and whether one hop of a run came before another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from checkout.c4.source.arrows import Arrow
from checkout.journal.hop import Hop

EXCLUSIVE = ("alt", "par")  # arrows in two branches of these fragments do not wait for each other


def predecessors(arrows: Sequence[Arrow], position: int) -> list[int]:
    """The positions of the arrows that must precede the one at a position, in arrows in step order.

    These are the last earlier arrows, all of one step, that its element received, or else sent. Where some of the
    received ones have the same technology, such as the topic that a queue delivers, only these. If its element has no
    earlier arrow: all arrows of the previous step. Other branches of an alt or par fragment are left out.
    """
    return _predecessors(arrows, position, _positions_by_index(arrows))


def all_predecessors(arrows: Sequence[Arrow]) -> list[list[int]]:
    """What `predecessors` returns for each arrow."""
    by_index = _positions_by_index(arrows)
    return [_predecessors(arrows, at, by_index) for at in range(len(arrows))]


def _positions_by_index(arrows: Sequence[Arrow]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, arrow in enumerate(arrows):
        found.setdefault(arrow.index, []).append(at)
    return found


def _predecessors(arrows: Sequence[Arrow], position: int, by_index: dict[str, list[int]]) -> list[int]:
    arrow, previous, seen = arrows[position], list[int](), {arrows[position].index}
    for before in reversed(arrows[:position]):
        if before.index in seen:
            continue
        seen.add(before.index)
        step = [at for at in by_index[before.index] if not _exclude_each_other(arrows[at], arrow)]
        received = [at for at in step if arrows[at].target == arrow.source]
        sent = [at for at in step if arrows[at].source == arrow.source]
        if found := [at for at in received if arrows[at].technology == arrow.technology] or received or sent:
            return found
        previous = previous or step
    return previous


def _exclude_each_other(one: Arrow, other: Arrow) -> bool:
    branches = {each.number: each.branch for each in one.fragments if each.kind in EXCLUSIVE}
    return any(branches.get(each.number, each.branch) != each.branch for each in other.fragments)


class CauseTree:
    """The hops of one order as a tree, from their ids and cause ids.

    `by_id` has all hops, and `ordered` too: each after its cause, and of one cause the earlier ones first. Hops that
    cause each other are at its end, and lead to nothing.
    """

    def __init__(self, hops: Sequence[Hop]) -> None:
        self.by_id = {hop.id: hop for hop in reversed(hops) if hop.id is not None}
        self._intervals: dict[str | None, tuple[int, int]] = {}
        below: dict[str | None, list[Hop]] = {}
        for hop in sorted(hops, key=lambda hop: hop.at, reverse=True):
            below.setdefault(hop.cause_id if hop.cause_id in self.by_id else None, []).append(hop)
        self.ordered = self._number(below)
        reached = {id(hop) for hop in self.ordered}
        self.ordered += [hop for hop in hops if id(hop) not in reached]

    def _number(self, below: dict[str | None, list[Hop]]) -> list[Hop]:
        """The hops below the root; each gets the interval of the numbers below it, which makes a comparison cheap."""
        ordered, entered, clock = list[Hop](), dict[str | None, int](), 0
        waiting = [(hop, False) for hop in below.get(None, ())]
        while waiting:
            hop, is_done = waiting.pop()
            clock += 1
            if is_done:
                self._intervals[hop.id] = (entered[hop.id], clock)
                continue
            ordered.append(hop)
            entered[hop.id] = clock
            waiting.append((hop, True))
            waiting += [(each, False) for each in below.pop(hop.id, ())]
        return ordered

    def leads_to(self, earlier: Hop, later: Hop) -> bool:
        """Whether the chain of causes of a hop has another one."""
        above, below = self._intervals.get(earlier.id), self._intervals.get(later.id)
        return above is not None and below is not None and above[0] < below[0] and below[1] < above[1]


@dataclass(frozen=True)
class View:
    """The arrows of a view that a run may have, in step order; those at the positions `optional` may be missing.

    `left_out` are the arrows of other alternatives, and `places` the positions of `arrows` among all arrows. `queues`
    are the aliases of queues.
    """

    arrows: tuple[Arrow, ...]
    places: tuple[int, ...]
    optional: frozenset[int] = frozenset()
    left_out: tuple[Arrow, ...] = ()
    queues: frozenset[str] = frozenset()

    @cached_property
    def positions(self) -> dict[tuple[str, str, str], list[int]]:
        """The positions of the arrows of each key."""
        found: dict[tuple[str, str, str], list[int]] = {}
        for at, arrow in enumerate(self.arrows):
            found.setdefault(arrow.key, []).append(at)
        return found

    @cached_property
    def before(self) -> list[list[int]]:
        """The predecessors of each arrow."""
        return all_predecessors(self.arrows)

    def is_message(self, position: int) -> bool:
        """Whether the arrow at a position is from or to a queue."""
        arrow = self.arrows[position]
        return arrow.source in self.queues or arrow.target in self.queues

    def is_repeatable(self, position: int) -> bool:
        """Whether the arrow at a position is in a loop."""
        return any(fragment.kind == "loop" for fragment in self.arrows[position].fragments)
