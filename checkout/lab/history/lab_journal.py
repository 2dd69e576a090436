"""Lab journal: the journal of a lab, in memory, in the order of the hops."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from checkout.journal.hop import Hop, Outcome
from checkout.lab.history.projection import Projection
from checkout.lab.history.sentences import LAB

ENCODE = msgspec.json.Encoder().encode


class LabJournal:
    """The hops of all replicas of a lab. It can be iterated over and has a length.

    `projection` holds the moments that belong to the hops.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection, self.hops = projection, list[Hop]()

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops."""
        for hop in hops:
            self.hops.append(hop)
            self.projection.add(hop)

    def note(
        self, to: str, name: str, action: str, at: datetime, payload: object = None, topic: str | None = None,
        partition: int | None = None, offset: int | None = None, key: str | None = None,
    ) -> None:  # fmt: skip
        """Appends an action of the learner: a hop without an order that is no arrow of a diagram.

        `to`: the element it concerns. `name`: the kind of action. `action`: a sentence for display.
        """
        raw = msgspec.Raw(ENCODE(payload))
        self.write([
            Hop(order=None, step=None, sender=LAB, to=to, message=name, technology=action, at=at, payload=raw,
                topic=topic, partition=partition, offset=offset, key=key)
        ])  # fmt: skip

    def of(self, service: str) -> list[dict[str, object]]:
        """Returns the applied hops from and to a service without their times, so that two runs can be compared.

        Each is a dictionary with step, from, to, message, topic, offset and payload.
        """
        kept = [hop for hop in self.hops if service in (hop.to, hop.sender) and hop.outcome is Outcome.APPLIED]
        return [{"step": hop.step, "from": hop.sender, "to": hop.to, "message": hop.message, "topic": hop.topic,
                 "offset": hop.offset, "payload": _timeless(hop)} for hop in kept]  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Writes the journal to a file, one hop a line, for `Lab.replay` and `checkout diagrams verify`.

        An existing file is replaced. Raises OSError.
        """
        Path(path).write_bytes(b"".join(ENCODE(hop) + b"\n" for hop in self.hops))

    def close(self) -> None:
        """Does nothing: the worker expects this method."""

    def __len__(self) -> int:
        return len(self.hops)

    def __iter__(self) -> Iterator[Hop]:
        return iter(self.hops)


def _timeless(hop: Hop) -> object:
    payload = msgspec.json.decode(bytes(hop.payload))
    return {name: value for name, value in payload.items() if name != "placedAt"} if payload else None
