"""Recovery: after a crash a journal gets exactly the lines that it lacks."""

from pathlib import Path

import pytest
from sample import order_id, place_order
from worker.in_memory_shop import Shop

from checkout.journal import journal
from checkout.journal.hop import Hop
from checkout.messages import MESSAGE_TYPES
from checkout.worker.recovery import missing_hops

SERVICES = ["orders", "stock", "payments", "shipments", "notifications"]


def told(path: Path) -> list[Hop]:
    return list(journal.read_file(path))


def recovered(shop: Shop, name: str) -> list[Hop]:
    path, service = shop.folder / f"{name}-1.jsonl", shop.services[name]
    return missing_hops(path, shop.databases[name], service, MESSAGE_TYPES, f"{name}-1")


def after_a_run(shop: Shop) -> Shop:
    shop.place(place_order(), place_order(order_id(2), sku=3, quantity=1), place_order(order_id(3), sku=4, quantity=2))
    shop.run()
    for worker in shop.workers.values():
        worker._mark_now()
    return shop


@pytest.mark.parametrize("name", SERVICES)
def test_a_whole_journal_lacks_nothing(shop: Shop, name: str) -> None:
    after_a_run(shop)

    assert recovered(shop, name) == []


@pytest.mark.parametrize("kept", [0, 1, -1])
@pytest.mark.parametrize("name", SERVICES)
def test_whatever_lines_are_lost_those_are_found(shop: Shop, name: str, kept: int) -> None:
    after_a_run(shop)
    path = shop.folder / f"{name}-1.jsonl"
    lines, before = path.read_bytes().splitlines(keepends=True), told(path)
    path.write_bytes(b"".join(lines[:kept]))
    remaining = told(path)

    found = recovered(shop, name)

    lost = [hop for hop in before if hop not in remaining]
    assert len(before) >= 2 and lost
    assert sorted(map(story_of, found)) == sorted(map(story_of, lost))


def story_of(hop: Hop) -> tuple[object, ...]:
    return (
        hop.order, hop.step, hop.sender, hop.to, hop.message, hop.topic or "", hop.partition or 0, hop.offset or 0,
        hop.key or "", hop.group or "", hop.replica, hop.cause or "", hop.correlation, hop.outcome, hop.status or "",
    )


def test_a_journal_that_was_never_written_is_found_as_a_whole(shop: Shop) -> None:
    after_a_run(shop)
    before = shop.hops()
    for name in SERVICES:
        (shop.folder / f"{name}-1.jsonl").unlink()

    found = [hop for name in SERVICES for hop in recovered(shop, name)]

    assert sorted(map(story_of, found)) == sorted(map(story_of, before))
    assert len(found) == 16 + 7 + 13


def test_only_what_this_replica_did_is_found(shop: Shop) -> None:
    after_a_run(shop)

    path = shop.folder / "stock-2.jsonl"

    assert missing_hops(path, shop.databases["stock"], shop.services["stock"], MESSAGE_TYPES, "stock-2") == []


def test_what_was_never_sent_is_not_told(shop: Shop) -> None:
    shop.place(place_order())
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()
    (shop.folder / "stock-1.jsonl").write_bytes(b"")

    found = recovered(shop, "stock")

    assert [(hop.message, hop.sender, hop.to) for hop in found] == [("OrderReceived", "kafka", "stock")]


def test_a_dead_letter_is_no_hop_of_an_order(shop: Shop) -> None:
    shop.put("order.new-order-received", b"hello")
    shop.run()
    shop.workers["stock"]._mark_now()
    (shop.folder / "stock-1.jsonl").write_bytes(b"")

    assert recovered(shop, "stock") == []


def test_a_restarted_worker_writes_them_and_the_run_is_told_once(shop: Shop) -> None:
    after_a_run(shop)
    before = [story_of(hop) for hop in shop.hops()]
    path = shop.folder / "payments-1.jsonl"
    path.write_bytes(path.read_bytes()[:-20])

    shop.crash("payments")

    assert sorted(story_of(hop) for hop in shop.hops()) == sorted(before)
