"""Hop ids: each hop of a run has its own id and the id of its cause, also after a crash, and readers go by them."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from journal.sample_hops import at, make_hop
from sample import AT, FIRST, order_id, place_order
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.journal import causality, journal
from checkout.journal.causality import causal_levels, causes, in_causal_order
from checkout.journal.hop import Hop
from checkout.messages import PlaceOrder
from checkout.worker import hops


def all_hops(shop: InMemoryShop) -> list[Hop]:
    """The hops of the services, and those of the gateway, which runs in no worker."""
    arrivals = [hop for hop in shop.hops() if hop.message == "PlaceOrder"]
    arrived = [hops.http_request(PlaceOrder, "web", "gateway", False, order=hop.order, at=AT) for hop in arrivals]
    return [*arrived, *shop.hops()]


def run_three_stories(shop: InMemoryShop) -> list[Hop]:
    shop.place(place_order(), place_order(order_id(2), sku=3, quantity=1), place_order(order_id(3), sku=4, quantity=2))
    shop.run()
    return all_hops(shop)


def test_the_cause_of_each_hop_is_another_hop_and_the_names_agree(shop: InMemoryShop) -> None:
    run = run_three_stories(shop)
    by_id = {hop.id: hop for hop in run}

    assert len(by_id) == len(run) == 17 + 8 + 14
    for hop in run:
        if hop.sender != "web":
            cause = by_id[hop.cause_id]
            assert cause.order == hop.order
            assert causes(*(msgspec.structs.replace(each, id=None, cause_id=None) for each in (cause, hop)))


def test_a_repeat_has_an_id_of_its_own(shop: InMemoryShop) -> None:
    shop.place(place_order())
    shop.run()
    record = next(iter(shop.broker.read(["order.new-order-received"])))
    shop.publish("order.new-order-received", record.value)
    shop.run()
    run = all_hops(shop)

    repeats = [hop for hop in run if hop.outcome == "duplicate"]

    assert [hop.to for hop in repeats] == ["stock"]
    assert len({hop.id for hop in run}) == len(run)


def test_the_hops_after_a_crash_name_the_cause_from_before(shop: InMemoryShop) -> None:
    shop.place(place_order())
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()
    (shop.folder / "stock-1.jsonl").write_bytes(b"")
    shop.crash("stock")
    run_once(shop.workers["stock"])

    stock_hops = [hop for hop in shop.hops() if "stock" in (hop.sender, hop.to)]
    received, reserved = (hop for hop in stock_hops if hop.is_applied)

    assert len({hop.id for hop in stock_hops}) == len(stock_hops) == 3  # the record was delivered again
    assert (received.to, reserved.to) == ("stock", "kafka")
    assert reserved.cause_id == received.id == "order.new-order-received[0]@0/stock"


@pytest.mark.parametrize("read_twice", [1, 2])
def test_equal_hops_with_different_ids_stay_apart(tmp_path: Path, read_twice: int) -> None:
    three = [make_hop(id=f"call-{number}") for number in range(3)]
    path = tmp_path / "members-1.jsonl"
    path.write_bytes(msgspec.json.Encoder().encode_lines(three * read_twice))

    assert [hop.id for hop in journal.read(tmp_path)] == ["call-0", "call-1", "call-2"]


def post(id: str, cause_id: str | None, microsecond: int = 0, **others: Any) -> Hop:
    fields = {"sender": "a", "to": "b", "message": "POST", "order": FIRST}
    return Hop(id=id, cause_id=cause_id, at=at(microsecond), **fields | others)


def test_of_two_equal_requests_only_the_one_that_is_named_is_the_cause() -> None:
    first, second, answer = post("1", None), post("2", None), post("3", "2", sender="b", to="c")

    assert [causes(each, answer) for each in (first, second)] == [False, True]
    assert not causes(first, second)


def test_a_hop_with_an_id_and_without_a_cause_goes_by_no_name() -> None:
    assert not causes(post("1", None, to="a"), post("2", None))


def test_hops_without_ids_go_by_names_also_beside_hops_with_ids() -> None:
    request = post("1", None, message="Pay", to="payments")
    named = Hop(sender="payments", to="kafka", message="Paid", cause="Pay", at=at(1))

    assert causes(request, named)
    assert causes(request, msgspec.structs.replace(named, id="2"))
    assert not causes(request, msgspec.structs.replace(named, id="2", cause_id="7"))


def test_an_answered_call_comes_before_what_its_caller_publishes_for_the_same_cause() -> None:
    call = post("2", "1", 5, url="http://members/check")
    sooner, later, other = post("3", "1", 4), post("4", "1", 5), post("5", "0", 9)

    assert [causes(call, each) for each in (sooner, later, other)] == [False, True, False]
    assert causal_levels([sooner, call, later, other]) == [1, 1, 2, 1]


def test_ten_thousand_hops_of_one_story_are_ordered_without_comparing_each_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A chain in which each third hop is a call that its follower waits for; all clocks are wrong."""
    count, compared = 10_000, list[int]()
    chain = [
        post(str(n), str(n - 1) if n else None, (n * 7_919) % 999_983, url="http://b" if n % 3 == 0 else None)
        for n in range(count)
    ]
    shuffled = random.Random(1).sample(chain, count)
    monkeypatch.setattr(causality, "causes", lambda one, other: compared.append(1) or causes(one, other))

    ordered = in_causal_order(shuffled)

    assert ordered == chain
    assert causal_levels(ordered) == list(range(1, count + 1))
    assert len(compared) <= 2 * count


def test_siblings_in_great_number_are_compared_with_their_cause_only(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[int]()
    calls = [post(f"call-{n}", "0", n, url="http://b") for n in range(1, 1_000)]
    answers = [post(f"answer-{n}", "0", n) for n in range(1, 1_000)]
    monkeypatch.setattr(causality, "causes", lambda one, other: compared.append(1) or causes(one, other))

    ordered = in_causal_order([*answers, *calls, post("0", None)])

    assert [hop.id for hop in ordered[:5]] == ["0", "call-1", "answer-1", "call-2", "answer-2"]
    assert len(compared) < 2_500
    assert causal_levels(ordered)[:5] == [1, 2, 3, 2, 3]
