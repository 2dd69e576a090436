"""Patches: hops and partition states without what depends on the hops before them, so that paths can share them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from checkout.lab.partitions.partition_state import PartitionState
from checkout.lab.widget.history_pages import JsonObject

PATH_FIELDS = ("number", "nth", "about", "time", "transaction", "changes")
Key = tuple[str | int, ...]
Patch = list[list[Any]]  # key and value


def hop_message(message: Mapping[str, Any], before: Mapping[int, Mapping[str, Any]]) -> JsonObject:
    """The message about a hop without the fields that the page computes from the hops on its path.

    `before`: the messages about earlier hops by number. `after` is the time since the last of them in milliseconds, and
    `handled` names the delivery of the transaction: true for the hop itself, else its place, receiver and order.
    """
    number, transaction = message["number"], message["transaction"]
    changes = {table: rows for table, rows in message["changes"].items() if table != "messages"}
    target = before.get(transaction) if transaction else None
    handled = transaction == number or (target and [target[name] for name in ("place", "to", "order")])
    after = message["time"] - before[number - 1]["time"] if number - 1 in before else 0
    kept = {name: value for name, value in message.items() if name not in PATH_FIELDS}
    return kept | {"after": round(after, 3), "handled": handled or None, "changes": changes}


def flattened(state: PartitionState) -> dict[Key, Any]:
    """A partition state as values by key: `p` partition, `r` record, `g` group, `o` offsets, `b` brokers."""
    found: dict[Key, Any] = {("b",): msgspec.to_builtins(state.brokers), ("assumed",): state.assumed}
    for row in state.partitions:
        where = (row.topic, row.partition)
        found["p", *where] = [row.begin, row.end, row.leader, row.replicas, row.in_sync]
        found |= {("r", *where, each.offset): [each.key, each.order, each.message] for each in row.records}
    for group in state.groups:
        members = [[each.name, str(each.state)] for each in group.members]
        found["g", group.group] = [group.assigns_itself, members]
        for each in group.positions:
            key = ("o", group.group, each.topic, each.partition)
            found[key] = [each.committed, each.position, each.lag, each.owner]
    return found


def patch(before: Mapping[Key, Any], after: Mapping[Key, Any]) -> Patch:
    """What has changed. Records are only ever added: the page shows the latest ones by itself."""
    missing = object()
    return [[list(key), value] for key, value in after.items() if before.get(key, missing) != value]
