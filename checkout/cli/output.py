"""Show: journeys, messages and orders as tables a person reads."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from checkout.cli.journeys import Seen
from checkout.journal.hop import Hop, compact
from checkout.local_kafka.cluster import Progress as OnProgress

WIDE = 150  # characters, where nobody's terminal says how wide it is
NARROWEST = 30  # characters that a table's last column is folded into
out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """A table with a title; what is None stays empty, and only the last column is folded."""
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
    # Where a table would be cut off: each row's last column on a line of its own.
    lines = [[cell.replace("\n", ", ") for cell in row] for row in (columns, *rows)]
    firsts = ["  ".join(map(str.ljust, line[:-1], _widths(lines))).rstrip() for line in lines]
    told = [Text(f"{first}\n    {line[-1]}".rstrip()) for first, line in zip(firsts, lines, strict=True)]
    told[0].stylize("bold")
    return Group(*([Text(title, style="bold")] if title else []), *told)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*rows, strict=True)]


def journey(title: str, hops: Sequence[Hop]) -> RenderableType:
    """An order's hops: where each came to stand, or which address answered what."""
    columns = ("step", "from", "to", "message", "outcome", "topic[partition]@offset or URL")
    return table(title, columns, [(h.step, h.sender, h.to, h.message, outcome(h), where(h)) for h in hops])


def where(hop: Hop) -> str:
    """A hop's coordinates on Kafka, or its address and answer."""
    if hop.topic:
        return f"{hop.topic}[{hop.partition}]@{hop.offset}"
    return f"{hop.url or hop.technology} {hop.status or ''}".strip()


def outcome(hop: Hop) -> str:
    """How it ended; observed when only the topic knows of it."""
    return "observed" if hop.observed else hop.outcome


def messages(seen: Iterable[Seen]) -> RenderableType:
    """Records of the topics."""
    columns = ("topic[partition]@offset", "message", "from", "to", "key and payload")
    return table("Messages", columns, [message_row(one) for one in seen])


def message_row(one: Seen) -> tuple[object, ...]:
    """One record, as a row."""
    record = one.record
    place = f"{record.topic}[{record.partition}]@{record.offset}"
    key = record.key.decode("utf-8", "replace") if record.key else "no key"
    return place, one.type, one.sender, "\n".join(one.listeners), f"{key}: {payload(one)}"


def payload(one: Seen) -> str:
    """A record's value as JSON; what is not JSON, as a JSON string."""
    return bytes(compact(one.record.value)).decode()


def orders(found: Iterable[dict[str, Any]]) -> RenderableType:
    """Orders as Orders tells them."""
    columns = ("id", "status", "reason", "total", "customer", "products")
    return table("Orders", columns, [order_row(order) for order in found])


def order_row(order: dict[str, Any]) -> tuple[object, ...]:
    """One order, as a row."""
    products = ", ".join(f"{line['quantity']} x {line['name'] or line['sku']}" for line in order["products"])
    total = None if order["total"] is None else f"{order['total']:.2f}"
    return order["id"], order["status"], order["reason"], total, order["customerName"], products


class Bar:
    """A progress bar on standard error, for whatever takes longer than two seconds."""

    def __enter__(self) -> OnProgress:
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), console=err, transient=True)
        self._task = self._bar.add_task("", total=1.0)
        self._bar.start()
        return lambda what, share: self._bar.update(self._task, description=what, completed=share)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
