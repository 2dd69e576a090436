"""Every fault on real processes: one replica on SQLite, two on PostgreSQL with three brokers, Kafka behind a proxy."""

from collections.abc import Mapping

import pytest
from faults.cases import (
    OF_ANY_SITE,
    OF_EXTERNAL_SYSTEMS,
    OF_ONE_BROKER,
    OF_SQLITE,
    OF_THE_NETWORK,
    OF_THREE_BROKERS,
    OF_TWO_REPLICAS,
    Case,
)
from faults.conftest import new_site  # noqa: F401 - a fixture
from faults.injection import check_fault

from checkout.faults.site import Site
from checkout.faults.trial import Trial

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(300)]
STOCK = 10_000  # of each product: more than all orders, else no payment and no parcel could meet a fault
SITES: Mapping[str, tuple[dict[str, int], Mapping[str, Case]]] = {  # the options of each store, and its faults
    "one replica": ({}, OF_ANY_SITE | OF_EXTERNAL_SYSTEMS | OF_SQLITE | OF_ONE_BROKER),
    "two replicas": (
        {"replicas": 2, "brokers": 3}, OF_ANY_SITE | OF_EXTERNAL_SYSTEMS | OF_TWO_REPLICAS | OF_THREE_BROKERS
    ),
    "a proxy": ({"is_proxied": True}, OF_THE_NETWORK),
}  # fmt: skip
CASES = [(site, name) for site, (_, cases) in SITES.items() for name in cases]


@pytest.fixture(scope="module")
def trials(new_site: object) -> dict[str, tuple[Site, Trial]]:  # noqa: F811
    """The stores that are running, each with the orders of its tests; started when their first test needs them."""
    return {}


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_all_invariants_hold_after_every_fault(
    new_site: object, trials: dict[str, tuple[Site, Trial]], kind: str, name: str  # noqa: F811
) -> None:
    options, cases = SITES[kind]
    if kind not in trials:
        site = new_site(stock=STOCK, **options)  # type: ignore[operator]
        trials[kind] = (site, Trial(site.store, seed=1))

    check_fault(*trials[kind], cases[name])
