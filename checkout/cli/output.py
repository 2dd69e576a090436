"""Output: journeys and orders as tables, and JSON."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from checkout.journal.hop import Hop

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
    return table(title, columns, map(_hop_row, hops))


def _hop_row(hop: Hop) -> tuple[object, ...]:
    called = f"{hop.url or hop.technology} {hop.status or ''}".strip()
    place = f"{hop.topic}[{hop.partition}]@{hop.offset}" if hop.topic else called
    return hop.step, hop.sender, hop.to, hop.message, "observed" if hop.observed else hop.outcome, place


def orders(found: Iterable[dict[str, Any]]) -> RenderableType:
    """A table of orders, as the API answers them."""
    columns = ("id", "status", "reason", "total", "customer", "products")
    return table("Orders", columns, map(_order_row, found))


def _order_row(order: dict[str, Any]) -> tuple[object, ...]:
    products = ", ".join(f"{line['quantity']} x {line['name'] or line['sku']}" for line in order["products"])
    total = None if order["total"] is None else f"{order['total']:.2f}"
    return order["id"], order["status"], order["reason"], total, order["customerName"], products


def print_json(data: Any) -> None:
    """Prints data as indented JSON."""
    print(msgspec.json.format(msgspec.json.encode(data)).decode())
