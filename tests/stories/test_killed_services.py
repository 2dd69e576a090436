"""Killed services: each is killed between two verbs while orders are in progress; every effect happens once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.registry import STORE

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("window", ["W3", "W5"])
@pytest.mark.parametrize("service", KAFKA_SERVICES)
def test_a_service_killed_in_a_window_has_every_effect_exactly_once(
    shopper: Any, store: Supervisor, service: str, window: str
) -> None:
    replica = f"{service}-1"
    wait_for_commits(shopper, service)  # else redelivered records would kill the service at its start
    before = {sku: shopper.available(sku) for sku in (1, 2)}
    restart(store, replica, crash_at=window)

    with ThreadPoolExecutor(4) as pool:
        orders_being_placed = [pool.submit(shopper.order, line) for line in ((1, 1), (2, 1), (3, 1), (4, 2))]
        shopper.wait_until(lambda: replica in dict(store.crashed()), f"{replica} has killed itself in {window}")
        exit_code = dict(store.crashed())[replica]
        restart(store, replica)
        ids = [order.result() for order in orders_being_placed]

    orders = shopper.wait_for_end(*ids)
    assert exit_code == -9
    assert [order["status"] for order in orders] == ["APPROVED", "APPROVED", "REJECTED", "REJECTED"]
    check_effects(shopper, orders)
    bought = Counter(line["sku"] for order in orders if order["status"] == "APPROVED" for line in order["products"])
    assert {sku: before[sku] - shopper.available(sku) for sku in before} == {sku: bought[sku] for sku in before}


def wait_for_commits(shopper: Any, service: str) -> None:
    topics = list(STORE.by_name[service].topics())
    with closing(shopper.broker()) as broker:
        shopper.wait_until(
            lambda: not any(lag.records for lag in broker.lags(service, topics).values()), f"{service} has no lag"
        )


def restart(store: Supervisor, replica: str, **changes: str) -> None:
    store.processes[replica].pid.kill_with_children()
    store.launch(replica, **changes)
    store.wait_until_ready([replica])


def check_effects(shopper: Any, orders: list[dict[str, Any]]) -> None:
    for order in orders:
        approved = order["status"] == "APPROVED"
        charges = [charge for charge in shopper.charges(order["id"]) if charge["status"] == "charged"]
        assert len(charges) == len(shopper.parcels(order["id"])) == approved
        assert len(shopper.mails(order["id"])) == 1
        assert not any(charge["conflicts"] for charge in charges)
