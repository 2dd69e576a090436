"""Journal: reads recorded hops from JSON Lines, from any system; checkout/journal/journal.schema.json defines them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checkout.c4.findings import PreconditionError, display_path

SCHEMA = Path(__file__).parents[1] / "journal" / "journal.schema.json"
REQUIRED = ("order", "from", "to", "message", "at")
Produced = dict[tuple[str, str, str], list["Hop"]]  # by order, receiver, message


@dataclass(frozen=True)
class Hop:
    """An arrow that occurred: sender, receiver, message, order, time and outcome."""

    order: str
    source: str
    target: str
    message: str
    technology: str
    at: datetime
    outcome: str = "applied"
    step: int | None = None
    cause: str | None = None
    replica: str | None = field(default=None, compare=False)
    place: tuple[str | None, int | None, int | None] = (None, None, None)
    url: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False, repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """From, to, technology: what identifies its arrow."""
        return self.source, self.target, self.technology

    @property
    def counts(self) -> bool:
        """Whether the arrow occurred: applied, as opposed to failed, duplicate or dead-lettered."""
        return self.outcome == "applied"

    def __str__(self) -> str:
        place = f", {self.place[0]}/{self.place[1]}/{self.place[2]}" if self.place[0] else ""
        return f"{self.message} {self.source} → {self.target} [{self.technology}] at {self.at.isoformat()}{place}"


def read_journal(paths: Iterable[Path]) -> list[Hop]:
    """The distinct hops of files and folders, in causal order. Raises PreconditionError if there are none."""
    paths = list(paths)
    hops = [hop for path in paths for file in _files(path) for hop in _read(file)]
    if not hops:
        named = ", ".join(map(display_path, paths)) or "the journal"
        raise PreconditionError(f"{named} has no hops: run an order first, or name another journal")
    return in_causal_order(dict.fromkeys(hops))


def parse_hops(lines: Iterable[Mapping[str, Any]]) -> list[Hop]:
    """The distinct hops of decoded journal lines, in causal order. Raises PreconditionError for other data."""
    hops = (_parse_hop(dict(line), f"hop {number}") for number, line in enumerate(lines, 1))
    return in_causal_order(dict.fromkeys(hops))


def group_by_order(hops: Sequence[Hop], order: str | None = None) -> dict[str, list[Hop]]:
    """The hops of each order, or of one order. Raises PreconditionError if the journal does not have it."""
    orders: dict[str, list[Hop]] = {}
    for hop in hops:
        orders.setdefault(hop.order, []).append(hop)
    if order is not None and order not in orders:
        raise PreconditionError(f"the journal has no order {order}: it has {', '.join(list(orders)[:3])}")
    return orders if order is None else {order: orders[order]}


def in_causal_order(hops: Iterable[Hop]) -> list[Hop]:
    """Sorts hops so that each follows its cause, and otherwise by time."""
    waiting = sorted(hops, key=lambda hop: hop.at)
    produced: Produced = {}
    for hop in waiting:
        produced.setdefault((hop.order, hop.target, hop.message), []).append(hop)
    ordered: dict[int, Hop] = {}
    for hop in waiting:
        _place(hop, produced, ordered, set())
    return list(ordered.values())


def _place(hop: Hop, produced: Produced, ordered: dict[int, Hop], path: set[int]) -> None:
    if id(hop) in ordered or id(hop) in path:
        return
    for message in (hop.message, hop.cause):
        for cause in produced.get((hop.order, hop.source, message or ""), ())[:1]:
            _place(cause, produced, ordered, path | {id(hop)})
    ordered[id(hop)] = hop


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.jsonl"))
    if not path.is_file():
        raise PreconditionError(f"{path}: there is no such journal")
    return [path]


def _read(file: Path) -> list[Hop]:
    lines = file.read_bytes().split(b"\n")
    # A process that is writing, or was killed, leaves an incomplete line at the end and nowhere else.
    whole = lines[:-1] if lines[-1].strip() and not _is_json(lines[-1]) else lines
    hops = (_parse_hop(line, f"{display_path(file)}:{number}") for number, line in enumerate(whole, 1) if line.strip())
    return [hop for hop in hops if hop.order]


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _parse_hop(line: bytes | dict[str, Any], where: str) -> Hop:
    try:
        data = json.loads(line) if isinstance(line, bytes) else line
        data["order"] = data.get("order") or ""  # a record without an order belongs to no story
        missing = [name for name in REQUIRED if not isinstance(data.get(name), str)]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        at = datetime.fromisoformat(data["at"].replace("Z", "+00:00"))
        return _make_hop(data, at if at.tzinfo else at.astimezone())
    except (ValueError, AttributeError, TypeError) as error:
        raise PreconditionError(f"{where} is not a hop ({error}): see checkout/journal/journal.schema.json") from error


def _make_hop(data: Mapping[str, Any], at: datetime) -> Hop:
    technology = " ".join(str(data.get("technology") or data.get("topic") or "").split())
    return Hop(
        data["order"],
        data["from"],
        data["to"],
        data["message"],
        technology,
        at,
        data.get("outcome") or "applied",
        data.get("step"),
        data.get("cause"),
        data.get("replica"),
        (data.get("topic"), data.get("partition"), data.get("offset")),
        data.get("url"),
        data,
    )
