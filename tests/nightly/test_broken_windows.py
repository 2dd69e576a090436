"""Broken windows: the crash windows of a store without its inbox, or with an unstable key, are reported as broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutants.mutated_store import REGISTRY, VARIABLE

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("mutant", "window", "invariant"),
    [("the inbox is skipped", "stock-W5", "I8"), ("each charge has a new key", "payments-P3-charge", "I5")],
)
def test_a_crash_in_a_window_exposes_a_mutant(mutant: str, window: str, invariant: str) -> None:
    command = [sys.executable, "scripts/crash_windows.py", window, "--replicas", "1"]
    environment = os.environ | {"CHECKOUT_REGISTRY": REGISTRY, VARIABLE: mutant, "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{window}" in done.stdout
    assert "broken" in done.stdout
    assert f"\n{invariant}: " in done.stdout
