"""Kafka log: `Log` and `Broker` on a real Kafka."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence

from kafka import KafkaConsumer, TopicPartition, errors

from checkout.errors import PackageMissing
from checkout.messaging.clients.kafka_consumer import CONSUMER_SETTINGS, BackgroundConsumer
from checkout.messaging.clients.kafka_producer import BatchProducer
from checkout.messaging.kafka_admin import KafkaAdmin
from checkout.messaging.kafka_client import BROKER_TIMEOUT_SECONDS, GroupConsumer, RecordProducer, ReplicaFenced
from checkout.messaging.log import (
    DEAD_LETTERS,
    CommitRefused,
    Lag,
    LogUnavailable,
    Partition,
    ProducerRecord,
    Record,
    RecordMetadata,
    ReplicaReplaced,
)
from checkout.settings import KAFKA_PYTHON, KafkaSecurity


class KafkaBroker(KafkaAdmin):
    """A `Broker` on a real Kafka: `KafkaAdmin` with reading and joining groups.

    `client`: the library with which members receive and send, "kafka-python" or "confluent". Raises PackageMissing
    when it is not installed.
    """

    def __init__(
        self, bootstrap_servers: str, prefix: str = "", client_settings: Mapping[str, object] | None = None,
        client: str = KAFKA_PYTHON, security: KafkaSecurity | None = None,
    ) -> None:  # fmt: skip
        super().__init__(bootstrap_servers, prefix, client_settings, security)
        self._consumer, self._producer = _classes(client)

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> "KafkaLog":
        """Joins a group as `replica`; with `assign`, takes all partitions without becoming a member."""
        partitions = self.partitions(topics)
        with self.connection.translate_errors():
            consumer = self._consumer(self.connection, group, partitions, None if assign else replica)
        producer = self._producer(self.connection, self._count_partitions)
        return KafkaLog(self, group, topics, replica, consumer, producer)

    def _count_partitions(self, topic: str) -> int:
        if topic.endswith(DEAD_LETTERS):
            self.create({topic: 1})
        return self.partitions([topic])[topic]

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


def _classes(client: str) -> tuple[type[GroupConsumer], type[RecordProducer]]:
    if client == KAFKA_PYTHON:
        return BackgroundConsumer, BatchProducer
    try:
        from checkout.messaging.clients.confluent_consumer import ConfluentConsumer  # an optional package
        from checkout.messaging.clients.confluent_producer import ConfluentProducer
    except ImportError as error:
        raise PackageMissing(f"CHECKOUT_KAFKA_CLIENT={client}", "confluent-kafka", "fast") from error
    return ConfluentConsumer, ConfluentProducer


class KafkaLog:
    """A `Log` on a real Kafka, for one thread."""

    def __init__(
        self, broker: KafkaAdmin, group: str, topics: Sequence[str], replica: str, consumer: GroupConsumer,
        producer: RecordProducer,
    ) -> None:  # fmt: skip
        self._broker, self._group, self._topics, self._replica = broker, group, list(topics), replica
        self._consumer, self._producer = consumer, producer
        self._is_fenced = False
        self._redelivery: dict[Partition, int] = {}  # the first offset that is not committed

    def assignment(self) -> set[Partition]:
        """Returns the partitions assigned to this member; changes only during `poll`."""
        return self._consumer.assignment

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records; waits at most `timeout` seconds for the first, or for `wake`."""
        found: list[Record] = []
        try:
            found = [] if self._is_fenced else self._consumer.poll(max_records, timeout)
        except ReplicaFenced:
            self._is_fenced = True
        if self._is_fenced:
            raise ReplicaReplaced(f"another process is {self._replica} now: give each replica its own name")
        first = {record[:2]: record.offset for record in reversed(found)}
        known = {p: offset for p, offset in self._redelivery.items() if p in self._consumer.assignment}
        self._redelivery = first | known
        return found

    def wake(self) -> None:
        """Ends the wait of `poll`; if none is waiting, of the next one."""
        self._consumer.wake()

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records in one flush; returns the metadata of each."""
        return self._producer.send(records)

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits the next offsets of the partitions that are still assigned to this member."""
        assigned = self._consumer.assignment & self._consumer.assigned_now()
        kept = {partition: offset for partition, offset in offsets.items() if partition in assigned}
        try:
            self._consumer.commit(kept)
        except CommitRefused as refusal:
            self._is_fenced = isinstance(refusal, ReplicaFenced)
            for partition in kept.keys() & self._redelivery.keys():
                self._consumer.seek(partition, self._redelivery[partition])
            raise CommitRefused(f"{self._replica} may not commit now: {refusal}") from refusal
        self._redelivery |= kept
        if lost := sorted(offsets.keys() - kept.keys()):
            raise CommitRefused(f"{lost} are no longer assigned to {self._replica}")

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which the next `poll` starts."""
        if partition not in self.assignment():
            raise ValueError(f"{partition[0]}[{partition[1]}] is not assigned to {self._replica}")
        self._consumer.seek(partition, offset)

    def lag(self) -> dict[Partition, Lag]:
        """Returns the group's lag for every partition of its topics."""
        return self._broker.lags(self._group, self._topics)

    def close(self) -> None:
        """Leaves the group; its other members get the partitions at once."""
        member_id = self._consumer.member_id
        self.abandon()
        if member_id:  # a static member that only closes keeps its partitions until the session timeout
            with contextlib.suppress(LogUnavailable):
                self._broker.remove_member(self._group, self._replica, member_id)

    def abandon(self) -> None:
        """Disconnects without leaving the group, as a crash does."""
        self._consumer.close()
        self._producer.close()
