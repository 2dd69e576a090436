"""Journal: written in batches, repaired, sampled, read, and merged in causal order."""

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


def hop(number: int = 0, **changes: Any) -> Hop:
    fields = {"order": FIRST, "step": 4, "sender": "kafka", "to": "stock"}
    fields |= {"message": "OrderReceived", "technology": "t"}
    return Hop(**fields | {"offset": number, "at": at(number)} | changes)


def story(name: str, order: str = FIRST) -> list[Hop]:
    """The hops of a story without repeats or failures, one microsecond apart."""
    hops = []
    for number, (step, sender, to, message, technology) in enumerate(arrows(name)):
        kind = BY_NAME[message]
        cause = next(cause for cause, steps in kind.steps.items() if step in steps)
        offset = 0 if "kafka" in (sender, to) else None
        hops.append(
            Hop(order=order, step=step, sender=sender, to=to, message=message, technology=technology, offset=offset,
                topic=technology if offset == 0 else None, group=to if sender == "kafka" else None, cause=cause,
                at=at(number))
        )
    return hops


STORIES = ["ordering", "ordering-sold-out", "ordering-payment-denied"]


def assert_causal_order(hops: list[Hop]) -> None:
    """Asserts that each hop comes after the hop that caused it."""
    for number, hop in enumerate(hops):
        before = {(earlier.message, earlier.sender, earlier.to) for earlier in hops[:number]}
        if hop.sender == "kafka":
            assert any(message == hop.message and to == "kafka" for message, _, to in before), hop
        elif hop.cause:
            assert any(message == hop.cause and hop.sender in (sender, to) for message, sender, to in before), hop


# -- writing ----------------------------------------------------------------------------------------------------------


def test_hops_are_written_as_lines_and_the_folder_is_created(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "stock-1.jsonl"
    journal_file = Journal(path)

    journal_file.write([hop(1), hop(2)])
    journal_file.write([])
    journal_file.write(iter([hop(3)]))
    journal_file.close()

    assert path.read_bytes().count(b"\n") == 3
    assert [hop.offset for hop in journal.read_file(path)] == [1, 2, 3]


def test_hops_can_be_read_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    journal_file = Journal(path)

    journal_file.write([hop(1)])

    assert len(list(journal.read_file(path))) == 1
    journal_file.close()


def test_an_incomplete_last_line_is_skipped_and_removed_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    journal_file = Journal(path)
    journal_file.write([hop(1), hop(2)])
    journal_file.close()
    path.write_bytes(path.read_bytes()[:-5])

    before = [hop.offset for hop in journal.read_file(path)]
    reopened = Journal(path)
    reopened.write([hop(3)])
    reopened.close()

    assert before == [1]
    assert [hop.offset for hop in journal.read_file(path)] == [1, 3]


def test_a_journal_can_be_disabled(tmp_path: Path) -> None:
    disabled = [Journal(tmp_path / "a.jsonl", "none"), Journal(tmp_path / "b.jsonl", "0"), Journal(None)]

    for journal_file in disabled:
        journal_file.write([hop(1)])
        journal_file.close()

    assert list(tmp_path.iterdir()) == []


def test_a_sample_has_complete_orders_and_the_same_ones_in_every_journal(tmp_path: Path) -> None:
    journal_files = [Journal(tmp_path / f"{name}.jsonl", "10") for name in ("orders-1", "stock-1")]
    for number in range(1_000):
        for journal_file in journal_files:
            journal_file.write([hop(1, order=order_id(number)), hop(2, order=order_id(number))])
    for journal_file in journal_files:
        journal_file.close()

    sampled = [[hop.order for hop in journal.read_file(path)] for path in sorted(tmp_path.glob("*.jsonl"))]
    assert sampled[0] == sampled[1]
    assert 50 < len(set(sampled[0])) < 150
    assert len(sampled[0]) == 2 * len(set(sampled[0]))


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [b"hello", b"{}", b"", b'{"order":7}', b"null"])
def test_the_error_about_a_broken_line_names_its_file_and_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "stock-1.jsonl"
    path.write_bytes(msgspec.json.encode(hop(1)) + b"\n" + line + b"\n" + msgspec.json.encode(hop(2)) + b"\n")

    with pytest.raises(BrokenJournal, match="^stock-1.jsonl, line 2: "):
        journal.read(tmp_path)


def test_the_hops_of_one_order_are_read_without_the_others(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    mention = msgspec.Raw(b'"about %s"' % SECOND.encode())
    journal_file = Journal(path)
    journal_file.write([hop(1), hop(2, order=SECOND), hop(3, payload=mention), hop(4, order=None)])
    journal_file.close()

    assert [hop.offset for hop in journal.read(tmp_path, SECOND)] == [2]
    assert len(journal.read(tmp_path)) == 4


def test_an_empty_folder_has_no_hops(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()

    assert journal.read(tmp_path) == journal.read(tmp_path / "nowhere") == []


def test_unknown_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(hop(1)).replace(b"{", b'{"colour":"red",', 1) + b"\n")

    assert len(journal.read(tmp_path)) == 1


# -- merging ----------------------------------------------------------------------------------------------------------


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
    hops = [hop(1), hop(1, outcome=Outcome.DUPLICATE, at=at(2)), hop(1, outcome=Outcome.DUPLICATE, at=at(3))]

    assert [hop.outcome for hop in journal.merge(hops)] == ["applied", "duplicate", "duplicate"]


def test_a_message_published_again_after_a_crash_is_a_duplicate() -> None:
    first = story("ordering")[2]
    repeated = msgspec.structs.replace(first, offset=1, at=at(77))

    merged = journal.merge([repeated, first])

    assert [(hop.offset, hop.outcome) for hop in merged] == [(0, "applied"), (1, "duplicate")]
    assert journal.applied(merged) == [first]


def test_hops_without_an_order_are_sorted_by_time() -> None:
    hops = [hop(n, order=None, outcome=Outcome.DEAD_LETTERED) for n in (3, 1, 2)]

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
