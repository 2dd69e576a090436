"""The journal: written in batches, mended, sampled, read, and merged by cause, then time."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import FIRST, SECOND, order_id, place_order
from worker.in_memory_shop import InMemoryShop

from checkout.journal import journal
from checkout.journal.hop import Hop, Outcome
from checkout.journal.journal import BrokenJournal, Journal
from checkout.messages import BY_NAME
from checkout.registry import arrows


def at(microsecond: int) -> datetime:
    return datetime(2026, 1, 1, 10, 0, 0, microsecond, tzinfo=UTC)



def hop(number: int = 0, **others: Any) -> Hop:
    told = {"order": FIRST, "step": 4, "sender": "kafka", "to": "stock", "message": "OrderReceived", "technology": "t"}
    return Hop(**told | {"offset": number, "at": at(number)} | others)


def story(name: str, order: str = FIRST) -> list[Hop]:
    """The hops of a story as an undisturbed run tells them, with causes, one microsecond apart."""
    told = []
    for number, (step, sender, to, message, technology) in enumerate(arrows(name)):
        kind = BY_NAME[message]
        cause = next(cause for cause, steps in kind.steps.items() if step in steps)
        offset = 0 if "kafka" in (sender, to) else None
        told.append(
            Hop(order=order, step=step, sender=sender, to=to, message=message, technology=technology, offset=offset,
                topic=technology if offset == 0 else None, group=to if sender == "kafka" else None, cause=cause,
                at=at(number))
        )
    return told


STORIES = ["ordering", "ordering-sold-out", "ordering-payment-denied"]


def assert_causal(told: list[Hop]) -> None:
    """Each hop after the arrow that made it possible, as the views draw it."""
    for number, hop in enumerate(told):
        before = {(earlier.message, earlier.sender, earlier.to) for earlier in told[:number]}
        if hop.sender == "kafka":
            assert any(message == hop.message and to == "kafka" for message, _, to in before), hop
        elif hop.cause:
            assert any(message == hop.cause and hop.sender in (sender, to) for message, sender, to in before), hop


# -- writing ----------------------------------------------------------------------------------------------------------


def test_hops_are_lines_of_a_file_that_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "stock-1.jsonl"
    book = Journal(path)

    book.write([hop(1), hop(2)])
    book.write([])
    book.write(iter([hop(3)]))
    book.close()

    assert path.read_bytes().count(b"\n") == 3
    assert [told.offset for told in journal.read_file(path)] == [1, 2, 3]


def test_what_is_written_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    book = Journal(path)

    book.write([hop(1)])

    assert len(list(journal.read_file(path))) == 1
    book.close()


def test_an_unfinished_last_line_is_left_out_and_cut_off_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    book = Journal(path)
    book.write([hop(1), hop(2)])
    book.close()
    path.write_bytes(path.read_bytes()[:-5])

    before = [told.offset for told in journal.read_file(path)]
    again = Journal(path)
    again.write([hop(3)])
    again.close()

    assert before == [1]
    assert [told.offset for told in journal.read_file(path)] == [1, 3]


def test_a_journal_may_be_off(tmp_path: Path) -> None:
    off = [Journal(tmp_path / "a.jsonl", "none"), Journal(tmp_path / "b.jsonl", "0"), Journal(None)]

    for book in off:
        book.write([hop(1)])
        book.close()

    assert list(tmp_path.iterdir()) == []


def test_a_sample_keeps_whole_orders_and_the_same_ones_everywhere(tmp_path: Path) -> None:
    books = [Journal(tmp_path / f"{name}.jsonl", "10") for name in ("orders-1", "stock-1")]
    for number in range(1_000):
        for book in books:
            book.write([hop(1, order=order_id(number)), hop(2, order=order_id(number))])
    for book in books:
        book.close()

    kept = [[told.order for told in journal.read_file(path)] for path in sorted(tmp_path.glob("*.jsonl"))]
    assert kept[0] == kept[1]
    assert 50 < len(set(kept[0])) < 150
    assert len(kept[0]) == 2 * len(set(kept[0]))


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [b"hello", b"{}", b"", b'{"order":7}', b"null"])
def test_a_broken_line_is_named_with_its_file(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "stock-1.jsonl"
    path.write_bytes(msgspec.json.encode(hop(1)) + b"\n" + line + b"\n" + msgspec.json.encode(hop(2)) + b"\n")

    with pytest.raises(BrokenJournal, match="^stock-1.jsonl, line 2: "):
        journal.read(tmp_path)


def test_the_hops_of_one_order_are_read_without_the_others(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    mention = msgspec.Raw(b'"about %s"' % SECOND.encode())
    book = Journal(path)
    book.write([hop(1), hop(2, order=SECOND), hop(3, payload=mention), hop(4, order=None)])
    book.close()

    assert [told.offset for told in journal.read(tmp_path, SECOND)] == [2]
    assert len(journal.read(tmp_path)) == 4


def test_an_empty_folder_has_no_hops(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()

    assert journal.read(tmp_path) == journal.read(tmp_path / "nowhere") == []


def test_unknown_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(hop(1)).replace(b"{", b'{"colour":"red",', 1) + b"\n")

    assert len(journal.read(tmp_path)) == 1


# -- merging ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
def test_a_story_told_in_order_stays_as_it_is(name: str) -> None:
    told = story(name)

    assert_causal(told)
    assert journal.merge(told) == told


@given(st.sampled_from(STORIES), st.randoms(use_true_random=False), st.booleans())
@settings(derandomize=True, max_examples=120)
def test_a_story_told_by_clocks_that_disagree_is_merged_in_causal_order(
    name: str, dice: random.Random, skewed: bool
) -> None:
    """Each service's clock is off by anything; what one service says stays in its own order."""
    teller = [hop.to if hop.sender in ("kafka", "web", "gateway") else hop.sender for hop in story(name)]
    ahead = {who: dice.randrange(900) for who in sorted(set(teller))}
    times = [number + (ahead[who] if skewed else 0) for number, who in enumerate(teller)]
    if not skewed:
        dice.shuffle(times)
    told = [msgspec.structs.replace(hop, at=at(time)) for hop, time in zip(story(name), times, strict=True)]
    dice.shuffle(told)

    merged = journal.merge(told)

    assert_causal(merged)
    assert sorted(hop.at for hop in merged) == sorted(hop.at for hop in told)
    assert sorted(hop.step for hop in merged) == [hop.step for hop in story(name)]


def test_what_no_cause_orders_is_ordered_by_time() -> None:
    told = story("ordering")
    for number, hop in enumerate(told):
        if hop.step == 13:
            told[number] = msgspec.structs.replace(hop, at=at(99 - number))

    merged = journal.merge(told)

    delivered = [hop for hop in merged if hop.step == 13]
    assert [hop.to for hop in delivered] == ["notifications", "shipments", "stock"]


def test_each_orders_hops_stand_together_the_first_order_first() -> None:
    told = [msgspec.structs.replace(hop, at=at(500 + n)) for n, hop in enumerate(story("ordering", SECOND))]
    mixed = told + story("ordering-sold-out")
    random.Random(1).shuffle(mixed)

    merged = journal.merge(mixed)

    assert [hop.order for hop in merged] == [FIRST] * 8 + [SECOND] * 17


def test_a_hop_told_twice_counts_once_at_its_first_time() -> None:
    told = story("ordering")
    again = [msgspec.structs.replace(hop, at=at(900 + n)) for n, hop in enumerate(told)]

    assert journal.merge(again + told) == journal.merge(told + again) == told


def test_repeats_and_failures_are_told_each() -> None:
    told = [hop(1), hop(1, outcome=Outcome.DUPLICATE, at=at(2)), hop(1, outcome=Outcome.DUPLICATE, at=at(3))]

    assert [hop.outcome for hop in journal.merge(told)] == ["applied", "duplicate", "duplicate"]


def test_a_message_published_again_after_a_crash_counts_once() -> None:
    first = story("ordering")[2]
    again = msgspec.structs.replace(first, offset=1, at=at(77))

    merged = journal.merge([again, first])

    assert [(hop.offset, hop.outcome) for hop in merged] == [(0, "applied"), (1, "duplicate")]
    assert journal.applied(merged) == [first]


def test_what_belongs_to_no_order_is_told_by_time() -> None:
    told = [hop(n, order=None, outcome=Outcome.DEAD_LETTERED) for n in (3, 1, 2)]

    assert [hop.offset for hop in journal.merge(told)] == [1, 2, 3]


def test_a_real_run_is_told_in_the_shape_of_the_contract(shop: InMemoryShop) -> None:
    shop.place(place_order())
    shop.run()

    told = shop.hops()
    assert_causal(told)
    assert {(hop.message, hop.sender, hop.to, hop.technology, hop.step) for hop in told} == {
        (arrow.message, arrow.sender, arrow.to, arrow.technology, arrow.step) for arrow in arrows("ordering")[1:]
    }
    assert {hop.cause for hop in told} == {hop.cause for hop in story("ordering")}
    assert {hop.correlation for hop in told} == {"c-1"}
    assert all(hop.replica == f"{hop.group}-1" for hop in told if hop.group)
