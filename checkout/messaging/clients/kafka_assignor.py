"""Kafka assignor: the cooperative sticky assignor of kafka-python, with partitions that move spread over the topics."""

from typing import Any

from kafka.coordinator.assignors import cooperative_sticky

Executor: Any = cooperative_sticky.StickyAssignmentExecutor


class SpreadingExecutor(Executor):  # type: ignore[misc]
    """Moves partitions in the order of their numbers, the highest first.

    In the order of kafka-python, topic by topic, a replica that joins gets all partitions of some topics and none of
    the others: of Stock's four topics the one with new orders stays with the first replica, and so does the work.
    """

    def _populate_sorted_partitions(self) -> None:
        super()._populate_sorted_partitions()
        if not self.is_fresh_assignment:
            self.sorted_partitions.sort(key=lambda partition: -partition.partition)


# `assign` creates the executor by this name.
cooperative_sticky.StickyAssignmentExecutor = SpreadingExecutor
ASSIGNORS = [cooperative_sticky.CooperativeStickyAssignor]
