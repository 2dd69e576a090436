"""Journal: written in batches, repaired, sampled, read, and merged in causal order."""

from pathlib import Path

import msgspec
import pytest
from journal.sample_hops import make_hop
from sample import SECOND, order_id

from checkout.journal import journal
from checkout.journal.journal import BrokenJournal, Journal

# -- writing ----------------------------------------------------------------------------------------------------------


def test_hops_are_written_as_lines_and_the_folder_is_created(tmp_path: Path) -> None:
    path = tmp_path / "journal" / "stock-1.jsonl"
    journal_file = Journal(path)

    journal_file.write([make_hop(1), make_hop(2)])
    journal_file.write([])
    journal_file.write(iter([make_hop(3)]))
    journal_file.close()

    assert path.read_bytes().count(b"\n") == 3
    assert [hop.offset for hop in journal.read_file(path)] == [1, 2, 3]


def test_hops_can_be_read_as_soon_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    journal_file = Journal(path)

    journal_file.write([make_hop(1)])

    assert len(list(journal.read_file(path))) == 1
    journal_file.close()


def test_an_incomplete_last_line_is_skipped_and_removed_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    journal_file = Journal(path)
    journal_file.write([make_hop(1), make_hop(2)])
    journal_file.close()
    path.write_bytes(path.read_bytes()[:-5])

    before = [hop.offset for hop in journal.read_file(path)]
    reopened = Journal(path)
    reopened.write([make_hop(3)])
    reopened.close()

    assert before == [1]
    assert [hop.offset for hop in journal.read_file(path)] == [1, 3]


def test_a_journal_can_be_disabled(tmp_path: Path) -> None:
    disabled = [Journal(tmp_path / "a.jsonl", "none"), Journal(tmp_path / "b.jsonl", "0"), Journal(None)]

    for journal_file in disabled:
        journal_file.write([make_hop(1)])
        journal_file.close()

    assert list(tmp_path.iterdir()) == []


def test_a_sample_has_complete_orders_and_the_same_ones_in_every_journal(tmp_path: Path) -> None:
    journal_files = [Journal(tmp_path / f"{name}.jsonl", "10") for name in ("orders-1", "stock-1")]
    for number in range(1_000):
        for journal_file in journal_files:
            journal_file.write([make_hop(1, order=order_id(number)), make_hop(2, order=order_id(number))])
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
    path.write_bytes(msgspec.json.encode(make_hop(1)) + b"\n" + line + b"\n" + msgspec.json.encode(make_hop(2)) + b"\n")

    with pytest.raises(BrokenJournal, match="^stock-1.jsonl, line 2: "):
        journal.read(tmp_path)


def test_the_hops_of_one_order_are_read_without_the_others(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    mention = msgspec.Raw(b'"about %s"' % SECOND.encode())
    journal_file = Journal(path)
    journal_file.write([make_hop(1), make_hop(2, order=SECOND), make_hop(3, payload=mention), make_hop(4, order=None)])
    journal_file.close()

    assert [hop.offset for hop in journal.read(tmp_path, SECOND)] == [2]
    assert len(journal.read(tmp_path)) == 4


def test_an_empty_folder_has_no_hops(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()

    assert journal.read(tmp_path) == journal.read(tmp_path / "nowhere") == []


def test_unknown_fields_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(make_hop(1)).replace(b"{", b'{"colour":"red",', 1) + b"\n")

    assert len(journal.read(tmp_path)) == 1
