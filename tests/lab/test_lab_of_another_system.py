"""The lab on a system that is not the store."""

import pytest
from lab.conftest import OpenLab
from restaurant import HOPS, RESTAURANT

from checkout.lab import LabError


def test_another_system_is_stepped_hop_by_hop(open_lab: OpenLab) -> None:
    lab = open_lab(registry=RESTAURANT)
    lab.send("guest.meal-ordered", '{"id": "table-7", "meal": "soup"}', key="table-7")

    first = lab.step()
    lab.run()

    hops = [moment.hop for moment in lab.moments if moment.hop.order]
    assert (first.hop.hop.to, first.hop.hop.message) == ("kitchen", "MealOrdered")
    assert [(hop.step, hop.sender, hop.to, hop.message, hop.cause) for hop in hops] == HOPS
    assert lab.explain() == "Nothing moves: every message is handled."


def test_its_partitions_are_shown_and_orders_are_not_offered(memory_lab: OpenLab) -> None:
    lab = memory_lab(registry=RESTAURANT)
    lab.send("guest.meal-ordered", '{"id": "table-7", "meal": "soup"}', key="table-7")
    lab.run()

    hello = lab.board().answer({"do": "hello"})

    assert (hello["topics"], hello["can_place"]) == (["guest.meal-ordered", "kitchen.meal-cooked"], False)
    assert "kitchen.meal-cooked[0] offsets 0 to 0: waiter (waiter-1) committed 1, next 1, lag 0" in repr(lab.board())


def test_its_tables_are_shown(memory_lab: OpenLab) -> None:
    lab = memory_lab(registry=RESTAURANT)
    lab.send("guest.meal-ordered", '{"id": "table-7", "meal": "soup"}')
    lab.run()

    assert lab.topics["topic"].tolist() == ["guest.meal-ordered", "kitchen.meal-cooked"]
    assert lab.messages[["type", "from", "to"]].values.tolist() == [
        ["MealOrdered", "guest", "kitchen"], ["MealCooked", "kitchen", "waiter"],
    ]
    assert lab.groups[["group", "lag"]].values.tolist() == [["kitchen", 0], ["waiter", 0]]
    assert lab.table("waiter")["status"].tolist() == ["HEARD"]
    assert lab.journey("table-7")["to"].tolist() == [to for _, _, to, _, _ in HOPS]


def test_a_crash_between_its_verbs_loses_nothing(memory_lab: OpenLab) -> None:
    lab = memory_lab(registry=RESTAURANT)
    lab.send("guest.meal-ordered", '{"id": "table-7", "meal": "soup"}')
    lab.break_at("kitchen", "publish")
    lab.run()
    lab.clear_break("kitchen", "publish")

    lab.crash("kitchen")
    lab.restart("kitchen")
    lab.run()

    assert lab.table("waiter")["status"].tolist() == ["HEARD"]


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda lab: lab.place_order("wooden spoon"), "place_order needs the store.*lab.send"),
        (lambda lab: lab.orders, "there is no service 'orders': there are kitchen, waiter"),
        (lambda lab: lab.ledger, "payment_broker needs the store"),
        (lambda lab: lab.walk(), "the walk needs the store"),
        (lambda lab: lab.send("order.new-order-received", "{}"), "there is no topic 'order.new-order-received'"),
    ],
)
def test_what_only_the_store_has_is_refused_with_a_sentence(memory_lab: OpenLab, call: object, problem: str) -> None:
    lab = memory_lab(registry=RESTAURANT)

    with pytest.raises(LabError, match=problem):
        call(lab)  # type: ignore[operator]
