"""Fixtures of the worker tests: the five services in this thread, a database in memory, and a service that fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from worker.faulty_service import FaultyService, FaultyServiceHarness
from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures

from checkout.services.stock import Stock
from checkout.worker.database import ServiceDatabase


@pytest.fixture
def database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", Stock())
    yield database
    database.close()


@pytest.fixture(scope="module")
def faulty_database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", FaultyService())
    yield database
    database.close()


@pytest.fixture
def harness(tmp_path: Path, faulty_database: ServiceDatabase) -> Iterator[FaultyServiceHarness]:
    harness = FaultyServiceHarness(tmp_path, faulty_database)
    yield harness
    harness.worker.journal.close()
