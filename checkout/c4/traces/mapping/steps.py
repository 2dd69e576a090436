"""Steps: numbers the hops of a story: effects after causes, equal numbers for concurrent ones."""

from collections.abc import Iterable, Sequence

from checkout.c4.traces.mapping.node import Draft
from checkout.journal.hop import Hop, Outcome

Group = list[Draft]  # calls that overlap


def number_steps(drafts: Sequence[Draft]) -> list[Draft]:
    """Sets the step of each hop of one story, from 1, and returns the drafts causes first.

    What a service does for one cause is in sequence if one call began after the other had ended, on one clock; calls
    that overlap or begin at one time are concurrent. What follows from a message does not delay its sender.
    """
    effects: dict[str | None, list[Draft]] = {}
    known = {draft.hop.id for draft in drafts if draft.hop}
    for draft in drafts:
        effects.setdefault(draft.cause_id if draft.cause_id in known else None, []).append(draft)
    ordered = _causes_first(effects)
    sequences = {cause: _sequences(found) for cause, found in effects.items()}
    heights: dict[str | None, int] = {}
    for draft in reversed(ordered):
        heights[_id(draft)] = 1 + _height(sequences.get(_id(draft), []), heights, is_waiting=not _is_publication(draft))
    steps: dict[str | None, int] = {None: 0}
    for cause in (None, *map(_id, ordered)):
        for sequence in sequences.get(cause, []):
            step = steps[cause] + 1
            for group in sequence:
                steps.update((_id(draft), step) for draft in group)
                step += max(heights[_id(draft)] for draft in group)
    ordered.sort(key=lambda draft: (steps[_id(draft)], draft.hop.at if draft.hop else None, _id(draft)))
    _write_steps([draft.hop for draft in ordered if draft.hop], steps)
    return ordered


def _id(draft: Draft) -> str | None:
    return draft.hop.id if draft.hop else None


def _is_publication(draft: Draft) -> bool:
    return bool(draft.hop and draft.hop.is_publication)


def _causes_first(effects: dict[str | None, list[Draft]]) -> list[Draft]:
    ordered, waiting = list[Draft](), list(reversed(effects.get(None, [])))
    while waiting:
        draft = waiting.pop()
        ordered.append(draft)
        waiting.extend(reversed(effects.get(_id(draft), [])))
    return ordered


def _sequences(found: Iterable[Draft]) -> list[list[Group]]:
    """The effects of one cause by clock, and on each clock the groups of those that overlap, in order."""
    clocks: dict[str | None, list[Draft]] = {}
    for draft in found:
        is_delivery = draft.hop is not None and draft.hop.group is not None  # each consumer on its own
        clock = draft.hop.replica if draft.hop and not is_delivery else _id(draft)
        clocks.setdefault(clock, []).append(draft)
    return [_groups(drafts) for drafts in clocks.values()]


def _groups(drafts: list[Draft]) -> list[Group]:
    """The groups of calls that overlap, in order. A call lasts from its first try to the end of the last one."""
    groups, ends = list[Group](), 0
    for tries in _calls(drafts):
        start = tries[0].start
        if groups and (start < ends or start == groups[-1][0].start):
            groups[-1] += tries
        else:
            groups.append([*tries])
        ends = max(ends, *(draft.until for draft in tries))
    return groups


def _calls(drafts: Iterable[Draft]) -> list[Group]:
    """The tries of each call, in order of the first ones: what follows a failed hop of the same arrow repeats it."""
    calls, last = list[Group](), dict[tuple[str, str, str], Group]()
    for draft in sorted(drafts, key=lambda draft: (draft.start, draft.until)):
        before = last.get(draft.hop.arrow) if draft.hop else None
        if before and before[-1].hop and before[-1].hop.outcome is Outcome.FAILED:
            before.append(draft)
            continue
        calls.append([draft])
        if draft.hop:
            last[draft.hop.arrow] = calls[-1]
    return calls


def _height(sequences: list[list[Group]], heights: dict[str | None, int], is_waiting: bool) -> int:
    """The number of steps below a hop, which its sender waits for."""
    if not is_waiting:
        return 0
    return max((sum(max(heights[_id(draft)] for draft in group) for group in each) for each in sequences), default=0)


def _write_steps(hops: Sequence[Hop], steps: dict[str | None, int]) -> None:
    """Numbers without holes; an arrow that happened several times keeps its first number."""
    first: dict[tuple[str, str, str], int] = {}
    for hop in hops:
        first.setdefault(hop.arrow, steps[hop.id])
    numbers = {step: number for number, step in enumerate(sorted(set(first.values())), 1)}
    for hop in hops:
        hop.step = numbers[first[hop.arrow]]
