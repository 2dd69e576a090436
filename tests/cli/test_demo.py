"""Demo: the first command of the README, and what it prints when an order ends otherwise."""

from pathlib import Path

import pytest
from command_line import checkout

from checkout.local_kafka import cluster
from checkout.messages import STORIES
from checkout.registry import arrows

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def arrow_counts(printed: str) -> list[str]:
    """The lines about arrows, such as `17 in 14 steps`, of each order in the output of the demo."""
    return [line.split(maxsplit=1)[1].strip() for line in printed.splitlines() if line.startswith(" arrows")]


def test_the_demo_runs_three_orders_and_then_in_the_same_home_all_eight(tmp_path: Path) -> None:
    run, run_of_all = checkout(tmp_path, "demo"), checkout(tmp_path, "demo", "--all")

    assert run.returncode == 0, run.stdout + run.stderr
    assert arrow_counts(run.stdout) == ["17 in 14 steps", "8 in 7 steps", "14 in 12 steps"]
    assert "All 3 orders ended as expected." in run.stdout
    drawn = [arrows(name) for name in STORIES]
    assert run_of_all.returncode == 0, run_of_all.stdout + run_of_all.stderr
    assert sorted(arrow_counts(run_of_all.stdout)) == sorted(
        f"{len(found)} in {len({arrow.step for arrow in found})} steps" for found in drawn
    )
    assert "All 8 orders ended as expected." in run_of_all.stdout
    for each in (run, run_of_all):
        assert each.stdout.count("order.new-order-approved[0]@0") >= 4
        assert all(f"\n  {word}: " in each.stdout for word in ("Learn", "Draw", "Run"))
    assert not (tmp_path / "demo" / "store.json").exists()
    assert cluster.status(tmp_path / "demo").processes == []


def test_a_demo_with_another_end_names_it_and_exits_with_1(tmp_path: Path) -> None:
    run = checkout(tmp_path, "demo", CHECKOUT_STOCK="7")

    assert run.returncode == 1
    assert "unexpected: 2. A garden gnome: sold out" in run.stdout
