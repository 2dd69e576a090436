"""Lab journal: the journal of a lab, in memory, in the order of the hops."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from checkout.journal.hop import Hop
from checkout.lab.history.projection import Projection


class LabJournal:
    """The hops of all replicas of a lab. It can be iterated over and has a length.

    `projection` holds the hops, each with the state after it.
    """

    def __init__(self, projection: Projection) -> None:
        self.projection = projection

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops."""
        for hop in hops:
            self.projection.add(hop)

    def of(self, service: str) -> list[dict[str, object]]:
        """Returns the applied hops from and to a service without their times, so that two runs can be compared.

        Each is a dictionary with step, from, to, message, topic, offset and payload.
        """
        kept = [hop for hop in self if service in (hop.to, hop.sender) and hop.is_applied]
        return [{"step": hop.step, "from": hop.sender, "to": hop.to, "message": hop.message, "topic": hop.topic,
                 "offset": hop.offset, "payload": _timeless(hop)} for hop in kept]  # fmt: skip

    def save(self, path: str | Path, names: bool = False) -> None:
        """Writes the journal to a file, one hop a line, for `Lab.replay` and `checkout diagrams verify`.

        `names`: write the names of orders (`order-1`) in place of their ids, which `Lab.replay` needs. An existing file
        is replaced. Raises OSError.
        """
        Path(path).write_bytes(msgspec.json.Encoder().encode_lines(self.named() if names else self))

    def named(self) -> list[Hop]:
        """Returns the hops with the names of orders (`order-1`) in place of their ids."""
        names = self.projection.names
        return [msgspec.json.decode(names.text(msgspec.json.encode(hop).decode()), type=Hop) for hop in self]

    def close(self) -> None:
        """Does nothing: the worker expects this method."""

    def __len__(self) -> int:
        return len(self.projection.moments)

    def __iter__(self) -> Iterator[Hop]:
        return (moment.hop for moment in self.projection.moments)


def _timeless(hop: Hop) -> object:
    payload = msgspec.json.decode(bytes(hop.payload))
    return {name: value for name, value in payload.items() if name != "placedAt"} if payload else None
