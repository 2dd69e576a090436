"""Collectors of a store in this process: what of it is a witness."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from sample import AT, CREDIT, order_id
from worker.in_memory_shop import InMemoryShop

from checkout.checker.client_log import RequestOutcome
from checkout.checker.collect.lab import of_lab
from checkout.checker.collect.memory import of_memory
from checkout.fields import RequestedLine
from checkout.lab.lab import Lab
from checkout.messages import PlaceOrder
from checkout.messaging.log import Lag

RECEIVED = "order.new-order-received"


def order(number: int, sku: int) -> PlaceOrder:
    lines = [RequestedLine(sku=sku, quantity=1)]
    return PlaceOrder(order_id(number), "Ada", "ada@example.org", lines, CREDIT, AT)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with closing(Lab(log="memory")) as made:
        yield made


def test_a_store_in_memory_has_all_witnesses(shop: InMemoryShop) -> None:
    shop.place(order(1, sku=1), order(2, sku=3))
    shop.run()

    found = of_memory(shop.broker, shop.databases, shop.simulators, lost_replies=0)

    assert Counter(record.topic for record in found.records)[RECEIVED] == 2
    assert {row["id"]: row["status"] for row in found.databases["orders"]["orders"]} == {
        order_id(1): "APPROVED", order_id(2): "REJECTED"
    }  # fmt: skip
    assert [(entry["order"], entry["amount"]) for entry in found.charges or ()] == [(order_id(1), Decimal("5.00"))]
    assert (len(found.parcels or ()), len(found.mails or ()), found.refunds) == (1, 2, [])
    assert found.lags["stock"][RECEIVED, 0] == Lag(2, 2)
    assert (found.open_transactions, found.lost_replies, found.client) == ({}, 0, None)


def test_the_rows_of_a_database_have_amounts_and_times(shop: InMemoryShop) -> None:
    shop.place(order(1, sku=1))
    shop.run()

    tables = of_memory(shop.broker, shop.databases, shop.simulators).databases

    assert set(tables) == set(shop.services)
    assert tables["stock"]["products"][0] == {
        "sku": 1, "name": "Wooden spoon", "price": Decimal("5.00"), "on_hand": 99, "reserved": 0
    }  # fmt: skip
    stored = tables["orders"]["orders"][0]
    assert (stored["total"], stored["placed_at"], stored["reason"]) == (Decimal("5.00"), AT, None)
    assert all(row["done_at"].tzinfo for row in tables["orders"]["outbox"])


def test_a_lab_has_all_witnesses_and_its_journal_is_the_client_log(lab: Lab) -> None:
    accepted = lab.place_order("Wooden spoon")
    lab.run()
    lab.place_order("Garden gnome")
    lab.step()  # to the gateway, and no further

    found = of_lab(lab)

    assert [(each.method, each.outcome, each.status) for each in found.client or ()] == [
        ("POST", RequestOutcome.OK, 201), ("POST", RequestOutcome.INFO, None)
    ]  # fmt: skip
    assert (found.client or ())[0].order == accepted.id
    assert [row["id"] for row in found.databases["orders"]["orders"]] == [accepted.id]
    assert [entry["order"] for entry in found.charges or ()] == [accepted.id]
    assert all(accepted.id in text for _, text in found.texts())


def test_a_cancellation_in_a_lab_is_a_request_of_its_own(lab: Lab) -> None:
    placed = lab.place_order("Wooden spoon")
    for _ in range(4):
        lab.step()
    lab.cancel_order(placed)
    lab.run()

    requests = of_lab(lab).client or ()

    assert [(each.path.rpartition("/")[2], each.outcome) for each in requests] == [
        ("orders", RequestOutcome.OK), ("cancellation", RequestOutcome.OK)
    ]  # fmt: skip
    assert {each.order for each in requests} == {placed.id}
