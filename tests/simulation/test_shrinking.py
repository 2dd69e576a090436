"""Shrinking: a defect in the worker is found, its schedule becomes a short story, and that opens in the walk."""

from pathlib import Path

import pytest
from hypothesis.errors import NoSuchExample
from mutants.worker_changes import skip_the_inbox
from simulation.decisions import Action, draw_schedule
from simulation.run import run
from simulation.shrinking import shrink
from simulation.store.databases import Databases
from simulation.story import explain, shortest

from checkout.lab.history.replay import Replay

pytestmark = pytest.mark.timeout(600)  # hundreds of schedules: 5 to 20 s of processor time


def first_failing_seed(databases: Databases) -> int:
    return next(seed for seed in range(100) if not run(databases, draw_schedule(seed)).is_good)


def test_a_skipped_inbox_is_found_and_shrunk_to_a_repeated_record(databases: Databases) -> None:
    with skip_the_inbox():
        seed = first_failing_seed(databases)
        schedule = shortest(databases, draw_schedule(seed))
        with_defect = run(databases, schedule)

    without_defect = run(databases, schedule)

    assert len(schedule) <= 6 < len(draw_schedule(seed))
    assert with_defect.report.broken and without_defect.is_good
    assert {decision.action for decision in schedule} & {Action.RESEND, Action.REWIND, Action.CRASH, Action.EVICT}


def test_the_story_of_a_failing_seed_has_its_events_its_hops_and_the_verdict_and_opens_in_the_walk(
    databases: Databases, tmp_path: Path
) -> None:
    with skip_the_inbox():
        seed = first_failing_seed(databases)
        story = explain(databases, seed, tmp_path)

    path = tmp_path / f"simulation-{seed}.jsonl"
    assert story.startswith(f"seed {seed}, shrunk to ")
    assert "placed: order-1" in story and "web -> gateway: PlaceOrder" in story and "I8: " in story
    assert f"Lab.replay({str(path)!r})" in story
    assert Replay(path).walk() and len(Replay(path).moments) == story.count(" -> ")


def test_a_schedule_that_does_not_fail_is_not_shrunk(databases: Databases) -> None:
    with pytest.raises(NoSuchExample):
        shrink(draw_schedule(0), lambda schedule: not run(databases, schedule).is_good)
