"""Kafka log: `Log` and `Broker` on a real Kafka."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition, errors

from checkout.messaging.kafka_admin import KafkaAdmin
from checkout.messaging.kafka_client import BROKER_TIMEOUT_SECONDS
from checkout.messaging.kafka_consumer import (
    COMMIT_REFUSALS,
    CONSUMER_SETTINGS,
    MEMBER_SETTINGS,
    BackgroundConsumer,
)
from checkout.messaging.kafka_producer import BatchProducer
from checkout.messaging.log import (
    DEAD_LETTERS,
    CommitRefused,
    Lag,
    LogUnavailable,
    Partition,
    ProducerRecord,
    Record,
    RecordMetadata,
)


class KafkaBroker(KafkaAdmin):
    """A `Broker` on a real Kafka: `KafkaAdmin` with reading and joining groups."""

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> "KafkaLog":
        """Joins a group as `replica`; with `assign`, takes all partitions without becoming a member."""
        return KafkaLog(self, group, topics, replica, assign)

    def read(self, topics: Sequence[str], from_offsets: Mapping[Partition, int] | None = None) -> Iterator[Record]:
        """Reads these topics from the given offsets to the present end offsets."""
        start, topic_partition = from_offsets or {}, self.connection.topic_partition
        ranges = {topic_partition(p): range(start.get(p, 0), end) for p, end in self.ends(topics).items()}
        return self._read({partition: offsets for partition, offsets in ranges.items() if offsets})

    def _read(self, ranges: dict[TopicPartition, range]) -> Iterator[Record]:
        if not ranges:
            return
        translate_errors, new_client = self.connection.translate_errors, self.connection.new_client
        with translate_errors(), contextlib.closing(new_client(KafkaConsumer, CONSUMER_SETTINGS)) as consumer:
            consumer.assign(list(ranges))
            for partition, offsets in ranges.items():
                consumer.seek(partition, offsets.start)
            received_at = time.monotonic()
            while ranges:
                for partition, records in (found := consumer.poll(500)).items():
                    yield from self.connection.to_records(r for r in records if r.offset < ranges[partition].stop)
                for partition in [p for p, offsets in ranges.items() if consumer.position(p) >= offsets.stop]:
                    consumer.pause(partition)
                    del ranges[partition]
                received_at = time.monotonic() if found else received_at
                if time.monotonic() > received_at + BROKER_TIMEOUT_SECONDS:
                    raise errors.KafkaTimeoutError("the records stop before the end offset")


class KafkaLog:
    """A `Log` on a real Kafka, for one thread."""

    def __init__(self, broker: KafkaAdmin, group: str, topics: Sequence[str], replica: str, assign: bool) -> None:
        self._broker, self._connection, self._group, self._topics = broker, broker.connection, group, list(topics)
        self._replica, self._is_member, self._fenced = replica, not assign, False
        self._redelivery: dict[Partition, int] = {}  # by partition: the first offset that is not committed
        self._producer = BatchProducer(self._connection, self._count_partitions)
        partitions = broker.partitions(topics)
        with self._connection.translate_errors():
            self._consumer = self._new_consumer(partitions)

    def _new_consumer(self, partitions: Mapping[str, int]) -> BackgroundConsumer:
        add_prefix, topic_partition = self._connection.add_prefix, self._connection.topic_partition
        member = MEMBER_SETTINGS | {"group_instance_id": add_prefix(self._replica)} if self._is_member else {}
        consumer = BackgroundConsumer(self._connection, group_id=add_prefix(self._group), **member)
        if self._is_member:
            consumer.client.subscribe([add_prefix(topic) for topic in partitions])
        else:
            every = [(topic, number) for topic, count in partitions.items() for number in range(count)]
            consumer.client.assign([topic_partition(partition) for partition in every])
        consumer.assignment = consumer.client.assignment()
        return consumer

    def assignment(self) -> set[Partition]:
        """Returns the partitions assigned to this member; changes only during `poll`."""
        return {(self._connection.strip_prefix(topic), number) for topic, number in self._consumer.assignment}

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records; waits at most `timeout` seconds for the first, or for `wake`."""
        found: list[Any] = []
        with self._connection.translate_errors():
            try:
                found = [] if self._fenced else self._consumer.poll(max_records, timeout)
            except errors.FencedInstanceIdError:
                self._fenced = True
        if self._fenced:
            raise LogUnavailable(f"another process is {self._replica} now: give each replica its own name")
        first = {(record.topic, record.partition): record.offset for record in reversed(found)}
        known = {p: offset for p, offset in self._redelivery.items() if p in self._consumer.assignment}
        self._redelivery = first | known
        return self._connection.to_records(found)

    def wake(self) -> None:
        """Ends the wait of `poll`, of the next one if none is waiting."""
        self._consumer.wake()

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records in one flush; returns the metadata of each."""
        return self._producer.send(records)

    def _count_partitions(self, topic: str) -> int:
        if topic.endswith(DEAD_LETTERS):
            self._broker.create({topic: 1})
        return self._broker.partitions([topic])[topic]

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits the next offsets of the partitions that are still assigned to this member."""
        wanted = {self._connection.topic_partition(partition): offset for partition, offset in offsets.items()}
        assigned = self._consumer.assignment & self._consumer.client.assignment()
        kept = {partition: offset for partition, offset in wanted.items() if partition in assigned}
        with self._connection.translate_errors():
            try:
                self._consumer.commit(kept)
            except COMMIT_REFUSALS as error:
                self._fenced = isinstance(error, errors.FencedInstanceIdError)
                for partition in kept.keys() & self._redelivery.keys():
                    self._consumer.seek(TopicPartition(*partition), self._redelivery[partition])
                raise CommitRefused(f"{self._replica} may not commit now: {error}") from error
        self._redelivery |= kept
        if lost := [partition for partition in offsets if self._connection.topic_partition(partition) not in kept]:
            raise CommitRefused(f"{lost} are no longer assigned to {self._replica}")

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which the next `poll` starts."""
        if partition not in self.assignment():
            raise ValueError(f"{partition[0]}[{partition[1]}] is not assigned to {self._replica}")
        self._consumer.seek(self._connection.topic_partition(partition), offset)

    def lag(self) -> dict[Partition, Lag]:
        """Returns the group's lag for every partition of its topics."""
        return self._broker.lags(self._group, self._topics)

    def close(self) -> None:
        """Leaves the group; its other members get the partitions at once."""
        member_id = self._consumer.client.group_metadata().member_id
        self.abandon()
        if member_id:  # a static member that only closes keeps its partitions until the session timeout
            with contextlib.suppress(LogUnavailable):
                self._broker.remove_member(self._group, self._replica, member_id)

    def abandon(self) -> None:
        """Disconnects without leaving the group, as a crash does."""
        self._consumer.close()
        self._producer.close()
