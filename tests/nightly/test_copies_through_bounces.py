"""Copies through bounces: 100,000 messages through three replicas that are killed and stopped; too slow for a push."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from yardsticks.copying import MESSAGES, expected, run_copying, settings_of

TESTS = Path(__file__).parents[1]
pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(900)]


def test_no_message_is_lost_or_there_twice_and_each_key_keeps_its_order(
    kafka: str, postgres: str, tmp_path: Path, new_port_base: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")])))

    found = run_copying(settings_of(tmp_path / "home", kafka, new_port_base(), postgres), MESSAGES)

    assert found.figures() == expected(MESSAGES)
