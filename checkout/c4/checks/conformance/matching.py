"""Matching: assigns the hops of one order to the arrows of a view."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from checkout.c4.checks.conformance.precedence import CauseTree, View
from checkout.journal.causality import causes
from checkout.journal.hop import Hop, Outcome

Happened = dict[int, list[Hop]]  # the hops of each arrow, by its position


@dataclass
class Matching:
    """The hops of each arrow that happened; `again` and `duplicates` were delivered repeatedly, `undrawn` by key."""

    happened: Happened = field(default_factory=dict)
    again: list[tuple[int, Hop]] = field(default_factory=list)
    duplicates: list[Hop] = field(default_factory=list)
    undrawn: dict[tuple[str, str, str], list[Hop]] = field(default_factory=dict)
    attempts: dict[tuple[str, str, str], Hop] = field(default_factory=dict)


class Evidence(Protocol):
    """How the order and the causes of hops are known; `hops` are those of one order, causes first."""

    hops: Sequence[Hop]

    def choose(self, positions: Sequence[int], happened: Happened, hop: Hop) -> int | None:
        """The position of a hop's arrow, among those with its ends and technology; None for a repeated delivery."""

    def is_after(self, cause: Hop, effect: Hop) -> bool:
        """Whether a hop that should have preceded another one came after it."""

    def is_caused_at(self, hop: Hop, positions: Sequence[int]) -> bool:
        """Whether a hop of one of the arrows at these positions is known to have led to this hop."""


def match_hops(view: View, evidence: Evidence) -> Matching:
    """Assigns the hops of one order to the arrows of a view."""
    found = Matching()
    for hop in evidence.hops:
        positions = view.positions.get(hop.arrow, [])
        if hop.outcome is Outcome.DUPLICATE:
            found.duplicates.append(hop)
        elif not hop.is_applied:
            found.attempts.setdefault(hop.arrow, hop)
        elif not positions:
            found.undrawn.setdefault(hop.arrow, []).append(hop)
        else:
            at = evidence.choose(positions, found.happened, hop)
            if at is None:
                found.again.append((positions[-1], hop))
            else:
                found.happened.setdefault(at, []).append(hop)
    for positions in view.positions.values():
        _spread(view, evidence, positions, found.happened)
    return found


def _spread(view: View, evidence: Evidence, positions: Sequence[int], happened: Happened) -> None:
    """Gives each arrow without a hop one of an arrow with the same ends and technology that can do without it."""
    for at in positions if len(positions) > 1 else ():
        if at in happened:
            continue
        donors = [each for each in reversed(positions) if len(happened.get(each, ())) > 1]
        if at not in view.optional:
            donors += [each for each in positions if each in happened and each in view.optional]
        if donors:
            happened[at] = [_take(view, evidence, donors[0], happened)]


def _take(view: View, evidence: Evidence, at: int, happened: Happened) -> Hop:
    """Removes a hop of an arrow: the last that no predecessor of the arrow has caused, else the last."""
    hops = happened[at]
    other = [hop for hop in hops if not evidence.is_caused_at(hop, view.before[at])]
    hop = (other or hops)[-1]
    hops.remove(hop)
    if not hops:
        del happened[at]
    return hop


class EvidenceOfMessages:
    """The evidence of hops without ids: the messages they name as causes, and times."""

    def __init__(self, view: View, hops: Sequence[Hop]) -> None:
        self._view, self.hops = view, hops

    def choose(self, positions: Sequence[int], happened: Happened, hop: Hop) -> int | None:
        """Of the arrows without a hop the one that follows the hop's cause, else the first; else one in a loop."""
        free = [at for at in positions if at not in happened]
        if not free:
            return next((at for at in positions if self._view.is_repeatable(at)), None)
        caused = (
            at
            for at in (free if len(free) > 1 else ())
            if any(causes(happened[before][0], hop) for before in self._view.before[at] if before in happened)
        )
        return next(caused, free[0])

    def is_after(self, cause: Hop, effect: Hop) -> bool:
        """By the cause that the later hop names, else by their times."""
        one_clock = cause.replica is not None and cause.replica == effect.replica
        # A publisher records a hop after the broker's acknowledgement; another process may have handled the record.
        return not (causes(cause, effect) and not one_clock) and cause.at > effect.at

    def is_caused_at(self, hop: Hop, positions: Sequence[int]) -> bool:
        """False: messages of one name may be sent at several places."""
        return False


class EvidenceOfIds:
    """The evidence of hops with ids: the chain of their causes, and times of one replica."""

    def __init__(self, view: View, hops: Sequence[Hop]) -> None:
        self._view, self._tree = view, CauseTree(hops)
        self.hops: Sequence[Hop] = self._tree.ordered
        self._places: dict[str | None, int] = {}
        self._causes: dict[int, set[str | None]] = {}
        self._delivered = set[tuple[Any, ...]]()

    def choose(self, positions: Sequence[int], happened: Happened, hop: Hop) -> int | None:
        """The arrow that follows the hop's cause, or a hop with the same cause; a further hop is a repetition."""
        delivery = self._delivery(hop)
        if delivery in self._delivered:
            return None
        if delivery:
            self._delivered.add(delivery)
        at = min(positions, key=lambda each: (not self._follows(each, hop), each in happened))
        self._places[hop.id] = at
        self._causes.setdefault(at, set()).add(hop.cause_id)
        return at

    def is_after(self, cause: Hop, effect: Hop) -> bool:
        """By the chain of causes, else by the times of one replica; where neither decides it is not."""
        if self._tree.leads_to(cause, effect):
            return False
        one_clock = cause.replica is not None and cause.replica == effect.replica
        return self._tree.leads_to(effect, cause) or (one_clock and cause.at > effect.at)

    def is_caused_at(self, hop: Hop, positions: Sequence[int]) -> bool:
        """Whether the hop's cause is a hop of one of these arrows."""
        return self._places.get(hop.cause_id, -1) in positions

    def _follows(self, at: int, hop: Hop) -> bool:
        before = self._view.before[at]
        siblings = any(hop.cause_id in self._causes.get(each, ()) for each in before)
        return not before or siblings or self.is_caused_at(hop, before)

    def _delivery(self, hop: Hop) -> tuple[Any, ...] | None:
        """What two deliveries of one record to one consumer group have in common; None for any other hop."""
        if hop.topic is not None and hop.offset is not None:
            return (hop.arrow, hop.topic, hop.partition, hop.offset, hop.group)
        cause = self._tree.by_id.get(hop.cause_id or "")
        is_delivered = cause is not None and (cause.to, cause.topic) == (hop.sender, hop.topic)
        return (hop.arrow, hop.cause_id, hop.group) if is_delivered and hop.topic is not None else None
