"""Journal: what moved, read from JSON lines as data; the schema of a line is in journal.schema.json."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checkout.c4.findings import CannotJudge, shown

SCHEMA = Path(__file__).parents[1] / "journal" / "journal.schema.json"
REQUIRED = ("order", "from", "to", "message", "at")
Produced = dict[tuple[str, str, str], list["Hop"]]  # by order, who heard it, message


@dataclass(frozen=True)
class Hop:
    """An arrow that happened: who sent what to whom, for which order, when, and with what outcome."""

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
        """What its arrow is found by: from, to, technology."""
        return self.source, self.target, self.technology

    @property
    def counts(self) -> bool:
        """Whether the arrow happened: applied, not merely tried, repeated or set aside."""
        return self.outcome == "applied"

    def __str__(self) -> str:
        place = f", {self.place[0]}/{self.place[1]}/{self.place[2]}" if self.place[0] else ""
        return f"{self.message} {self.source} → {self.target} [{self.technology}] at {self.at.isoformat()}{place}"


def read_journal(paths: Iterable[Path]) -> list[Hop]:
    """The hops in these files and folders, repeats dropped, in causal order. Raises CannotJudge when there is none."""
    paths = list(paths)
    hops = [hop for path in paths for file in _files(path) for hop in _read(file)]
    if not hops:
        named = ", ".join(map(shown, paths)) or "the journal"
        raise CannotJudge(f"{named} holds no hop: run the story first, or name another journal")
    return in_causal_order(dict.fromkeys(hops))


def parsed(lines: Iterable[Mapping[str, Any]]) -> list[Hop]:
    """Hops that are data already, in causal order and without repeats."""
    return in_causal_order(dict.fromkeys(_hop(dict(line), f"hop {number}") for number, line in enumerate(lines, 1)))


def by_order(hops: Sequence[Hop], order: str | None = None) -> dict[str, list[Hop]]:
    """The hops of each order, or of the one asked for. Raises CannotJudge when that one is not there."""
    orders: dict[str, list[Hop]] = {}
    for hop in hops:
        orders.setdefault(hop.order, []).append(hop)
    if order is not None and order not in orders:
        raise CannotJudge(f"the journal holds no order {order}: it holds {', '.join(list(orders)[:3])}")
    return orders if order is None else {order: orders[order]}


def in_causal_order(hops: Iterable[Hop]) -> list[Hop]:
    """Hops so that none stands before its cause; among equals, by time."""
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
        raise CannotJudge(f"{path}: there is no such journal")
    return [path]


def _read(file: Path) -> list[Hop]:
    lines = file.read_bytes().split(b"\n")
    # A process that is writing, or was killed, leaves half a line at the end and nowhere else.
    whole = lines[:-1] if lines[-1].strip() and not _is_json(lines[-1]) else lines
    hops = (_hop(line, f"{shown(file)}:{number}") for number, line in enumerate(whole, 1) if line.strip())
    return [hop for hop in hops if hop.order]


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _hop(line: bytes | dict[str, Any], where: str) -> Hop:
    try:
        data = json.loads(line) if isinstance(line, bytes) else line
        data["order"] = data.get("order") or ""  # a record that names no order is nobody's story
        missing = [name for name in REQUIRED if not isinstance(data.get(name), str)]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        at = datetime.fromisoformat(data["at"].replace("Z", "+00:00"))
        return _made(data, at if at.tzinfo else at.astimezone())
    except (ValueError, AttributeError, TypeError) as error:
        raise CannotJudge(f"{where} is no hop ({error}): see journal.schema.json for its shape") from error


def _made(data: Mapping[str, Any], at: datetime) -> Hop:
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
