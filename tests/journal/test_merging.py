"""Merging: one run from several journals, repeats dropped, in causal order, then by time."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal.sample_hops import at, make_hop, story
from sample import FIRST, SECOND, place_order
from worker.in_memory_shop import InMemoryShop

from checkout.journal import journal
from checkout.journal.hop import Hop, Outcome
from checkout.registry import arrows

STORIES = ["ordering", "ordering-sold-out", "ordering-payment-denied"]


def assert_causal_order(hops: list[Hop]) -> None:
    """Asserts that each hop comes after the hop that caused it."""
    for number, hop in enumerate(hops):
        before = {(earlier.message, earlier.sender, earlier.to) for earlier in hops[:number]}
        if hop.sender == "kafka":
            assert any(message == hop.message and to == "kafka" for message, _, to in before), hop
        elif hop.cause:
            assert any(message == hop.cause and hop.sender in (sender, to) for message, sender, to in before), hop


@pytest.mark.parametrize("name", STORIES)
def test_a_story_in_order_is_unchanged(name: str) -> None:
    hops = story(name)

    assert_causal_order(hops)
    assert journal.merge(hops) == hops


@given(st.sampled_from(STORIES), st.randoms(use_true_random=False), st.booleans())
@settings(derandomize=True, max_examples=120)
def test_a_story_with_skewed_clocks_is_merged_in_causal_order(
    name: str, generator: random.Random, skewed: bool
) -> None:
    """If `skewed`, the clock of each service is off by a constant; else all times are shuffled."""
    reporters = [hop.to if hop.sender in ("kafka", "web", "gateway") else hop.sender for hop in story(name)]
    clock_offsets = {reporter: generator.randrange(900) for reporter in sorted(set(reporters))}
    times = [number + (clock_offsets[reporter] if skewed else 0) for number, reporter in enumerate(reporters)]
    if not skewed:
        generator.shuffle(times)
    hops = [msgspec.structs.replace(hop, at=at(time)) for hop, time in zip(story(name), times, strict=True)]
    generator.shuffle(hops)

    merged = journal.merge(hops)

    assert_causal_order(merged)
    assert sorted(hop.at for hop in merged) == sorted(hop.at for hop in hops)
    assert sorted(hop.step for hop in merged) == [hop.step for hop in story(name)]


def test_hops_without_a_causal_order_are_sorted_by_time() -> None:
    hops = story("ordering")
    for number, hop in enumerate(hops):
        if hop.step == 13:
            hops[number] = msgspec.structs.replace(hop, at=at(99 - number))

    merged = journal.merge(hops)

    delivered = [hop for hop in merged if hop.step == 13]
    assert [hop.to for hop in delivered] == ["notifications", "shipments", "stock"]


def test_hops_are_grouped_by_order_and_the_first_order_comes_first() -> None:
    hops = [msgspec.structs.replace(hop, at=at(500 + n)) for n, hop in enumerate(story("ordering", SECOND))]
    mixed = hops + story("ordering-sold-out")
    random.Random(1).shuffle(mixed)

    merged = journal.merge(mixed)

    assert [hop.order for hop in merged] == [FIRST] * 8 + [SECOND] * 17


def test_a_hop_reported_twice_is_kept_once_with_its_first_time() -> None:
    hops = story("ordering")
    repeated = [msgspec.structs.replace(hop, at=at(900 + n)) for n, hop in enumerate(hops)]

    assert journal.merge(repeated + hops) == journal.merge(hops + repeated) == hops


def test_every_repeat_is_kept() -> None:
    repeats = [make_hop(1, outcome=Outcome.DUPLICATE, at=at(number)) for number in (2, 3)]
    hops = [make_hop(1), *repeats]

    assert [hop.outcome for hop in journal.merge(hops)] == ["applied", "duplicate", "duplicate"]


def test_a_message_published_again_after_a_crash_is_a_duplicate() -> None:
    first = story("ordering")[2]
    repeated = msgspec.structs.replace(first, offset=1, at=at(77))

    merged = journal.merge([repeated, first])

    assert [(hop.offset, hop.outcome) for hop in merged] == [(0, "applied"), (1, "duplicate")]
    assert journal.applied(merged) == [first]


def test_hops_without_an_order_are_sorted_by_time() -> None:
    hops = [make_hop(n, order=None, outcome=Outcome.DEAD_LETTERED) for n in (3, 1, 2)]

    assert [hop.offset for hop in journal.merge(hops)] == [1, 2, 3]


def test_the_journal_of_a_run_has_the_arrows_of_the_story(shop: InMemoryShop) -> None:
    shop.place(place_order())
    shop.run()

    hops = shop.hops()
    assert_causal_order(hops)
    assert {(hop.message, hop.sender, hop.to, hop.technology, hop.step) for hop in hops} == {
        (arrow.message, arrow.sender, arrow.to, arrow.technology, arrow.step) for arrow in arrows("ordering")[1:]
    }
    assert {hop.cause for hop in hops} == {hop.cause for hop in story("ordering")}
    assert {hop.correlation for hop in hops} == {"c-1"}
    assert all(hop.replica == f"{hop.group}-1" for hop in hops if hop.group)
