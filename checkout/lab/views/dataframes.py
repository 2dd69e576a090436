"""Frames: what there is to see, as DataFrames, with orders by their names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from checkout.framework.message import KAFKA
from checkout.journal.hop import Outcome, text
from checkout.lab.engine.order_names import Names
from checkout.lab.history.projection import Moment
from checkout.messages import TOPICS
from checkout.messaging.log import Lag, Partition, Record
from checkout.registry import listeners

COLUMNS = {
    "messages": ["step", "topic", "partition", "offset", "key", "type", "from", "to", "payload"],
    "groups": ["group", "topic", "partition", "committed", "end", "lag", "owner"],
    "topics": ["topic", "partitions", "records"],
    "orders": ["order", "status", "reason", "total", "customer", "products"],
    "stock": ["sku", "product", "price", "on_hand", "reserved", "available"],
    "ledger": ["order", "status", "amount", "method", "reason", "attempts"],
    "mailbox": ["order", "to", "subject", "copies"],
    "parcels": ["order", "id", "customer", "attempts"],
    "journey": ["step", "from", "to", "message", "place", "outcome"],
}
WIDE = {"display.width": 250, "display.max_columns": 20, "display.max_colwidth": 60, "display.max_rows": 100}


def prepare() -> None:
    """Tables as wide as a page, in every kernel that makes a lab."""
    for name, value in WIDE.items():
        pd.set_option(name, value)


def frame(kind: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as the table of that kind; what is None stays empty."""
    columns = COLUMNS[kind]
    cells = [["" if (value := row.get(name)) is None else value for name in columns] for row in rows]
    return pd.DataFrame(cells, columns=columns)


def messages(names: Names, records: Iterable[Record], steps: Mapping[tuple[Any, ...], int | None]) -> pd.DataFrame:
    """What stands on the topics, in the order in which it came there."""
    return frame("messages", [_message(names, record, steps.get(record[:3])) for record in records])


def _message(names: Names, record: Record, step: int | None) -> Mapping[str, Any]:
    row = {name: getattr(record, name) for name in ("topic", "partition", "offset")} | {"step": step}
    row |= {"key": names.text(text(record.key) or ""), "payload": names.text(text(record.value) or "")}
    if message := TOPICS.get(record.topic):
        row |= {"type": message.__name__, "from": message.sender, "to": ", ".join(listeners(message))}
    return row


def told_messages(moments: Sequence[Moment], names: Names) -> pd.DataFrame:
    """The same, as far as a journal knows it."""
    rows = []
    for hop in (moment.hop for moment in moments if moment.hop.to == KAFKA and moment.hop.outcome == Outcome.APPLIED):
        key, value = (hop.key or "").encode(), bytes(hop.payload)
        record = Record(hop.topic or "", hop.partition or 0, hop.offset or 0, key, value)
        rows.append(_message(names, record, hop.step))
    return frame("messages", rows)


def groups(lags: Mapping[str, Mapping[Partition, Lag]], owners: Mapping[tuple[str, Partition], str]) -> pd.DataFrame:
    """How far each group has read each of its partitions."""
    rows = [
        {"group": group, "topic": place[0], "partition": place[1], "committed": lag.committed, "end": lag.end,
         "lag": lag.records, "owner": owners.get((group, place))}
        for group, found in lags.items() for place, lag in sorted(found.items())
    ]  # fmt: skip
    return frame("groups", rows)


def topics(partitions: Mapping[str, int], ends: Mapping[Partition, int]) -> pd.DataFrame:
    """The topics, and how many records each holds."""
    count = {topic: sum(end for (of, _), end in ends.items() if of == topic) for topic in partitions}
    order = sorted(partitions, key=lambda topic: ([*TOPICS].index(topic) if topic in TOPICS else len(TOPICS), topic))
    return frame("topics", [{"topic": t, "partitions": partitions[t], "records": count[t]} for t in order])


def journey(moments: Iterable[Moment]) -> pd.DataFrame:
    """Hops, one a line."""
    rows = []
    for moment in moments:
        hop = moment.hop
        rows.append({"step": hop.step, "from": hop.sender, "to": hop.to, "message": hop.message, "place": moment.place,
                     "outcome": hop.outcome})  # fmt: skip
    return frame("journey", rows)


def amounts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a ledger, their amounts with two decimals."""
    return [dict(row) | ({"amount": f"{row['amount']:.2f}"} if "amount" in row else {}) for row in rows]

