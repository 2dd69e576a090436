"""Fixtures of the checker's tests: the witnesses of a good run, made once."""

import pytest
from checker.good_run import Shopping, good_witnesses
from worker.in_memory_shop import InMemoryShop, databases, new_shop, shop  # noqa: F401 - fixtures

from checkout.checker.witnesses import Witnesses
from checkout.worker.database import ServiceDatabase


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory, databases: dict[str, ServiceDatabase]) -> Witnesses:  # noqa: F811
    """The witnesses of a run with every story; tests break copies of them."""
    made = InMemoryShop(tmp_path_factory.mktemp("good-run"), databases)
    found = good_witnesses(Shopping(made))
    made.close()
    return found
