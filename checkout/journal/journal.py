"""Journal: the hops of a run as JSON lines, one file per replica: written in batches, read and merged."""

import contextlib
import math
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from io import FileIO
from itertools import chain
from pathlib import Path
from typing import Protocol

import msgspec

from checkout.errors import CheckoutError
from checkout.journal.causality import in_causal_order
from checkout.journal.hop import Hop, Outcome
from checkout.journal.parts import PART_BYTES, close_part, delete_old_parts, parts_of
from checkout.journal.tail import complete_size, lines_from_end

ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Hop)
MOST_UNWRITTEN = 8 * 1024 * 1024  # bytes of hops that wait for a disk that is full; about 12,000 hops


class BrokenJournal(CheckoutError):
    """A line is not a hop; the message names the file and the line."""

    exit_code = 3


class HopWriter(Protocol):
    """Where a worker writes its hops: a file, or the lab's journal in memory."""

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops."""

    def close(self) -> None:
        """Releases the resources."""


class Journal:
    """The journal file of one replica, opened for appending.

    Without a path nothing is written. A file of PART_BYTES is closed and a new one begun; closed parts are deleted
    after `retention` seconds. `sample` is "all", "none", or the percentage of orders that are written.
    A file that cannot be written stops nothing: the error is printed once to stderr, up to MOST_UNWRITTEN bytes are
    kept in memory and written as soon as it is possible, later hops are dropped, and their number is printed.
    """

    def __init__(self, path: Path | None, sample: str = "all", retention: float = math.inf) -> None:
        percent = {"all": 100, "none": 0}.get(sample)
        self._percent = int(sample) if percent is None else percent
        self._path = path if self._percent else None
        self._file: FileIO | None = None
        self._unwritten, self._dropped, self._is_failing = b"", 0, False
        self._retention = retention
        if self._path:
            self._write_out(self._path)

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops in one write, so that a crash truncates at most the last line."""
        if self._path:
            kept = list(hops) if self._percent == 100 else [hop for hop in hops if self._keeps(hop.order)]
            if kept:
                lines = ENCODER.encode_lines(kept)
                if len(self._unwritten) + len(lines) <= MOST_UNWRITTEN:
                    self._unwritten += lines
                else:
                    self._dropped += len(kept)
                self._write_out(self._path)

    def _keeps(self, order: str | None) -> bool:
        return zlib.crc32((order or "").encode()) % 100 < self._percent

    def close(self) -> None:
        """Writes what is left and closes the file."""
        if self._path and self._unwritten:
            self._write_out(self._path)
        if self._file:
            self._file.close()

    def _write_out(self, path: Path) -> None:
        try:
            self._file = self._file or _open(path)
            _append(self._file, self._unwritten)
        except OSError as error:
            if not self._is_failing:
                _report(path, f"cannot be written: {error.strerror}; its hops wait in memory")
            self._is_failing = True
            return
        if self._is_failing:
            _report(path, f"is written again; {self._dropped:,} hops are missing")
        self._unwritten, self._dropped, self._is_failing = b"", 0, False
        if self._file and self._file.tell() >= PART_BYTES:
            self._begin_part(path)

    def _begin_part(self, path: Path) -> None:
        if self._file:
            self._file.close()
            self._file = None
        try:
            close_part(path)
            delete_old_parts(path, self._retention)
        except OSError as error:
            _report(path, f"keeps its old parts: {error.strerror}")


def _open(path: Path) -> FileIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        os.truncate(path, complete_size(path))
    return FileIO(path, "a")


def _append(file: FileIO, lines: bytes) -> None:
    size = os.fstat(file.fileno()).st_size
    try:
        written = file.write(lines)
        while written < len(lines):  # the file system takes less when it is nearly full, and then raises
            written += file.write(lines[written:])
    except OSError:
        with contextlib.suppress(OSError):
            file.truncate(size)
        raise


def _report(path: Path, event: str) -> None:
    with contextlib.suppress(OSError):  # stderr may be a file on the same disk
        print(f"the journal {path.name} {event}", file=sys.stderr)


def read(folder: Path, order: str = "") -> list[Hop]:
    """The hops of all journals in a folder, or those of one order, merged. Raises BrokenJournal."""
    return merge(hop for path in sorted(folder.glob("*.jsonl")) for hop in read_file(path, order))


def read_recent(path: Path, span: timedelta) -> list[Hop]:
    """The hops of one file and its older parts, from `span` before the last hop on, at least.

    Lines that are no hops are skipped.
    """
    recent = list[Hop]()
    parts = [*parts_of(path), *([path] if path.exists() else [])]
    for line in chain.from_iterable(map(lines_from_end, reversed(parts))):
        with contextlib.suppress(msgspec.MsgspecError):
            recent.append(DECODER.decode(line))
            # Hops found by recovery are appended up to `span` after others of the same time.
            if recent[-1].at < recent[0].at - 2 * span:
                break
    return recent[::-1]


def read_file(path: Path, order: str = "") -> Iterator[Hop]:
    """The hops of one file in the order they were written, without an incomplete last line. Raises BrokenJournal."""
    lines, needle = path.read_bytes().split(b"\n"), order.encode()
    for number, line in enumerate(lines[:-1], 1):
        if needle not in line:
            continue
        try:
            hop = DECODER.decode(line)
            if order in ("", hop.order):
                yield hop
        except msgspec.MsgspecError as error:
            raise BrokenJournal(f"{path.name}, line {number}: {error}") from error


def merge(hops: Iterable[Hop]) -> list[Hop]:
    """One run from several journals: repeats dropped, each order's hops in causal order, then by time."""
    first: dict[tuple[object, ...], Hop] = {}
    for hop in hops:
        known = first.setdefault(hop.identity, hop)
        if hop.at < known.at:
            first[hop.identity] = hop
    orders: dict[str | None, list[Hop]] = {}
    for hop in sorted(first.values(), key=lambda hop: hop.at):
        orders.setdefault(hop.order, []).append(hop)
    return [hop for order, found in orders.items() for hop in (in_causal_order(_once(found)) if order else found)]


def _once(hops: Iterable[Hop]) -> list[Hop]:
    # A message published again after a crash has two offsets: the later publications are duplicates.
    once, published = list[Hop](), set[str]()
    for hop in hops:
        again = hop.is_publication and hop.outcome is Outcome.APPLIED and hop.message in published
        once.append(msgspec.structs.replace(hop, outcome=Outcome.DUPLICATE) if again else hop)
        published |= {hop.message} if hop.is_publication else set()
    return once


def applied(hops: Iterable[Hop]) -> list[Hop]:
    """The hops that took effect: acknowledged, answered or handled."""
    return [hop for hop in hops if hop.outcome is Outcome.APPLIED]
