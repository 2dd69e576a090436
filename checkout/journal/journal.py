"""Journal: what moved, one hop a line, a file per replica; written in batches, read by whoever explains a run."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from checkout.errors import CheckoutError
from checkout.journal.hop import APPLIED, DUPLICATE, Hop
from checkout.messages import KAFKA

ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Hop)


class BrokenJournal(CheckoutError):
    """A line that is no hop; the message names file and line."""

    exit_code = 3


class Journal:
    """The journal of one replica, appended to; `sample` is all, none, or a percentage of the orders."""

    def __init__(self, path: Path | None, sample: str = "all") -> None:
        percent = {"all": 100, "none": 0}.get(sample)
        self._percent = int(sample) if percent is None else percent
        self._file = None
        if path and self._percent:
            path.parent.mkdir(parents=True, exist_ok=True)
            mend(path)
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - kept open for the life of the process

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops in one write, so that a crash cuts at most the last line."""
        if self._file:
            lines = [ENCODER.encode(hop) for hop in hops if self._keeps(hop.order)]
            if lines:
                self._file.write(b"\n".join(lines) + b"\n")

    def _keeps(self, order: str | None) -> bool:
        return self._percent == 100 or zlib.crc32((order or "").encode()) % 100 < self._percent

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()


def mend(path: Path) -> None:
    """Cuts off a last line that a crash left unfinished."""
    if path.exists():
        with open(path, "r+b") as file:
            whole = file.read()
            file.truncate(whole.rfind(b"\n") + 1)


def read(folder: Path, order: str = "") -> list[Hop]:
    """The hops below a folder, or one order's, merged and without repeats. Raises BrokenJournal."""
    return merge(hop for path in sorted(folder.glob("*.jsonl")) for hop in read_file(path, order))


def read_file(path: Path, order: str = "") -> Iterator[Hop]:
    """The hops of one file, as written; an unfinished last line is left out. Raises BrokenJournal."""
    lines, wanted = path.read_bytes().split(b"\n"), order.encode()
    for number, line in enumerate(lines[:-1], 1):
        if wanted not in line:
            continue
        try:
            hop = DECODER.decode(line)
            if order in ("", hop.order):
                yield hop
        except msgspec.MsgspecError as error:
            raise BrokenJournal(f"{path.name}, line {number}: {error}") from error


def merge(hops: Iterable[Hop]) -> list[Hop]:
    """One run out of many tellings: repeats dropped, each order's hops by cause, then by time."""
    seen: dict[tuple[object, ...], Hop] = {}
    for hop in hops:
        first = seen.setdefault(hop.place, hop)
        if hop.at < first.at:
            seen[hop.place] = hop
    orders: dict[str | None, list[Hop]] = {}
    for hop in sorted(seen.values(), key=lambda hop: hop.at):
        orders.setdefault(hop.order, []).append(hop)
    return [hop for order, told in orders.items() for hop in (by_cause(_once(told)) if order else told)]


def _once(hops: Iterable[Hop]) -> list[Hop]:
    """A message published again after a crash stands at two offsets: the later ones are duplicates."""
    told, published = list[Hop](), set[str]()
    for hop in hops:
        again = hop.to == KAFKA and hop.outcome == APPLIED and hop.message in published
        told.append(msgspec.structs.replace(hop, outcome=DUPLICATE) if again else hop)
        published |= {hop.message} if hop.to == KAFKA else set()
    return told


def by_cause(hops: Sequence[Hop]) -> list[Hop]:
    """One order's hops so that none stands before the one that caused it; otherwise as given."""
    waiting, told = list(hops), list[Hop]()
    while waiting:
        ready = next((hop for hop in waiting if not any(causes(other, hop) for other in waiting)), waiting[0])
        waiting.remove(ready)
        told.append(ready)
    return told


def causes(earlier: Hop, later: Hop) -> bool:
    """Whether one hop of an order led to another."""
    if earlier is later:
        return False
    if earlier.message == later.message:  # the first arrow of a message comes before the second
        return earlier.to == later.sender
    return earlier.message == later.cause and later.sender in (earlier.to, earlier.sender) and earlier.to != KAFKA


def applied(hops: Iterable[Hop]) -> list[Hop]:
    """Those that count: acknowledged, answered or handled."""
    return [hop for hop in hops if hop.outcome == APPLIED]
