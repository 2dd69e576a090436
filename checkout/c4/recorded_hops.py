"""Recorded hops: the hops of a journal, whether it is a file, a folder or objects in memory."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from checkout.c4.findings import PreconditionError
from checkout.c4.journal import hop_data, parse_hops, read_journal
from checkout.journal.hop import Hop

Journal = str | Path | Iterable[Any]  # a file or folder, or hops such as `lab.journal`, whose orders have names


def recorded_hops(journal: Journal) -> list[Hop]:
    """The hops of a file or folder, or of an iterable of `Hop` objects or mappings with the fields of a journal's line.

    Raises PreconditionError if there are none, or if an object is no hop.
    """
    if isinstance(journal, str | Path):
        return read_journal([Path(journal)])
    given: Any = journal
    hops_of = list(given.named() if hasattr(given, "named") else given)
    lines = (hop if isinstance(hop, Mapping) else hop_data(hop) for hop in hops_of)
    hops = [hop for hop in parse_hops(lines) if hop.order]
    if not hops:
        raise PreconditionError("the journal has no hops: run an order first")
    return hops
