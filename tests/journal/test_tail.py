"""Tail: the lines of a file from its end, over several blocks."""

from pathlib import Path

import pytest

from checkout.journal.tail import BLOCK, complete_size, lines_from_end

LONG = b"x" * (BLOCK * 2 + 7)


@pytest.mark.parametrize(
    "lines",
    [[], [b""], [b"one"], [b"", b"", b"three"], [b"y" * (BLOCK - 1), b"z" * (BLOCK - 1)], [b"a", LONG, b"b"]],
    ids=["none", "empty", "one", "empty lines", "whole blocks", "longer than two blocks"],
)
@pytest.mark.parametrize("incomplete", [b"", b"half", LONG], ids=["complete", "incomplete", "incomplete and long"])
def test_complete_lines_are_read_from_the_end(tmp_path: Path, lines: list[bytes], incomplete: bytes) -> None:
    path = tmp_path / "stock-1.jsonl"
    whole = b"".join(line + b"\n" for line in lines)
    path.write_bytes(whole + incomplete)

    assert list(lines_from_end(path)) == lines[::-1]
    assert complete_size(path) == len(whole)


def test_only_the_end_of_a_large_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stock-1.jsonl"
    path.write_bytes(b"first\n" * BLOCK)
    lines = lines_from_end(path)

    next(lines)
    path.write_bytes(b"")

    assert 0 < len(list(lines)) < BLOCK
