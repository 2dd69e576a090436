"""Exercise late-payment: what to do when the payment and the cancellation of an order arrive in any sequence."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from checkout.lab.exercises.examination import Examination
from checkout.lab.exercises.exercise import Exercise
from checkout.lab.exercises.learners import first, shown

START = "waiting"
PAID, DENIED, CANCELLED = "paid", "denied", "cancelled"
Sequences = Mapping[tuple[str, ...], list[str]]  # events, and the commands that follow from them
CASES: dict[str, Sequences] = {
    "a payment approves the order": {(PAID,): ["approve"]},
    "a denied payment and a cancellation need no command": {(DENIED,): [], (CANCELLED,): []},
    "a payment after a cancellation is refunded": {(CANCELLED, PAID): ["refund"]},
    "a cancellation after the approval comes too late: no further command": {(PAID, CANCELLED): ["approve"]},
    "a denied payment is never refunded": {(DENIED, CANCELLED): [], (CANCELLED, DENIED): []},
}
ALL = {events: commands for sequences in CASES.values() for events, commands in sequences.items()}
NextStep = Callable[[str, str], Any]


def examine(next_step: NextStep, found: Examination) -> None:
    """The events of an order in every sequence; then again with each event repeated at each later moment."""
    for text, sequences in CASES.items():
        found.judge(text, partial(_wrong_commands, next_step, sequences), str)
    repeated = {again: commands for events, commands in ALL.items() for again in _with_a_repeat(events)}
    text = f"events that are delivered again change nothing ({len(repeated)} sequences)"
    found.judge(text, partial(_wrong_commands, next_step, repeated), str)


def _with_a_repeat(events: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for at, event in enumerate(events):
        for after in range(at + 1, len(events) + 1):
            yield (*events[:after], event, *events[after:])


def _wrong_commands(next_step: NextStep, sequences: Sequences) -> str:
    return first(_wrong_run(next_step, events, commands) for events, commands in sequences.items())


def _wrong_run(next_step: NextStep, events: tuple[str, ...], expected: list[str]) -> str:
    state: Any = START
    commands: list[Any] = []
    for event in events:
        step = next_step(state, event)
        if not isinstance(step, tuple) or len(step) != 2:
            return f"next_step({state!r}, {event!r}) returned {shown(step)}, not a state and a command"
        state = step[0]
        commands += [step[1]] if step[1] is not None else []
    is_right = commands == expected
    return "" if is_right else f"{', '.join(events)}: the commands are {shown(commands)} instead of {expected}"


EXERCISE = Exercise(
    "a function of a state and an event",
    (
        "Draw the states first: waiting, approved, denied, cancelled, refunded. Which event leads from which state to "
        "which one, and with which command?",
        "Only two of these transitions have a command, and all events that are not expected in a state leave it as it "
        "is, with the command None.",
        "A dictionary is enough: {('waiting', 'paid'): ('approved', 'approve'), ('cancelled', 'paid'): ('refunded', "
        "'refund'), ...}.get((state, event), (state, None))",
    ),
    examine,
)
