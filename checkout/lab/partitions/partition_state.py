"""Partition state: partitions, consumer groups and brokers at one hop, as the partition board draws them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from checkout.messaging.log import DEAD_LETTERS


class MemberState(StrEnum):
    """Of a member of a consumer group. Evicted: crashed, and its partitions have gone to the other members."""

    RUNNING = "running"
    CRASHED = "crashed"
    EVICTED = "evicted"


class BoardRecord(msgspec.Struct):
    """A record: its offset, its key as text (orders by name), its order or "", its message type or "".

    `number`: the first hop that names it; its delivery may be journaled before its publication.
    """

    offset: int
    key: str | None
    order: str
    message: str
    number: int


class PartitionRow(msgspec.Struct):
    """A partition: its offsets, its latest records, and its brokers by id (None and empty in memory).

    `records`: the last 40 and all from the lowest committed offset on, at most 200.
    """

    topic: str
    partition: int
    begin: int
    end: int
    records: list[BoardRecord]
    leader: int | None
    replicas: list[int]
    in_sync: list[int]


class Member(msgspec.Struct):
    """A member of a consumer group."""

    name: str
    state: MemberState


class GroupPosition(msgspec.Struct):
    """A group on a partition: the committed offset (None before the first commit), and its lag in records.

    `position`: the offset that `owner` reads next; both are None while no member owns the partition.
    """

    topic: str
    partition: int
    committed: int | None
    position: int | None
    lag: int
    owner: str | None


class GroupRow(msgspec.Struct):
    """A consumer group. `assigns_itself`: its one member takes all partitions, and Kafka knows no member."""

    group: str
    assigns_itself: bool
    members: list[Member]
    positions: list[GroupPosition]


class BoardBroker(msgspec.Struct):
    """A Kafka broker."""

    id: int
    is_running: bool


class PartitionState(msgspec.Struct):
    """Partitions, consumer groups and brokers as of hop `number`; `sentence`, `order` and `place` are those of the
    hop.

    `assumed`: commits, positions and owners are derived from the deliveries, since a journal does not hold them.
    """

    number: int
    sentence: str
    order: str
    place: str
    assumed: bool
    partitions: list[PartitionRow]
    groups: list[GroupRow]
    brokers: list[BoardBroker]

    def of_topic(self, topic: str) -> PartitionState:
        """Only what concerns one topic and its dead letters."""

        def is_part(name: str) -> bool:
            return name == topic or (name.startswith(f"{topic}.") and name.endswith(DEAD_LETTERS))

        kept = [replace(g, positions=[at for at in g.positions if is_part(at.topic)]) for g in self.groups]
        partitions = [row for row in self.partitions if is_part(row.topic)]
        return replace(self, partitions=partitions, groups=[group for group in kept if group.positions])


class Progress(NamedTuple):
    """The progress of a consumer group on a partition."""

    committed: int | None = None
    position: int | None = None
    owner: str | None = None
