"""Demo: the first command of the README, and what it prints when an order ends otherwise."""

from pathlib import Path

import pytest
from command_line import checkout

from checkout.local_kafka import cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def arrow_counts(printed: str) -> list[str]:
    """The lines about arrows, such as `17 in 14 steps`, of each order in the output of the demo."""
    return [line.split(maxsplit=1)[1].strip() for line in printed.splitlines() if line.startswith(" arrows")]


def test_the_demo_runs_three_orders_and_can_be_repeated(tmp_path: Path) -> None:
    for run in [checkout(tmp_path, "demo") for _ in range(2)]:
        assert run.returncode == 0, run.stdout + run.stderr
        assert arrow_counts(run.stdout) == ["17 in 14 steps", "8 in 7 steps", "14 in 12 steps"]
        assert run.stdout.count("order.new-order-approved[0]@0") >= 4
        assert all(f"\n  {word}: " in run.stdout for word in ("Learn", "Draw", "Run"))
        assert "All 3 orders ended as expected." in run.stdout
    assert not (tmp_path / "demo" / "store.json").exists()
    assert cluster.status(tmp_path / "demo").processes == []


def test_a_demo_with_another_end_names_it_exits_with_1_and_leaves_no_user_on_a_secured_kafka(tmp_path: Path) -> None:
    run = checkout(tmp_path, "demo", CHECKOUT_STOCK="7", CHECKOUT_SECURED="true")

    assert run.returncode == 1
    assert "unexpected: 2. A garden gnome: sold out" in run.stdout
    passwords = (tmp_path / "demo" / "kafka" / "security").glob("*.password")
    assert sorted(file.name for file in passwords) == ["broker.password", "operator.password"]
