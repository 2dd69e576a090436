"""Tail: the end of a journal file, read without the rest of it."""

import os
from collections.abc import Iterator
from pathlib import Path

BLOCK = 64 * 1024  # bytes


def lines_from_end(path: Path) -> Iterator[bytes]:
    """The complete lines of a file, the last one first."""
    beginning, is_after_last_break = b"", True
    for _, block in _blocks_from_end(path):
        beginning, *lines = (block + beginning).split(b"\n")
        if lines and is_after_last_break:
            lines.pop()
            is_after_last_break = False
        yield from reversed(lines)
    if not is_after_last_break:
        yield beginning


def complete_size(path: Path) -> int:
    """The size of a file in bytes, without an incomplete last line."""
    breaks = (start + found + 1 for start, block in _blocks_from_end(path) if (found := block.rfind(b"\n")) >= 0)
    return next(breaks, 0)


def _blocks_from_end(path: Path) -> Iterator[tuple[int, bytes]]:
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - BLOCK)
            file.seek(start)
            yield start, file.read(end - start)
            end = start
