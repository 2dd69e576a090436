"""Dataframes: the rows of a lab as pandas DataFrames, with orders by name."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from checkout.c4.notebook.text import WIDTH
from checkout.errors import PackageMissing
from checkout.framework.message import KAFKA
from checkout.journal.hop import Hop, text
from checkout.lab.browser import BROWSER
from checkout.lab.engine.order_names import OrderNames
from checkout.lab.history.moment import Moment
from checkout.lab.views import small_frames
from checkout.messaging.log import Lag, Partition, Record, Replicas
from checkout.registry import STORE, Registry

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "messages": ["step", "topic", "partition", "offset", "key", "type", "from", "to", "payload"],
    "groups": ["group", "topic", "partition", "committed", "end", "lag", "owner"],
    "partitions": ["partition", "leader", "replicas", "in_sync"],
    "offsets": ["partition", "begin", "end", "records"],
    "topics": ["topic", "partitions", "records"],
    "orders": ["order", "status", "reason", "total", "customer", "products"],
    "stock": ["sku", "product", "price", "on_hand", "reserved", "available"],
    "ledger": ["order", "status", "amount", "method", "reason", "attempts"],
    "mailbox": ["order", "to", "subject", "copies"],
    "parcels": ["order", "id", "customer", "attempts"],
    "journey": ["step", "from", "to", "message", "place", "outcome"],
}
DISPLAY = {"display.width": WIDTH, "display.max_columns": 20, "display.max_colwidth": 60, "display.max_rows": 100}


@functools.cache
def library() -> Any:
    """Pandas, with display options that abbreviate no table; in a browser, which has none, the small frames.

    Its import takes 0.25 s, so it waits for the first table. Raises PackageMissing where pandas could be installed.
    """
    try:
        import pandas
    except ModuleNotFoundError as error:
        if sys.platform == BROWSER:
            return small_frames
        raise PackageMissing("a table", "pandas", "notebook") from error

    pandas.set_option(DISPLAY)
    return pandas


def frame(kind: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table with the columns of its kind (a key of COLUMNS); None becomes an empty cell."""
    columns = COLUMNS[kind]
    cells = [["" if (value := row.get(name)) is None else value for name in columns] for row in rows]
    return library().DataFrame(cells, columns=columns)


def messages(names: OrderNames, records: Iterable[Record], hops: Iterable[Hop], registry: Registry) -> pd.DataFrame:
    """Records as a table; `hops` has the publications, from which the step of each record is taken."""
    steps = {(hop.topic, hop.partition, hop.offset): hop.step for hop in hops if hop.to == KAFKA}
    rows = []
    for record in records:
        row = {"step": steps.get(record[:3]), "topic": record.topic, "partition": record.partition}
        row |= {"offset": record.offset, "key": names.text(text(record.key) or "")}
        row |= {"payload": names.text(text(record.value) or "")}
        if message := registry.message_types.by_topic.get(record.topic):
            row |= {"type": message.__name__, "from": message.sender, "to": ", ".join(registry.listeners(message))}
        rows.append(row)
    return frame("messages", rows)


def published_messages(names: OrderNames, hops: Iterable[Hop]) -> pd.DataFrame:
    """The same table from the publications of a journal."""
    published = [hop for hop in hops if hop.to == KAFKA and hop.is_applied]
    records = [
        Record(hop.topic or "", hop.partition or 0, hop.offset or 0, (hop.key or "").encode(), bytes(hop.payload))
        for hop in published
    ]
    return messages(names, records, published, STORE)


def groups(lags: Mapping[str, Mapping[Partition, Lag]], owners: Mapping[tuple[str, Partition], str]) -> pd.DataFrame:
    """Committed offset, end offset and lag by group and partition; `owners` has the replica that owns a partition."""
    rows = [
        {"group": group, "topic": partition[0], "partition": partition[1], "committed": lag.committed, "end": lag.end,
         "lag": lag.records, "owner": owners.get((group, partition))}
        for group, found in lags.items() for partition, lag in sorted(found.items())
    ]  # fmt: skip
    return frame("groups", rows)


def partitions(replicas: Mapping[Partition, Replicas]) -> pd.DataFrame:
    """The brokers of the partitions of one topic, by id."""
    return frame("partitions", (
        {"partition": number, "leader": each.leader, "replicas": ", ".join(map(str, each.all)),
         "in_sync": ", ".join(map(str, each.in_sync))} for (_, number), each in replicas.items()
    ))  # fmt: skip


def offsets(begins: Mapping[Partition, int], ends: Mapping[Partition, int]) -> pd.DataFrame:
    """Beginning and end offset of the partitions of one topic."""
    return frame("offsets", (
        {"partition": partition[1], "begin": begins[partition], "end": end, "records": end - begins[partition]}
        for partition, end in ends.items()
    ))  # fmt: skip


def topics(
    partitions: Mapping[str, int], begins: Mapping[Partition, int], ends: Mapping[Partition, int], registry: Registry
) -> pd.DataFrame:
    """The topics with their numbers of partitions and records, in the order of their steps.

    The number of records is end offset minus beginning offset.
    """
    count = {t: sum(end - begins.get((t, n), 0) for (of, n), end in ends.items() if of == t) for t in partitions}
    known = {topic: at for at, topic in enumerate(registry.topics)}
    order = sorted(partitions, key=lambda topic: (known.get(topic, len(known)), topic))
    return frame("topics", [{"topic": t, "partitions": partitions[t], "records": count[t]} for t in order])


def journey(moments: Iterable[Moment]) -> pd.DataFrame:
    """Hops, one a row."""
    return frame("journey", (
        {"step": hop.step, "from": hop.sender, "to": hop.to, "message": hop.message, "place": moment.place,
         "outcome": "observed" if hop.observed else hop.outcome} for moment in moments for hop in [moment.hop]
    ))  # fmt: skip
