"""Dataframes: the rows of a lab as pandas DataFrames, with orders by name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from checkout.framework.message import KAFKA
from checkout.journal.hop import Outcome, text
from checkout.lab.engine.order_names import OrderNames
from checkout.lab.history.projection import Moment
from checkout.messaging.log import Lag, Partition, Record
from checkout.registry import STORE, Registry

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
DISPLAY = {"display.width": 250, "display.max_columns": 20, "display.max_colwidth": 60, "display.max_rows": 100}


def set_display_options() -> None:
    """Sets the display options of pandas so that a table of a lab is not abbreviated."""
    for name, value in DISPLAY.items():
        pd.set_option(name, value)


def frame(kind: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table with the columns of its kind (a key of COLUMNS); None becomes an empty cell."""
    columns = COLUMNS[kind]
    cells = [["" if (value := row.get(name)) is None else value for name in columns] for row in rows]
    return pd.DataFrame(cells, columns=columns)


def messages(
    names: OrderNames, records: Iterable[Record], steps: Mapping[tuple[Any, ...], int | None], registry: Registry
) -> pd.DataFrame:
    """Records as a table; `steps` has the step of each by (topic, partition, offset)."""
    return frame("messages", [_message(names, record, steps.get(record[:3]), registry) for record in records])


def _message(names: OrderNames, record: Record, step: int | None, registry: Registry) -> Mapping[str, Any]:
    row = {"step": step, "topic": record.topic, "partition": record.partition, "offset": record.offset}
    row |= {"key": names.text(text(record.key) or ""), "payload": names.text(text(record.value) or "")}
    if message := registry.message_types.by_topic.get(record.topic):
        row |= {"type": message.__name__, "from": message.sender, "to": ", ".join(registry.listeners(message))}
    return row


def published_messages(moments: Sequence[Moment], names: OrderNames) -> pd.DataFrame:
    """The same table from the publications of a journal."""
    rows = []
    for hop in (moment.hop for moment in moments if moment.hop.to == KAFKA and moment.hop.outcome is Outcome.APPLIED):
        key, value = (hop.key or "").encode(), bytes(hop.payload)
        record = Record(hop.topic or "", hop.partition or 0, hop.offset or 0, key, value)
        rows.append(_message(names, record, hop.step, STORE))
    return frame("messages", rows)


def groups(lags: Mapping[str, Mapping[Partition, Lag]], owners: Mapping[tuple[str, Partition], str]) -> pd.DataFrame:
    """Committed offset, end offset and lag by group and partition; `owners` has the replica that owns a partition."""
    rows = [
        {"group": group, "topic": partition[0], "partition": partition[1], "committed": lag.committed, "end": lag.end,
         "lag": lag.records, "owner": owners.get((group, partition))}
        for group, found in lags.items() for partition, lag in sorted(found.items())
    ]  # fmt: skip
    return frame("groups", rows)


def topics(partitions: Mapping[str, int], ends: Mapping[Partition, int], registry: Registry) -> pd.DataFrame:
    """The topics with their numbers of partitions and records, in the order of their steps."""
    count = {topic: sum(end for (of, _), end in ends.items() if of == topic) for topic in partitions}
    known = {topic: at for at, topic in enumerate(registry.topics)}
    order = sorted(partitions, key=lambda topic: (known.get(topic, len(known)), topic))
    return frame("topics", [{"topic": t, "partitions": partitions[t], "records": count[t]} for t in order])


def journey(moments: Iterable[Moment]) -> pd.DataFrame:
    """Hops, one a row."""
    rows = []
    for moment in moments:
        hop = moment.hop
        rows.append({"step": hop.step, "from": hop.sender, "to": hop.to, "message": hop.message, "place": moment.place,
                     "outcome": hop.outcome})  # fmt: skip
    return frame("journey", rows)


def amounts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a ledger with their amounts as text with two decimals."""
    return [dict(row) | ({"amount": f"{row['amount']:.2f}"} if "amount" in row else {}) for row in rows]
