"""Journal: reads recorded hops from JSON Lines, from any system; checkout/journal/journal.schema.json defines them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from checkout.c4.findings import PreconditionError, display_path
from checkout.journal.causality import in_causal_order
from checkout.journal.hop import Hop

REQUIRED = ("order", "from", "to", "message", "at")


def read_journal(paths: Sequence[Path]) -> list[Hop]:
    """The distinct hops of files and folders, order by order, causes first. Raises PreconditionError without any."""
    hops = [hop for path in paths for file in _files(path) for hop in _read(file)]
    if not hops:
        named = ", ".join(map(display_path, paths)) or "the journal"
        raise PreconditionError(f"{named} has no hops: run an order first, or name another journal")
    return _in_order(hops)


def parse_hops(lines: Iterable[Mapping[str, Any]]) -> list[Hop]:
    """The distinct hops of decoded journal lines, order by order. Raises PreconditionError for other data."""
    return _in_order([_parse_hop(line, f"hop {number}") for number, line in enumerate(lines, 1)])


def group_by_order(hops: Sequence[Hop], order: str | None = None) -> dict[str, list[Hop]]:
    """The hops of each order, or of one order. Raises PreconditionError if the journal does not have it."""
    orders: dict[str, list[Hop]] = {}
    for hop in hops:
        orders.setdefault(hop.order or "", []).append(hop)
    if order is not None and order not in orders:
        raise PreconditionError(f"the journal has no order {order}: it has {', '.join(list(orders)[:3])}")
    return orders if order is None else {order: orders[order]}


def hop_data(hop: Hop) -> dict[str, Any]:
    """A hop as JSON data, without the fields that do not apply."""
    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(hop))
    return {name: value for name, value in fields.items() if value is not None}


def describe_hop(hop: Hop) -> str:
    """A hop as evidence: its message, arrow, time and position."""
    position = f", {hop.topic}/{hop.partition}/{hop.offset}" if hop.topic and hop.offset is not None else ""
    return f"{hop.message} {hop.sender} → {hop.to} [{hop.technology}] at {hop.at.isoformat()}{position}"


def _in_order(hops: Sequence[Hop]) -> list[Hop]:
    distinct = dict[tuple[Any, ...], Hop]()
    for hop in hops:
        distinct.setdefault(_identity(hop), hop)
    orders = group_by_order(sorted(distinct.values(), key=lambda hop: hop.at))
    return [hop for found in orders.values() for hop in in_causal_order(found)]


def _identity(hop: Hop) -> tuple[Any, ...]:
    return (*hop.identity, hop.arrow, hop.at, hop.outcome, hop.step, hop.cause, hop.url)


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
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _parse_hop(line: bytes | Mapping[str, Any], where: str) -> Hop:
    try:
        fields = dict(msgspec.json.decode(line, type=dict[str, Any]) if isinstance(line, bytes) else line)
        fields["order"] = fields.get("order") or ""  # a record without an order belongs to no story
        missing = [name for name in REQUIRED if not isinstance(fields.get(name), str)]
        if missing:
            raise ValueError(f"{', '.join(missing)} missing")
        return _to_hop(fields)
    except (ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
        raise PreconditionError(f"{where} is not a hop ({error}): see checkout/journal/journal.schema.json") from error


def _to_hop(fields: dict[str, Any]) -> Hop:
    payload = msgspec.json.encode(fields.pop("payload", None))
    fields["technology"] = " ".join(str(fields.get("technology") or fields.get("topic") or "").split())
    fields["status"] = None if fields.get("status") is None else str(fields["status"])
    hop = msgspec.convert({name: value for name, value in fields.items() if value is not None}, Hop)
    at = hop.at if hop.at.tzinfo else hop.at.astimezone()
    return msgspec.structs.replace(hop, at=at, payload=msgspec.Raw(payload))
