"""Soak: one minute of random faults in a store with two replicas of each service; scripts/soak runs longer ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS, ORDERS, SEED = 60, 360, 20

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


@pytest.mark.timeout(400)
def test_all_invariants_hold_after_a_minute_of_random_faults(tmp_path: Path) -> None:
    options = ["--seed", str(SEED), "--orders", str(ORDERS), "--keep", str(tmp_path / "soak")]
    command = [sys.executable, str(ROOT / "scripts" / "soak.py"), str(SECONDS), *options]

    run = subprocess.run(command, capture_output=True, text=True, timeout=380)

    assert run.returncode == 0, run.stdout + run.stderr
    assert f"seed {SEED}: {ORDERS} orders" in run.stdout
    assert "23 of 23 invariants hold, 0 not checked; violations: 0" in run.stdout
    assert len(injected(tmp_path / "soak" / "faults.jsonl")) >= 5


def injected(path: Path) -> list[str]:
    """The faults of a soak."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line["fault"] for line in lines if line["event"] == "injected"]
