"""Recovery: after a crash exactly the missing hops are added to a journal."""

from pathlib import Path

import pytest
from sample import order_id, place_order
from worker.in_memory_shop import InMemoryShop

from checkout.journal import journal
from checkout.journal.hop import Hop
from checkout.messages import MESSAGE_TYPES
from checkout.worker.recovery import missing_hops

SERVICES = ["orders", "stock", "payments", "shipments", "notifications"]


def hops_in(path: Path) -> list[Hop]:
    return list(journal.read_file(path))


def recovered_hops(shop: InMemoryShop, name: str) -> list[Hop]:
    path, service = shop.folder / f"{name}-1.jsonl", shop.services[name]
    return missing_hops(path, shop.databases[name], service, MESSAGE_TYPES, f"{name}-1")


def run_three_stories(shop: InMemoryShop) -> InMemoryShop:
    shop.place(place_order(), place_order(order_id(2), sku=3, quantity=1), place_order(order_id(3), sku=4, quantity=2))
    shop.run()
    for worker in shop.workers.values():
        worker.mark_sent()
    return shop


@pytest.mark.parametrize("name", SERVICES)
def test_a_complete_journal_lacks_no_hops(shop: InMemoryShop, name: str) -> None:
    run_three_stories(shop)

    assert recovered_hops(shop, name) == []


@pytest.mark.parametrize("kept", [0, 1, -1])
@pytest.mark.parametrize("name", SERVICES)
def test_exactly_the_lost_lines_are_recovered(shop: InMemoryShop, name: str, kept: int) -> None:
    run_three_stories(shop)
    path = shop.folder / f"{name}-1.jsonl"
    lines, before = path.read_bytes().splitlines(keepends=True), hops_in(path)
    path.write_bytes(b"".join(lines[:kept]))
    remaining = hops_in(path)

    found = recovered_hops(shop, name)

    lost = [hop for hop in before if hop not in remaining]
    assert len(before) >= 2 and lost
    assert sorted(map(fields_of, found)) == sorted(map(fields_of, lost))


def fields_of(hop: Hop) -> tuple[object, ...]:
    return (
        hop.id, hop.cause_id or "", hop.order, hop.step, hop.sender, hop.to, hop.message, hop.topic or "",
        hop.partition or 0, hop.offset or 0, hop.key or "", hop.group or "", hop.replica, hop.cause or "",
        hop.correlation, hop.outcome, hop.status or "",
    )


def test_a_missing_journal_is_recovered_completely(shop: InMemoryShop) -> None:
    run_three_stories(shop)
    before = shop.hops()
    for name in SERVICES:
        (shop.folder / f"{name}-1.jsonl").unlink()

    found = [hop for name in SERVICES for hop in recovered_hops(shop, name)]

    assert sorted(map(fields_of, found)) == sorted(map(fields_of, before))
    assert len(found) == 16 + 7 + 13


def test_only_the_hops_of_this_replica_are_recovered(shop: InMemoryShop) -> None:
    run_three_stories(shop)

    path = shop.folder / "stock-2.jsonl"

    assert missing_hops(path, shop.databases["stock"], shop.services["stock"], MESSAGE_TYPES, "stock-2") == []


def test_a_message_that_was_not_sent_is_not_recovered(shop: InMemoryShop) -> None:
    shop.place(place_order())
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()
    (shop.folder / "stock-1.jsonl").write_bytes(b"")

    found = recovered_hops(shop, "stock")

    assert [(hop.message, hop.sender, hop.to) for hop in found] == [("OrderReceived", "kafka", "stock")]


def test_a_dead_letter_is_not_recovered(shop: InMemoryShop) -> None:
    shop.publish("order.new-order-received", b"hello")
    shop.run()
    shop.workers["stock"].mark_sent()
    (shop.folder / "stock-1.jsonl").write_bytes(b"")

    assert recovered_hops(shop, "stock") == []


def test_a_restarted_worker_writes_the_recovered_hops_once(shop: InMemoryShop) -> None:
    run_three_stories(shop)
    before = [fields_of(hop) for hop in shop.hops()]
    path = shop.folder / "payments-1.jsonl"
    path.write_bytes(path.read_bytes()[:-20])

    shop.crash("payments")

    assert sorted(fields_of(hop) for hop in shop.hops()) == sorted(before)
