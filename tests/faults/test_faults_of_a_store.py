"""Faults of a store: a sample of them, on real processes; tests/nightly/test_every_fault.py has all."""

from collections.abc import Callable, Mapping

import pytest
from faults.cases import OF_ANY_SITE, OF_EXTERNAL_SYSTEMS, OF_SQLITE, OF_THE_NETWORK, Case, journal_of
from faults.injection import check_fault

from checkout.cli.orders import following
from checkout.faults.site import Site
from checkout.faults.trial import Trial
from checkout.journal import journal
from checkout.journal.hop import Hop

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
SAMPLE: Mapping[str, Case] = {
    name: (OF_ANY_SITE | OF_EXTERNAL_SYSTEMS | OF_SQLITE | OF_THE_NETWORK)[name]
    for name in (
        "kill -9 of all services at once", "full disk", "connections to Kafka half-open", "clock an hour ahead",
        "two replicas with one identity", "payment provider drops connections after charging",
        "mail server drops connections after the final dot", "torn journal",
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A store of one replica of each service on SQLite, whose clients reach Kafka through a proxy."""
    return new_site(is_proxied=True)


@pytest.fixture(scope="module")
def trial(site: Site) -> Trial:
    """The orders of all tests."""
    return Trial(site.store, seed=1)


@pytest.mark.parametrize("name", SAMPLE)
def test_all_invariants_hold_after_a_fault(site: Site, trial: Trial, name: str) -> None:
    check_fault(site, trial, SAMPLE[name])


def test_the_journal_of_a_replica_that_was_torn_is_complete_again(site: Site, trial: Trial) -> None:
    found: dict[str, list[Hop]] = {order: [] for load in trial.loads for order in load.orders.values()}
    for hop in journal.read(journal_of(site, "orders-1").parent):
        found[str(hop.order)].append(hop)

    # The story of a cancelled order may end before any of its arrows.
    complete = {order: hops for order, hops in found.items() if "OrderCancelled" not in {hop.message for hop in hops}}
    missing = {order: arrows for order, hops in complete.items() if (arrows := following.missing(hops))}
    assert missing == {}
    assert len(complete) >= 10
