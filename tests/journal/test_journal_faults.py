"""Journal faults: a full disk, a missing folder, lines that are no hops; none of them stops a service."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from journal.sample_hops import make_hop

from checkout.journal import journal
from checkout.journal.journal import Journal

LINE = len(msgspec.json.encode(make_hop(1))) + 1


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file of this process may grow above `size` bytes: the kernel writes a part, and then refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def offsets(path: Path) -> list[int | None]:
    return [hop.offset for hop in journal.read_file(path)]


def test_a_full_disk_leaves_no_part_of_a_line_and_the_hops_are_written_later(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "stock-1.jsonl"
    journal_file = Journal(path)
    journal_file.write([make_hop(1)])

    with files_limited_to(LINE * 2 - 10):
        journal_file.write([make_hop(2)])
        journal_file.write([make_hop(3)])
        on_full_disk = path.read_bytes().count(b"\n"), path.stat().st_size
    journal_file.write([make_hop(4)])
    journal_file.close()

    assert on_full_disk == (1, LINE)
    assert offsets(path) == [1, 2, 3, 4]
    assert capfd.readouterr().err.splitlines() == [
        "the journal stock-1.jsonl cannot be written: File too large; its hops wait in memory",
        "the journal stock-1.jsonl is written again; 0 hops are missing",
    ]


def test_hops_above_the_memory_limit_are_dropped_and_counted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_UNWRITTEN", LINE * 2)
    journal_file = Journal(tmp_path / "stock-1.jsonl")

    with files_limited_to(10):
        for offset in range(1, 6):
            journal_file.write([make_hop(offset)])
    journal_file.close()

    assert offsets(tmp_path / "stock-1.jsonl") == [1, 2]
    assert "is written again; 3 hops are missing" in capfd.readouterr().err


def test_hops_wait_for_a_folder_that_cannot_be_created(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journal").write_text("a file")
    journal_file = Journal(tmp_path / "journal" / "stock-1.jsonl")

    journal_file.write([make_hop(1)])
    (tmp_path / "journal").unlink()
    journal_file.write([make_hop(2)])
    journal_file.close()

    assert offsets(tmp_path / "journal" / "stock-1.jsonl") == [1, 2]
    assert "cannot be written: " in capfd.readouterr().err


def test_recent_hops_are_read_without_lines_that_are_no_hops(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    first, second = (msgspec.json.encode(make_hop(offset)) for offset in (1, 2))
    path.write_bytes(first + b"\n" + first[:50] + second + b"\n" + second + b"\nhello\n" + second[:30])

    assert [hop.offset for hop in journal.read_recent(path, timedelta(minutes=1))] == [1, 2]


def test_recent_hops_end_where_all_earlier_ones_are_too_old(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    minute, last = timedelta(minutes=1), make_hop(1).at
    journal_file = Journal(path)
    journal_file.write(make_hop(age, at=last - age * minute) for age in (9, 4, 3, 2, 1, 0))
    journal_file.close()

    assert [hop.offset for hop in journal.read_recent(path, minute)] == [3, 2, 1, 0]
