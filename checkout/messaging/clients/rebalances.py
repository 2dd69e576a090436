"""Rebalances: notes which partitions kafka-python assigns to a consumer."""

from collections.abc import Callable, Iterable

from kafka import ConsumerRebalanceListener, TopicPartition

from checkout.messaging.log import Partition


class AddedPartitions(ConsumerRebalanceListener):  # type: ignore[misc]  # it has no types
    """Adds the partitions of each new assignment to a set. kafka-python calls it in a thread of its own."""

    def __init__(self, added: set[Partition], strip_prefix: Callable[[str], str]) -> None:
        self._added, self._strip_prefix = added, strip_prefix

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Adds the partitions that the consumer did not have before."""
        self._added.update((self._strip_prefix(topic), number) for topic, number in assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Does nothing: from now on the broker refuses their commits."""
