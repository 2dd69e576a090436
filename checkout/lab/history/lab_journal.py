"""Book: the lab's journal, in memory, in the order in which things happened; saved as any journal is."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.projection import LAB, Past

ENCODE = msgspec.json.Encoder().encode


class Book:
    """Every replica of a lab writes here; whoever explains the run reads it through its `past`."""

    def __init__(self, past: Past) -> None:
        self.past, self.hops = past, list[Hop]()

    def write(self, hops: Iterable[Hop]) -> None:
        """Notes these hops."""
        for hop in hops:
            self.hops.append(hop)
            self.past.add(hop)

    def note(self, to: str, what: str, doing: str, at: datetime, payload: object = None) -> None:
        """Notes what the lab itself did to somebody: no arrow, and of no order."""
        raw = msgspec.Raw(ENCODE(payload))
        self.write([Hop(order=None, step=None, sender=LAB, to=to, message=what, technology=doing, at=at, payload=raw)])

    def of(self, service: str) -> list[dict[str, object]]:
        """What one service heard and said, without times: for holding two runs against each other."""
        kept = [hop for hop in self.hops if service in (hop.to, hop.sender) and hop.outcome == Outcome.APPLIED]
        return [{"step": hop.step, "from": hop.sender, "to": hop.to, "message": hop.message, "topic": hop.topic,
                 "offset": hop.offset, "payload": _timeless(hop)} for hop in kept]  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Writes the journal to a file, one hop a line, for `Lab.replay` and `checkout diagrams verify`."""
        Path(path).write_bytes(b"".join(ENCODE(hop) + b"\n" for hop in self.hops))

    def close(self) -> None:
        """Nothing to let go of: it is here for the worker."""

    def __len__(self) -> int:
        return len(self.hops)

    def __iter__(self) -> Iterator[Hop]:
        return iter(self.hops)


def _timeless(hop: Hop) -> object:
    payload = msgspec.json.decode(bytes(hop.payload))
    return {name: value for name, value in payload.items() if name != "placedAt"} if payload else None
