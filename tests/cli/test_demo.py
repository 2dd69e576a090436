"""Demo: the README's first command, and what it shows when something does not go as told."""

from pathlib import Path

import pytest
from command_line import checkout

from checkout.local_kafka import cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_the_demo_takes_three_orders_as_told_and_can_be_repeated(tmp_path: Path) -> None:
    runs = [checkout(tmp_path, "demo") for _ in range(2)]

    for run in runs:
        ends = [line.split(maxsplit=1)[1].strip() for line in run.stdout.splitlines() if line.startswith(" arrows")]
        assert run.returncode == 0, run.stdout + run.stderr
        assert ends == ["17 in 14 steps", "8 in 7 steps", "14 in 12 steps"]
        assert run.stdout.count("order.new-order-approved[0]@0") >= 4
        assert "All 3 orders went as told." in run.stdout
    assert not (tmp_path / "demo" / "store.json").exists()
    assert cluster.status(tmp_path / "demo").processes == []


def test_a_demo_that_goes_otherwise_says_what_and_ends_with_1(tmp_path: Path) -> None:
    run = checkout(tmp_path, "demo", CHECKOUT_STOCK="7")

    assert run.returncode == 1
    assert "not as told: 2. A garden gnome: sold out" in run.stdout
