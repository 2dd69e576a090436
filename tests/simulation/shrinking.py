"""Shrinking: makes a failing schedule as short and plain as Hypothesis can, from that schedule on."""

from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
from simulation.decisions import ACTIONS, AMOUNTS, NUMBERS, Decision, Schedule

KEY = b"schedule"
MOST_RUNS = 2_000
DECISIONS = st.builds(
    Decision, st.sampled_from(ACTIONS), st.integers(0, NUMBERS - 1), st.integers(0, AMOUNTS - 1)
)  # fmt: skip
SCHEDULES = st.lists(DECISIONS)


def shrink(schedule: Schedule, fails: Callable[[Schedule], bool]) -> list[Decision]:
    """The shortest schedule for which `fails` is true that Hypothesis finds by leaving out and by simplifying.

    Hypothesis begins where its database has a failing example, so the schedule is stored there as the choices that
    SCHEDULES makes for it. Raises NoSuchExample if the schedule does not fail.
    """
    examples = InMemoryExampleDatabase()
    examples.save(KEY, choices_to_bytes(_choices(schedule)))
    only_shrink = settings(
        database=examples, phases=[Phase.reuse, Phase.shrink], max_examples=MOST_RUNS, deadline=None,
        verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    return find(SCHEDULES, fails, settings=only_shrink, database_key=KEY)


def _choices(schedule: Schedule) -> Iterator[bool | int]:
    for action, who, what in schedule:
        yield from (True, ACTIONS.index(action), who, what)
    yield False
    yield False  # one too many: an example that is used up exactly counts as shrunk already
