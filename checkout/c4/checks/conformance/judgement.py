"""Judgement: the deviations of one order from the arrows of a view."""

import re
from collections.abc import Iterable, Iterator, Sequence

from checkout.c4.checks.conformance.matching import (
    Evidence,
    EvidenceOfIds,
    EvidenceOfMessages,
    Matching,
    match_hops,
)
from checkout.c4.checks.conformance.precedence import View
from checkout.c4.checks.conformance.results import Deviation, DeviationKind, OrderResult, Unjudged
from checkout.c4.checks.gaps import Gaps
from checkout.c4.findings import printable
from checkout.c4.journal import describe_hop
from checkout.c4.source.arrows import Arrow
from checkout.journal.hop import Hop

Key = tuple[str, str, str]
REPLY = "draw it dotted and without a technology in a sequence diagram, and not at all in other views"


def judge(
    view: View, order: str, hops: Sequence[Hop], has_ids: bool, allow_redelivery: bool, gaps: Gaps
) -> OrderResult:
    """The result of one order. If every hop has an id, `has_ids`, the hops may have any order, else causes first."""
    evidence: Evidence = EvidenceOfIds(view, hops) if has_ids else EvidenceOfMessages(view, hops)
    found = match_hops(view, evidence)
    absent = [at for at in range(len(view.arrows)) if at not in found.happened and at not in view.optional]
    unseen = {at for at in absent if gaps.is_unseen(order, view.arrows[at])}
    reasons = _reasons(view, absent, {at: gaps.reason(order, view.arrows[at]) for at in absent}, unseen)
    never = [at for at in absent if at not in reasons]
    swapped = _pair_technologies(view, never, found, evidence)
    deviations = [
        *_repeated_deliveries(view, found, allow_redelivery),
        *_undrawn(view, found, set(swapped.values()), has_ids),
        *_never_happened(view, never, swapped, found),
        *_early(view, found, evidence),
    ]
    first = {view.places[at]: found.happened[at][0] for at in sorted(found.happened)}
    times = {view.places[at]: len(each) for at, each in sorted(found.happened.items()) if len(each) > 1}
    unjudged = tuple(Unjudged(view.arrows[at], reason) for at, reason in reasons.items())
    if not unjudged and (reason := gaps.order_reason(order)):
        unjudged = (Unjudged(None, reason),)
    repeated = tuple(_describe_times(view, at, len(each)) for at, each in sorted(found.happened.items()) if each[1:])
    return OrderResult(order, first, tuple(deviations), unjudged, times, repeated)


def _reasons(view: View, absent: Sequence[int], gaps: dict[int, str], unseen: set[int]) -> dict[int, str]:
    """Why absent arrows cannot be judged; with a message that cannot be judged goes all that follows from it.

    The consumer of a message that was sent by an unknown span is in a trace of its own. With an arrow that may have
    happened unseen goes all that leads to it.
    """
    for at in reversed(absent):
        for cause in set(view.before[at]) & gaps.keys() if at in unseen else ():
            unseen.add(cause)
            gaps[cause] = gaps[cause] or f"it leads to {view.arrows[at]}, which may be in another trace"
    found, following = dict[int, str](), set[int]()
    for at in absent:
        before = [each for each in view.before[at] if each in found]
        unknown = next((each for each in before if each in following or view.is_message(each)), None)
        if gaps[at]:
            found[at] = gaps[at]
        elif unknown is not None:
            found[at] = f"it follows {view.arrows[unknown]}, which cannot be judged"
            following.add(at)
    return found


def _describe_times(view: View, at: int, times: int) -> str:
    return f"{times} times: {view.arrows[at].line.place}: {view.arrows[at]}"


def _repeated_deliveries(view: View, found: Matching, allow_redelivery: bool) -> Iterator[Deviation]:
    for hop in found.duplicates:
        positions = view.positions.get(hop.arrow)
        message = f"was delivered again and recognised as a duplicate: {_describe(hop)}"
        yield Deviation(DeviationKind.REDELIVERED, message, view.arrows[positions[0]] if positions else None, hop, True)
    for at, hop in found.again:
        message = f"was applied again: {_describe(hop)}"
        yield Deviation(DeviationKind.REDELIVERED, message, view.arrows[at], hop, allow_redelivery)


def _undrawn(view: View, found: Matching, swapped: set[Key], has_ids: bool) -> Iterator[Deviation]:
    """One deviation for each undrawn arrow; without ids one for each hop, since equal hops cannot be told apart."""
    others = {arrow.key: arrow for arrow in reversed(view.left_out)}
    for key, hops in found.undrawn.items():
        for hop in () if key in swapped else hops[:1] if has_ids else hops:
            other, count = others.get(key), len(hops) if has_ids else 1
            times = f", {count} times" if count > 1 else ""
            message = f"belongs to an alternative beside the one that happened: {_describe(hop)}{times}"
            message = message if other else _not_drawn(view.arrows, hop, times)
            yield Deviation(DeviationKind.EXTRA, message, other, hop, count=count)


def _never_happened(view: View, never: Sequence[int], swapped: dict[int, Key], found: Matching) -> Iterator[Deviation]:
    for at in never:
        arrow = view.arrows[at]
        if at in swapped:
            hops = found.undrawn[swapped[at]]
            message = f"never happened: {arrow}; between the two happened {_describe(hops[0])}"
            yield Deviation(DeviationKind.WRONG_TECHNOLOGY, message, arrow, hops[0], count=len(hops))
        else:
            attempt = found.attempts.get(arrow.key)
            evidence = f"; {attempt.outcome}: {_describe(attempt)}" if attempt else ""
            hint = "" if attempt else _reply_hint(view, at)
            yield Deviation(DeviationKind.MISSING, f"never happened: {arrow}{evidence}{hint}", arrow, attempt)


def _reply_hint(view: View, at: int) -> str:
    """What to do about an arrow that may be drawn as the reply to an earlier call with the same protocol."""
    arrow = view.arrows[at]
    for call in view.arrows[:at]:
        protocols = {re.split(r"[\s,]", each.technology)[0] for each in (call, arrow)}
        if (call.target, call.source) == arrow.key[:2] and len(protocols) == 1 and not view.queues & {*arrow.key[:2]}:
            return f"; if it is the reply to {call}, {REPLY}"
    return ""


def _early(view: View, found: Matching, evidence: Evidence) -> Iterator[Deviation]:
    for at in sorted(found.happened):
        before = [found.happened[each] for each in view.before[at] if each in found.happened]
        pair = next(_pairs_out_of_order(found.happened[at], before, evidence), None)
        if pair:
            message = f"{_describe(pair[0])} came before {_describe(pair[1])}"
            yield Deviation(DeviationKind.EARLY, message, view.arrows[at], pair[0])


def _pairs_out_of_order(
    hops: Iterable[Hop], before: Sequence[Sequence[Hop]], evidence: Evidence
) -> Iterator[tuple[Hop, Hop]]:
    """Each hop that came before all hops of an arrow that must precede it, and the first of these."""
    for hop in hops:
        yield from ((hop, causes[0]) for causes in before if all(evidence.is_after(cause, hop) for cause in causes))


def _pair_technologies(view: View, never: Sequence[int], found: Matching, evidence: Evidence) -> dict[int, Key]:
    """The arrows that happened with another technology: undrawn hops between their ends, at the time they were due."""
    undrawn: dict[tuple[str, str], list[Key]] = {}
    for key in found.undrawn:
        undrawn.setdefault(key[:2], []).append(key)
    waiting, paired = set(never), dict[int, Key]()
    for at in never:
        keys = undrawn.get(view.arrows[at].key[:2], [])
        if keys and not waiting.intersection(view.before[at]):
            caused = (key for key in keys if evidence.is_caused_at(found.undrawn[key][0], view.before[at]))
            paired[at] = next(caused, keys[0])
            keys.remove(paired[at])
            waiting.discard(at)
    return paired


def _not_drawn(arrows: Sequence[Arrow], hop: Hop, times: str) -> str:
    drawn = [arrow.technology for arrow in arrows if arrow.key[:2] == hop.arrow[:2]]
    between = f"; between the two is drawn {', '.join(drawn)}" if drawn else ""
    return f"is not drawn: {_describe(hop)}{times}{between}"


def _describe(hop: Hop) -> str:
    return printable(describe_hop(hop))
