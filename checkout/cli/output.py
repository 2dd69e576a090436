"""Output: journeys, messages and orders as tables, JSON, and the progress bar."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from checkout.cli.journeys import TopicRecord
from checkout.journal.hop import Hop, compact
from checkout.local_kafka.cluster import Progress as OnProgress

WIDE = 150  # characters, where standard output is not a terminal
NARROWEST = 30  # characters of a last column that is still worth a table
out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """A table with a title; None is an empty cell, and only the last column is wrapped."""
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    made = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(Text(column), overflow="fold", no_wrap=column != columns[-1])
    for row in cells:
        made.add_row(*map(Text, row))
    *firsts, last = _widths([columns, *cells])
    room = out.width - sum(width + 3 for width in firsts)
    return made if room >= min(last + 1, NARROWEST) else _stacked(title, columns, cells)


def _stacked(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    # For a narrow terminal: the last column of each row goes on a line of its own.
    lines = [[cell.replace("\n", ", ") for cell in row] for row in (columns, *rows)]
    firsts = ["  ".join(map(str.ljust, line[:-1], _widths(lines))).rstrip() for line in lines]
    blocks = [Text(f"{first}\n    {line[-1]}".rstrip()) for first, line in zip(firsts, lines, strict=True)]
    blocks[0].stylize("bold")
    return Group(*([Text(title, style="bold")] if title else []), *blocks)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*rows, strict=True)]


def journey(title: str, hops: Sequence[Hop]) -> RenderableType:
    """A table of hops with their place on Kafka, or the URL they called and its answer."""
    columns = ("step", "from", "to", "message", "outcome", "topic[partition]@offset or URL")
    return table(title, columns, [(h.step, h.sender, h.to, h.message, outcome(h), where(h)) for h in hops])


def where(hop: Hop) -> str:
    """The place of a hop on Kafka as `topic[partition]@offset`, or its URL and status."""
    if hop.topic:
        return f"{hop.topic}[{hop.partition}]@{hop.offset}"
    return f"{hop.url or hop.technology} {hop.status or ''}".strip()


def outcome(hop: Hop) -> str:
    """The outcome of a hop; `observed` for one that only the topic has."""
    return "observed" if hop.observed else hop.outcome


def messages(records: Iterable[TopicRecord]) -> RenderableType:
    """A table of records."""
    columns = ("topic[partition]@offset", "message", "from", "to", "key and payload")
    return table("Messages", columns, [message_row(record) for record in records])


def message_row(found: TopicRecord) -> tuple[object, ...]:
    """One record, as a row."""
    record = found.record
    place = f"{record.topic}[{record.partition}]@{record.offset}"
    key = record.key.decode("utf-8", "replace") if record.key else "no key"
    return place, found.message, found.sender, "\n".join(found.listeners), f"{key}: {payload(found)}"


def payload(found: TopicRecord) -> str:
    """The value of a record as JSON on one line; a value that is not JSON becomes a JSON string."""
    return bytes(compact(found.record.value)).decode()


def orders(found: Iterable[dict[str, Any]]) -> RenderableType:
    """A table of orders, as the API answers them."""
    columns = ("id", "status", "reason", "total", "customer", "products")
    return table("Orders", columns, [order_row(order) for order in found])


def order_row(order: dict[str, Any]) -> tuple[object, ...]:
    """One order, as a row."""
    products = ", ".join(f"{line['quantity']} x {line['name'] or line['sku']}" for line in order["products"])
    total = None if order["total"] is None else f"{order['total']:.2f}"
    return order["id"], order["status"], order["reason"], total, order["customerName"], products


def print_json(data: Any) -> None:
    """Prints data as indented JSON."""
    print(msgspec.json.format(msgspec.json.encode(data)).decode())


class ProgressBar:
    """A progress bar on standard error while the block runs; the block gets a function (description, share done)."""

    def __enter__(self) -> OnProgress:
        columns = (TextColumn("{task.description}"), BarColumn())
        self._bar = Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
        self._task = self._bar.add_task("", total=1.0)
        self._bar.start()
        return lambda description, share: self._bar.update(self._task, description=description, completed=share)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
