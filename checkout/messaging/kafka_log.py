"""Kafka log: the log on a real Kafka."""

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kafka import OffsetAndMetadata, TopicPartition, errors

from checkout.messaging.kafka_admin import KafkaAdmin
from checkout.messaging.kafka_client import MEMBERSHIP, PATIENCE, REFUSALS, STEP
from checkout.messaging.kafka_consumer import Receiver
from checkout.messaging.kafka_producer import Sender
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
    """A Kafka to read from and to join groups of."""

    def join(self, group: str, topics: Sequence[str], replica: str, assign: bool = False) -> "KafkaLog":
        """A member of the group, in the seat of an earlier one of that name. With `assign` it is no member and
        takes all partitions. Raises LogUnavailable for a topic that does not exist."""
        return KafkaLog(self, group, topics, replica, assign)

    def read(self, topics: Sequence[str], from_offsets: Mapping[Partition, int] | None = None) -> Iterator[Record]:
        """Every record of these topics from these offsets, or 0, to the present end, in order in each partition."""
        begin, wired = from_offsets or {}, self.cluster.wired
        spans = {wired(p): range(begin.get(p, 0), end) for p, end in self.ends(topics).items()}
        return self._read({partition: span for partition, span in spans.items() if span})

    def _read(self, spans: dict[TopicPartition, range]) -> Iterator[Record]:
        if not spans:
            return
        with self.cluster.answering(), contextlib.closing(self.cluster.consumer()) as consumer:
            consumer.assign(list(spans))
            for partition, span in spans.items():
                consumer.seek(partition, span.start)
            silent_since = time.monotonic()
            while spans:
                for partition, records in (found := consumer.poll(500)).items():
                    yield from self.cluster.records(r for r in records if r.offset < spans[partition].stop)
                for partition in [p for p, span in spans.items() if consumer.position(p) >= span.stop]:
                    consumer.pause(partition)
                    del spans[partition]
                silent_since = time.monotonic() if found else silent_since
                if time.monotonic() > silent_since + PATIENCE:
                    raise errors.KafkaTimeoutError("the records stop before the end")


class KafkaLog:
    """One member of a consumer group on Kafka, for one thread."""

    def __init__(self, broker: KafkaAdmin, group: str, topics: Sequence[str], replica: str, assign: bool) -> None:
        self._broker, self._cluster, self._group, self._topics = broker, broker.cluster, group, list(topics)
        self._replica, self._assigned, self._replaced = replica, assign, False
        self._committed: dict[TopicPartition, int] = {}
        self._seeks: dict[TopicPartition, int] = {}
        self._sender = Sender(self._cluster, self._find)
        partitions = broker.partitions(topics)
        with self._cluster.answering():
            self._receiver = self._connect(partitions)
        self._consumer = self._receiver.consumer
        self._owned: set[TopicPartition] = self._consumer.assignment()

    def _connect(self, partitions: Mapping[str, int]) -> Receiver:
        wire, wired = self._cluster.wire, self._cluster.wired
        member = {} if self._assigned else MEMBERSHIP | {"group_instance_id": wire(self._replica)}
        receiver = Receiver(self._cluster, group_id=wire(self._group), **member)
        if self._assigned:
            receiver.consumer.assign([wired((topic, n)) for topic, number in partitions.items() for n in range(number)])
        else:
            receiver.consumer.subscribe([wire(topic) for topic in partitions])
        return receiver

    def assignment(self) -> set[Partition]:
        """The partitions this member owns now; changes only inside `poll`."""
        return {(self._cluster.bare(topic), number) for topic, number in self._owned}

    def poll(self, limit: int, wait: float) -> list[Record]:
        """Up to `limit` records, in order within each partition; waits at most `wait` seconds for the first."""
        with self._cluster.answering():
            try:
                found = {} if self._replaced else self._poll(limit, wait)
            except errors.FencedInstanceIdError:
                self._replaced = True
        if self._replaced:
            raise LogUnavailable(f"another process is {self._replica} now: give each replica its own name")
        for partition, records in found.items():
            self._committed.setdefault(partition, records[0].offset)
        return self._cluster.records(itertools.chain.from_iterable(found.values()))

    def _poll(self, limit: int, wait: float) -> dict[TopicPartition, list[Any]]:
        if not self._receiver.is_joining:
            for partition in self._seeks.keys() & self._owned:
                self._consumer.seek(partition, self._seeks[partition])
            self._seeks = {}
        found = self._receiver.poll(limit, wait)
        if not self._receiver.is_joining:
            self._take_over(self._consumer.assignment())
        return {partition: records for partition, records in found.items() if partition not in self._seeks}

    def _take_over(self, owned: set[TopicPartition]) -> None:
        if owned != self._owned:
            self._committed = {partition: self._committed[partition] for partition in self._committed.keys() & owned}
            self._owned = owned

    def send(self, messages: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all in one flush and returns each one's place once every replica has it."""
        return self._sender.send(messages)

    def _find(self, topic: str) -> int:
        if topic.endswith(DEAD_LETTERS):
            self._broker.create({topic: 1})
        return self._broker.partitions([topic])[topic]

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Moves the group to these next offsets, where this member still owns the partition."""
        wanted = {self._cluster.wired(partition): offset for partition, offset in offsets.items()}
        kept = {partition: offset for partition, offset in wanted.items() if partition in self._owned}
        with self._cluster.answering():
            try:
                self._commit(kept)
            except REFUSALS as error:
                self._replaced = isinstance(error, errors.FencedInstanceIdError)
                self._seeks |= {p: self._committed[p] for p in kept.keys() & self._committed.keys()}
                raise CommitRefused(f"{self._replica} may not commit now: {error}") from error
        self._committed |= kept
        if lost := offsets.keys() - self.assignment():
            raise CommitRefused(f"{self._replica} has lost {sorted(lost)}")

    def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self._receiver.is_joining:
            raise errors.RebalanceInProgressError("a rebalance goes on")
        wire = {partition: OffsetAndMetadata(offset) for partition, offset in offsets.items()}
        self._cluster.patiently(lambda: self._consumer.commit(wire, timeout_ms=STEP * 1_000))

    def seek(self, partition: Partition, offset: int) -> None:
        """Goes to this offset for the next poll; the group's committed offset stays."""
        if partition not in self.assignment():
            raise ValueError(f"{self._replica} does not own {partition[0]}[{partition[1]}]")
        self._seeks[self._cluster.wired(partition)] = offset

    def lag(self) -> dict[Partition, Lag]:
        """How far this group is behind, for every partition of its topics, whoever owns it."""
        return self._broker.lags(self._group, self._topics)

    def close(self) -> None:
        """Leaves the group, so that the others get its partitions at once."""
        member = self._consumer.group_metadata().member_id
        self.abandon()
        if member:  # a static member that only closes keeps its partitions for the whole session time-out
            with contextlib.suppress(LogUnavailable):
                self._broker.remove_member(self._group, self._replica, member)

    def abandon(self) -> None:
        """Goes as a crash does: its partitions stay without owner until it is evicted or its name joins again."""
        self._receiver.close()
        self._sender.close()
