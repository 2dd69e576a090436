"""Schedules: whatever happens in which order, no invariant breaks; and a seed does the same again."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from simulation.decisions import draw_schedule
from simulation.run import run
from simulation.store.databases import Databases
from simulation.store.seams import Place
from simulation.story import explain

from checkout.checker.check import INVARIANTS
from checkout.domain import OrderStatus

SCHEDULES = 1_000
HAPPENED = {
    *(f"killed {place}" for place in Place),
    *(f"no answer {place}" for place in Place if place is not Place.BEFORE_JOURNAL),
    *(f"order: {status}" for status in set(OrderStatus) - {OrderStatus.RECEIVED, OrderStatus.RESERVED}),
    *(f"handled: {outcome}" for outcome in ("applied", "duplicate", "failed", "dead-lettered")),
    *(f"checked: {each.number}" for each in INVARIANTS),
}


@pytest.mark.timeout(600)
def test_a_thousand_schedules_break_no_invariant(databases: Databases, results: Path) -> None:
    counts: Counter[str] = Counter()

    for seed in range(SCHEDULES):
        done = run(databases, draw_schedule(seed))
        assert done.is_good, explain(databases, seed, results)
        counts += done.counts

    assert HAPPENED - counts.keys() == set()  # else the schedules do less than they should


def test_a_seed_does_the_same_in_another_process(databases: Databases) -> None:
    here = digest(databases)

    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    there = subprocess.run(
        [sys.executable, __file__], env=environment, capture_output=True, text=True, check=True, timeout=100
    )

    assert there.stdout.strip() == here


def digest(databases: Databases) -> str:
    """A digest of everything that some schedules did."""
    text = ""
    for seed in range(20):
        done = run(databases, draw_schedule(seed))
        text += f"{done.events} {sorted(done.counts.items())}"
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    print(digest(Databases()))
