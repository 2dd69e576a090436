"""Memory group: the members of a consumer group of the memory log, and who has which partitions."""

import itertools
from collections.abc import Sequence
from typing import Protocol

from checkout.messaging.log import Partition


class GroupMember(Protocol):
    """A member: its name, the partitions of its topics, and those that it has."""

    replica: str
    subscribed: list[Partition]
    assigned: list[Partition]

    def assign(self, partitions: Sequence[Partition]) -> None:
        """Sets the assignment."""


class MemoryGroup:
    """The members of a group, and its committed offsets. Its callers hold the lock of the broker."""

    def __init__(self) -> None:
        self.committed: dict[Partition, int] = {}
        self.members: dict[str, GroupMember] = {}

    def join(self, member: GroupMember) -> None:
        """Adds a member, which gets the partitions of an earlier one of its name; then all are shared anew."""
        if earlier := self.members.get(member.replica):
            member.assign(earlier.assigned)
            earlier.assign([])
        self.members[member.replica] = member
        self._rebalance()

    def remove(self, replica: str) -> None:
        """Removes a member; the others get its partitions."""
        if member := self.members.pop(replica, None):
            member.assign([])
            self._rebalance()

    def _rebalance(self) -> None:
        plan = {member: list(member.assigned) for member in self.members.values()}
        assigned = set(itertools.chain.from_iterable(plan.values()))
        for partition in dict.fromkeys(itertools.chain.from_iterable(member.subscribed for member in plan)):
            if partition not in assigned:
                subscribers = [member for member in plan if partition in member.subscribed]
                plan[min(subscribers, key=lambda member: len(plan[member]))].append(partition)
        while _move_one_partition(plan):
            pass
        for member, partitions in plan.items():
            member.assign(partitions)


def _move_one_partition(plan: dict[GroupMember, list[Partition]]) -> bool:
    for receiver in sorted(plan, key=lambda member: len(plan[member])):
        for giver in sorted(plan, key=lambda member: -len(plan[member])):
            movable = [partition for partition in plan[giver] if partition in receiver.subscribed]
            if movable and len(plan[giver]) > len(plan[receiver]) + 1:
                moved = max(reversed(movable), key=lambda partition: partition[1])  # some of every topic
                plan[receiver].append(moved)
                plan[giver].remove(moved)
                return True
    return False
