"""Journal: the hops of a run as JSON lines, one file per replica: written in batches, read and merged."""

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from checkout.errors import CheckoutError
from checkout.journal.causality import in_causal_order
from checkout.journal.hop import Hop, Outcome

ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Hop)


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

    Without a path nothing is written. `sample` is "all", "none", or the percentage of orders that are written.
    """

    def __init__(self, path: Path | None, sample: str = "all") -> None:
        percent = {"all": 100, "none": 0}.get(sample)
        self._percent = int(sample) if percent is None else percent
        self._file = None
        if path and self._percent:
            path.parent.mkdir(parents=True, exist_ok=True)
            drop_partial_line(path)
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - kept open for the life of the process

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops in one write, so that a crash truncates at most the last line."""
        if self._file:
            kept = list(hops) if self._percent == 100 else [hop for hop in hops if self._keeps(hop.order)]
            if kept:
                self._file.write(ENCODER.encode_lines(kept))

    def _keeps(self, order: str | None) -> bool:
        return zlib.crc32((order or "").encode()) % 100 < self._percent

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()


def drop_partial_line(path: Path) -> None:
    """Removes a last line that a crash left incomplete."""
    if path.exists():
        with open(path, "r+b") as file:
            whole = file.read()
            file.truncate(whole.rfind(b"\n") + 1)


def read(folder: Path, order: str = "") -> list[Hop]:
    """The hops of all journals in a folder, or those of one order, merged. Raises BrokenJournal."""
    return merge(hop for path in sorted(folder.glob("*.jsonl")) for hop in read_file(path, order))


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
