"""Journeys: an order's hops from the journal, what a silent journal leaves to the topics, and what is missing yet."""

import json

import pytest
from sample import FIRST, SECOND, order_received, place_order
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.cli.orders.following import missing
from checkout.cli.orders.journeys import LISTENERS, journey, read_records
from checkout.framework.message import encode
from checkout.messages import TOPICS
from checkout.registry import arrows, listeners

RECEIVED = "order.new-order-received"


def test_a_journey_has_the_hops_of_one_order(shop: InMemoryShop) -> None:
    shop.place(place_order(), place_order(SECOND, sku=3, quantity=1))
    shop.run()

    hops = {id: journey(id, shop.folder, shop.broker) for id in (FIRST, SECOND)}

    assert [hop.step for hop in hops[FIRST]] == [arrow.step for arrow in arrows("ordering")][1:]
    assert [hop.step for hop in hops[SECOND]] == [arrow.step for arrow in arrows("ordering-sold-out")][1:]
    assert not any(hop.observed for found in hops.values() for hop in found)


def test_records_without_a_hop_are_observed_hops_in_their_place(shop: InMemoryShop) -> None:
    shop.publish(RECEIVED, encode(order_received()))
    shop.run()

    hops = journey(FIRST, shop.folder, shop.broker)

    first = hops[0]
    assert (first.step, first.sender, first.to, first.message, first.observed, first.offset) == (
        3, "orders", "kafka", "OrderReceived", True, 0,
    )
    assert sum(hop.observed for hop in hops) == 1
    assert [hop.step for hop in hops] == [3, *[arrow.step for arrow in arrows("ordering")][3:]]


def test_without_a_journal_the_topics_show_what_was_published(shop: InMemoryShop) -> None:
    shop.place(place_order())
    shop.run()
    for path in shop.folder.glob("*.jsonl"):
        path.write_bytes(b"")

    hops = journey(FIRST, shop.folder, shop.broker)

    assert sorted(hop.step for hop in hops) == [3, 5, 7, 10, 12]
    assert journey(FIRST, shop.folder) == []


@pytest.mark.parametrize("value", [None, b"", b"hello", b"[]", b'{"id":7}', b'{"id":"\xff"}', b"[" * 100_000, b"\xff"])
def test_an_undecodable_record_is_read_and_breaks_no_journey(shop: InMemoryShop, value: bytes | None) -> None:
    shop.publish(RECEIVED, value, encode(order_received()))

    seen = list(read_records(shop.broker.read(list(TOPICS))))

    assert [each.message for each in seen] == ["OrderReceived"] * 2
    assert seen[1].order == FIRST and seen[1].payload == json.loads(encode(order_received()))
    assert len(journey(FIRST, shop.folder, shop.broker)) == 1


def test_a_record_has_its_sender_and_its_listeners(shop: InMemoryShop) -> None:
    shop.publish("order.new-order-approved", encode(order_received()))

    (seen,) = read_records(shop.broker.read(list(TOPICS)))

    assert (seen.sender, seen.message) == ("orders", "OrderApproved")
    assert seen.listeners == ["stock", "shipments", "notifications"]


def test_the_listeners_of_each_topic_are_those_of_the_services() -> None:
    found = {topic: listeners(message) for topic, message in TOPICS.items()}

    assert found == LISTENERS


def test_missing_are_the_arrows_without_a_hop(shop: InMemoryShop) -> None:
    shop.place(place_order())
    run_once(shop.workers["stock"])

    found = missing(shop.hops())

    assert found == [arrow[:3] for arrow in arrows("ordering") if arrow.step not in (2, 3, 4, 5)]


def test_after_the_end_only_the_arrow_of_the_gateway_is_missing(shop: InMemoryShop) -> None:
    shop.place(place_order(sku=3, quantity=1))
    shop.run()

    assert missing(shop.hops()) == [(1, "web", "gateway")]
