"""Broken windows: the crash windows of a store without its inbox, or with an unstable key, are reported as broken."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mutants.mutated_store import REGISTRY, VARIABLE

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("mutant", "window", "invariants"),
    [  # without an inbox it depends on the records that come again which of its effects is there twice
        ("the inbox is skipped", "stock-W5", {"I8", "I12", "I14"}),
        ("each charge has a new key", "payments-P3-charge", {"I5"}),
    ],
)
def test_a_crash_in_a_window_exposes_a_mutant(mutant: str, window: str, invariants: set[str]) -> None:
    command = [sys.executable, "scripts/crash_windows.py", window, "--replicas", "1"]
    environment = os.environ | {"CHECKOUT_REGISTRY": REGISTRY, VARIABLE: mutant, "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{window}" in done.stdout
    assert "broken" in done.stdout
    assert invariants & set(re.findall(r"^ *(I\d+): ", done.stdout, re.MULTILINE)), done.stdout
