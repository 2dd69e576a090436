"""Decisions: what a schedule is made of. A seed draws them, Hypothesis shrinks them, a simulated store obeys them."""

import random
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What a decision does; `who` and `what` are numbers whose meaning the action says.

    TURN and VERB: replica `who` calls all verbs, or the next one; `what` chooses the records it is given. ROUND: all
    replicas call all verbs, one after the other.
    CRASH, START, STOP, EVICT: replica `who` is killed, started, stopped cleanly, removed from its group.
    CRASH_INSIDE, FAIL_INSIDE: at the seam `what` inside its verbs (see Seams.arm), replica `who` is killed, or the
    broker, the database or the external system does not answer it.
    REWIND: replica `who` gets records again; RESEND: a producer writes a record again; SPOIL: it writes rubbish.
    PLACE: a client places the cart `who`; CANCEL, REPEAT, READ: it cancels, repeats or reads order `who`; LOSE: it
    loses the response to its request. WAIT: time passes. OUTSIDE: the external systems deny, refuse, fail or drop.
    """

    TURN = "turn"
    PLACE = "place"
    VERB = "verb"
    ROUND = "round"
    WAIT = "wait"
    REWIND = "rewind"
    RESEND = "resend"
    SPOIL = "spoil"
    CRASH = "crash"
    CRASH_INSIDE = "crash inside"
    FAIL_INSIDE = "fail inside"
    START = "start"
    STOP = "stop"
    EVICT = "evict"
    CANCEL = "cancel"
    REPEAT = "repeat"
    READ = "read"
    LOSE = "lose"
    OUTSIDE = "outside"


class Decision(NamedTuple):
    """One decision of a schedule."""

    action: Action
    who: int = 0
    what: int = 0


Schedule = Sequence[Decision]
ACTIONS = tuple(Action)
NUMBERS = 10  # `who` is below it; replicas 0 to 4 are the first ones of the services, 5 to 9 the second ones
SERVICES = 5
AMOUNTS = 27  # `what` is below it
WEIGHTS = {
    Action.TURN: 40, Action.VERB: 40, Action.ROUND: 10, Action.WAIT: 5, Action.PLACE: 3, Action.CANCEL: 3,
    Action.REPEAT: 2, Action.READ: 3,
}  # fmt: skip
FAULTS = tuple(action for action in ACTIONS if action not in WEIGHTS)
INSIDE = (Action.CRASH_INSIDE, Action.FAIL_INSIDE)
OF_REPLICAS = (Action.TURN, Action.VERB, Action.CRASH, *INSIDE, Action.START, Action.STOP, Action.EVICT, Action.REWIND)
LENGTHS = (30, 120)


def draw_schedule(seed: int) -> list[Decision]:
    """The schedule of this seed: replicas and orders, then a mixture in which each kind of fault occurs or not."""
    draw = random.Random(seed)
    chosen = {fault: draw.choice([3, 6, 12]) for fault in FAULTS if draw.random() < 0.5}
    weights = WEIGHTS | chosen
    second = draw.sample(range(SERVICES, NUMBERS), draw.choice([0, 2, 5]))
    placed = [Decision(Action.PLACE, draw.randrange(NUMBERS)) for _ in range(draw.randint(1, 4))]
    actions = draw.choices(list(weights), list(weights.values()), k=draw.randint(*LENGTHS))
    replicas = [*range(SERVICES), *second]
    return [
        *(Decision(Action.START, each) for each in second), *placed,
        *(Decision(each, _draw_who(draw, each, replicas), draw.randrange(AMOUNTS)) for each in actions),
    ]  # fmt: skip


def _draw_who(draw: random.Random, action: Action, replicas: Sequence[int]) -> int:
    return draw.choice(replicas) if action in OF_REPLICAS else draw.randrange(NUMBERS)
