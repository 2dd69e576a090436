"""Fixtures of the mutants: shops in this thread whose witnesses the checker reads."""

import functools
from collections.abc import Callable, Iterator

import pytest
from mutants.examination import memory_databases
from mutants.observed_shop import ObservedShop


@pytest.fixture(scope="session")
def new_observed_shop() -> Iterator[Callable[..., ObservedShop]]:
    """Makes a shop on databases in memory: `new_observed_shop(folder, service=None)`."""
    with memory_databases() as databases:
        yield functools.partial(ObservedShop, databases=databases)
