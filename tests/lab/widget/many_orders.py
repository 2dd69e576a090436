"""Many orders: a long run made cheaply, from the hops of one order, as a lab would interleave them."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec

from checkout.journal.hop import Hop
from checkout.lab import Lab
from checkout.lab.engine.clock import order_id

PROPER = 17  # hops of an order that goes well


@cache
def _hops_of_one_order() -> list[Hop]:
    lab = Lab(log="memory")
    lab.place_order("wooden spoon")
    lab.run()
    return list(lab.journal)


def write_journal(path: Path, orders: int) -> Path:
    """Writes the journal of a run in which this many orders go well side by side; returns its path."""
    hops = [_of_order(hop, number) for hop in _hops_of_one_order() for number in range(orders)]
    times = [msgspec.structs.replace(hop, at=hops[0].at + timedelta(milliseconds=at)) for at, hop in enumerate(hops)]
    path.write_bytes(msgspec.json.Encoder().encode_lines(times))
    return path


def _of_order(hop: Hop, number: int) -> Hop:
    # Each topic has one record of an order, so that the number of the order is the offset.
    text = msgspec.json.encode(hop).decode().replace(order_id(1), order_id(number + 1))
    hop = msgspec.json.decode(text.replace("[0]@0", f"[0]@{number}"), type=Hop)
    return msgspec.structs.replace(hop, offset=None if hop.offset is None else number)
