"""Replicas: the three stories with two replicas of each service and three partitions, on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from stories.shopper import Shopper, open_shopper

from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.registry import arrows

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]
STORIES = (((1, 1), "APPROVED", "ordering"), ((3, 1), "REJECTED", "ordering-sold-out"),
           ((4, 2), "REJECTED", "ordering-payment-denied"))


@pytest.fixture(scope="module")
def store_with_two_replicas(new_store: Callable[..., Supervisor], postgres: str) -> Iterator[Supervisor]:
    """A store with two replicas of each service."""
    store = new_store(scale=dict.fromkeys(KAFKA_SERVICES, 2), partitions=3, database_url=postgres)
    yield store
    store.stop()


@pytest.fixture
def shopper(
    store_with_two_replicas: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest
) -> Iterator[Shopper]:
    """A shopper of the store with two replicas."""
    yield from open_shopper(store_with_two_replicas, wait_until, request)


@pytest.mark.parametrize(("line", "status", "view"), STORIES, ids=[view for _, _, view in STORIES])
def test_a_story_has_the_arrows_of_its_diagram_with_two_replicas(
    shopper: Any, line: tuple[int, int], status: str, view: str
) -> None:
    ids = [shopper.order(line) for _ in range(2 if view == "ordering-payment-denied" else 8)]

    orders = shopper.wait_for_end(*ids)

    assert {order["status"] for order in orders} == {status}
    shopper.save_journal(ids[-1], view, "two replicas")
    for id in ids:
        assert shopper.arrows(id) == sorted(arrow[:3] for arrow in arrows(view))
        assert len(shopper.mails(id)) == 1


def test_both_replicas_of_each_service_handle_messages(shopper: Any) -> None:
    ids = [shopper.order((1, 1)) for _ in range(12)]

    shopper.wait_for_end(*ids)

    journals = Path(shopper.store.settings.home, "journal").glob("*.jsonl")
    replicas = {path.stem for path in journals if path.stat().st_size}
    assert {f"{service}-{number}" for service in KAFKA_SERVICES for number in (1, 2)} <= replicas


def test_the_orders_of_a_killed_replica_are_completed_by_the_other(shopper: Any) -> None:
    before = [shopper.order((2, 1)) for _ in range(6)]
    shopper.store.processes["payments-2"].pid.kill_with_children()
    after = [shopper.order((2, 1)) for _ in range(6)]

    for id in (*before, *after):
        shopper.wait_until(lambda id=id: shopper.mails(id) and shopper.parcels(id), f"the effects of order {id}", 60)
        assert shopper.read_order(id)["status"] == "APPROVED"
        assert len(shopper.charges(id)) == len(shopper.parcels(id)) == len(shopper.mails(id)) == 1
    shopper.store.launch("payments-2")
    shopper.store.wait_until_ready(["payments-2"])
    shopper.wait_for_end(*before, *after)  # after its restart it has written the missing hops
