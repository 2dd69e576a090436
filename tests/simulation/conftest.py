"""Fixtures of the simulation: the databases of the services, in memory, for all schedules of a session."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulation.store.databases import Databases


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    made = Databases()
    yield made
    made.close()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Where the journal of a failing schedule is kept."""
    return Path(os.environ.get("CHECKOUT_TEST_RESULTS", tmp_path))
