"""Fixtures of the worker tests: the five services in this thread, and the database of one service in memory."""

from collections.abc import Iterator

import pytest
from worker.in_memory_shop import databases, new_shop, shop  # noqa: F401 - fixtures

from checkout.services.stock import Stock
from checkout.worker.database import ServiceDatabase


@pytest.fixture
def database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", Stock())
    yield database
    database.close()
