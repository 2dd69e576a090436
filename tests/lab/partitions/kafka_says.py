"""Kafka says: where the partition board differs from what Kafka's own tools print about the same lab."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from checkout.lab import Lab
from checkout.lab.widget.board import Board

Where = tuple[str, int]  # topic and partition


class Difference(NamedTuple):
    """What differs: the tool, the row, what the board shows and what the tool has printed."""

    tool: str
    row: tuple[Any, ...]
    board: Any
    printed: Any


def differences(lab: Lab, tools: str = "groups topics offsets") -> list[Difference]:
    """The differences now, over all partitions and groups of the lab."""
    compared = {"groups": _groups, "topics": _topics, "offsets": _offsets}
    state = Board(lab).answer({"do": "partitions", "number": len(lab.moments)})["partitions"]
    found: list[Difference] = []
    for tool in tools.split():
        board, printed = (dict(rows) for rows in compared[tool](lab, state))
        rows = sorted(board.keys() | printed.keys())
        found += [Difference(tool, row, board.get(row), printed.get(row)) for row in rows
                  if board.get(row) != printed.get(row)]  # fmt: skip
    return found


def _groups(lab: Lab, state: dict[str, Any]) -> Iterator[dict[tuple[str, ...], Any]]:
    """Committed offset, end, lag and owner. The tool prints a row where there is a commit or an owner."""
    ends = {(row["topic"], row["partition"]): row["end"] for row in state["partitions"]}
    board: dict[tuple[str, ...], Any] = {}
    for group in state["groups"]:
        for at in group["positions"]:
            owner = None if group["assigns_itself"] else at["owner"]  # by hand: the group has no member
            if owner or at["committed"] is not None:
                lag = None if at["committed"] is None else at["lag"]
                end = ends[at["topic"], at["partition"]]
                board[group["group"], at["topic"], at["partition"]] = (at["committed"], end, lag, owner)
    yield board
    output = lab.kafka_tool("consumer-groups --describe --all-groups")
    rows = output.table.to_dict("records") if output.printed.strip() else []  # no group has committed yet
    names = {group["group"] for group in state["groups"]}  # other labs may use the same Kafka
    yield {
        (row["GROUP"], row["TOPIC"], row["PARTITION"]): (
            _number(row["CURRENT-OFFSET"]), row["LOG-END-OFFSET"], _number(row["LAG"]), _member(row["CONSUMER-ID"]),
        ) for row in rows if row["GROUP"] in names
    }  # fmt: skip


def _topics(lab: Lab, state: dict[str, Any]) -> Iterator[dict[Where, Any]]:
    """Leader, replicas and in-sync replicas."""
    rows = state["partitions"]
    yield {(row["topic"], row["partition"]): (row["leader"], row["replicas"], sorted(row["in_sync"])) for row in rows}
    printed = lab.kafka_tool("topics --describe").table.to_dict("records")
    yield {
        (row["Topic"], row["Partition"]): (_number(row["Leader"]), _list(row["Replicas"]), sorted(_list(row["Isr"])))
        for row in printed if not row["Topic"].startswith(("lab-", "__"))
    }  # fmt: skip


def _offsets(lab: Lab, state: dict[str, Any]) -> Iterator[dict[Where, Any]]:
    """End offsets; the pattern of names gets the prefix of the lab, so that topics of others are not among them."""
    yield {(row["topic"], row["partition"]): row["end"] for row in state["partitions"]}
    lines = [line.split(":") for line in lab.kafka_tool("get-offsets --time latest --topic .*").printed.splitlines()]
    yield {
        (topic, int(partition)): int(end)
        for topic, partition, end in lines if not topic.startswith(("lab-", "__"))
    }  # fmt: skip


def _number(cell: Any) -> int | None:
    return None if cell in ("-", "none") else int(cell)


def _member(cell: str) -> str | None:
    # A static member's id is its name and a UUID.
    return None if cell == "-" else cell.rsplit("-", 5)[0]


def _list(cell: Any) -> list[int]:
    return [int(number) for number in str(cell).split(",") if number]
