"""Parts: a large journal goes on in a new file; old parts are deleted, and are read as long as they are there."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from journal.sample_hops import make_hop

from checkout.journal import journal, parts
from checkout.journal.journal import Journal, read, read_recent


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 1,000 bytes, two or three hops."""
    monkeypatch.setattr(journal, "PART_BYTES", 1_000)


def write(path: Path, count: int, retention: float = 3600.0, first: int = 0) -> None:
    """Writes hops of different offsets, each in a write of its own."""
    file = Journal(path, retention=retention)
    for number in range(first, first + count):
        file.write([make_hop(number, topic="t", partition=0)])
        time.sleep(0.002)  # parts are named after milliseconds
    file.close()


def test_a_journal_of_many_parts_reads_as_one(tmp_path: Path) -> None:
    path = tmp_path / "orders-1.jsonl"
    write(path, 20)

    assert len(parts.parts_of(path)) >= 5
    assert path.exists() and path.stat().st_size < 2_000
    assert sorted(each.offset or 0 for each in read(tmp_path)) == list(range(20))


def test_parts_that_are_older_than_the_retention_are_deleted(tmp_path: Path) -> None:
    path = tmp_path / "orders-1.jsonl"
    write(path, 20)
    old, *others = parts.parts_of(path)
    os.utime(old, (time.time() - 4000,) * 2)

    write(path, 5, first=20)

    kept = parts.parts_of(path)
    assert old not in kept and set(others) <= set(kept)


def test_only_the_last_parts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MOST_PARTS", 3)
    path = tmp_path / "orders-1.jsonl"
    write(path, 30)

    assert len(parts.parts_of(path)) == 3
    assert max(each.offset or 0 for each in read(tmp_path)) == 29


def test_the_last_hops_are_found_when_the_file_has_just_begun(tmp_path: Path) -> None:
    path = tmp_path / "orders-1.jsonl"
    write(path, 20)
    path.unlink(missing_ok=True)

    found = read_recent(path, timedelta(days=1))

    assert found and {each.offset for each in found} <= set(range(20))


def test_the_parts_of_one_replica_are_not_those_of_another(tmp_path: Path) -> None:
    write(tmp_path / "stock-1.jsonl", 20)
    write(tmp_path / "stock-11.jsonl", 1)

    assert parts.parts_of(tmp_path / "stock-11.jsonl") == []
    assert all(part.name.startswith("stock-1.") for part in parts.parts_of(tmp_path / "stock-1.jsonl"))


def test_a_part_that_cannot_be_closed_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(journal, "close_part", refuse)
    write(tmp_path / "orders-1.jsonl", 10)

    assert len(read(tmp_path)) == 10
    assert "the journal orders-1.jsonl keeps its old parts: Read-only file system" in capsys.readouterr().err
