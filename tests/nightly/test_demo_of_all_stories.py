"""The demo of all stories; tests/stories/test_other_ends.py runs the same ones for every push."""

from pathlib import Path

import pytest
from cli.test_demo import arrow_counts
from command_line import checkout

from checkout.messages import STORIES
from checkout.registry import arrows

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_the_demo_runs_one_order_of_every_story(tmp_path: Path) -> None:
    run = checkout(tmp_path, "demo", "--all")

    drawn = [arrows(name) for name in STORIES]
    assert run.returncode == 0, run.stdout + run.stderr
    assert sorted(arrow_counts(run.stdout)) == sorted(
        f"{len(found)} in {len({arrow.step for arrow in found})} steps" for found in drawn
    )
    assert "All 8 orders ended as expected." in run.stdout
