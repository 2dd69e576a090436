"""Kafka log: the log on a real Kafka."""

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kafka import IsolationLevel, OffsetAndMetadata, OffsetSpec, TopicPartition
from kafka import errors as refused
from kafka.admin import MemberToRemove

from checkout.runtime.kafka_client import MEMBERSHIP, PATIENCE, REFUSALS, Cluster, topic_settings
from checkout.runtime.kafka_receiver import Receiver
from checkout.runtime.kafka_sender import Sender
from checkout.runtime.log import (
    DEAD_LETTERS,
    CommitRefused,
    Lag,
    LogUnavailable,
    Outgoing,
    Partition,
    Place,
    Record,
)


class KafkaBroker:
    """A Kafka as one run of the store sees it. Connects when first needed; raises LogUnavailable when none answers.

    A prefix ends with `--`; no run sees what is another's.
    """

    def __init__(self, bootstrap_servers: str, prefix: str = "") -> None:
        self.cluster = Cluster(bootstrap_servers, prefix)
        self._client: Any = None
        self._lock = threading.Lock()

    def create(self, topics: Mapping[str, int]) -> None:
        """Makes these topics with so many partitions; one that exists stays as it is."""
        with self._admin() as admin:
            brokers = len(admin.describe_cluster()["brokers"])
            wanted = {self.cluster.wire(name): topic_settings(name, topics[name], brokers) for name in topics}
            for made in admin.create_topics(wanted, raise_errors=False)["topics"] if wanted else ():
                if made["error_code"] not in (0, refused.TopicAlreadyExistsError.errno):
                    raise refused.for_code(made["error_code"])(made["error_message"])
            admin.wait_for_topics(list(wanted))

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
            latest = time.monotonic()
            while spans:
                for partition, records in consumer.poll(500).items():
                    latest = time.monotonic()
                    yield from self.cluster.records(r for r in records if r.offset < spans[partition].stop)
                for partition in [p for p, span in spans.items() if consumer.position(p) >= span.stop]:
                    consumer.pause(partition)
                    del spans[partition]
                if time.monotonic() > latest + PATIENCE:
                    raise refused.KafkaTimeoutError("the records stop before the end")

    def ends(self, topics: Sequence[str]) -> dict[Partition, int]:
        """The offset of the next record of each partition of these topics."""
        wanted = [(topic, n) for topic, number in self._existing(topics).items() for n in range(number)]
        latest = {self.cluster.wired(partition): OffsetSpec.LATEST for partition in wanted}
        with self._admin() as admin:
            found = admin.list_partition_offsets(latest, IsolationLevel.READ_COMMITTED) if latest else {}
        return {partition: found[self.cluster.wired(partition)].offset for partition in wanted}

    def lags(self, group: str, topics: Sequence[str]) -> dict[Partition, Lag]:
        """How far a group is behind, without joining it."""
        ends = self.ends(topics)
        name, wired = self.cluster.wire(group), {self.cluster.wired(partition): partition for partition in ends}
        with self._admin() as admin:
            found = admin.list_group_offsets({name: list(wired)})[name] if wired else {}
        return {partition: Lag(max(0, found[wire].offset), ends[partition]) for wire, partition in wired.items()}

    def topics(self) -> dict[str, int]:
        """The topics, each with its number of partitions."""
        with self._admin() as admin:
            names = sorted(name for name in admin.list_topics() if self.cluster.is_ours(name))
        return self._existing([self.cluster.bare(name) for name in names])

    def partitions(self, topics: Sequence[str]) -> dict[str, int]:
        """How many partitions each of these topics has. Raises LogUnavailable for one that does not exist."""
        found = self._existing(topics)
        if missing := set(topics) - found.keys():
            servers = self.cluster.bootstrap_servers
            raise LogUnavailable(f"Kafka at {servers} has no topic {min(missing)}: create it first")
        return found

    def evict(self, group: str, replica: str, member: str | None = None) -> None:
        """Does at once what a session time-out does to a silent member: the others get its partitions."""
        with self._admin() as admin:
            leaver = MemberToRemove(member, self.cluster.wire(replica))
            admin.remove_group_members(self.cluster.wire(group), [leaver])

    def delete(self) -> None:
        """Removes all topics and groups of this prefix, and refuses the empty one."""
        if not self.cluster.prefix:
            raise ValueError("the store without a prefix is not deleted: stop its Kafka and remove its folder")
        with self._admin() as admin:
            if topics := [name for name in admin.list_topics() if self.cluster.is_ours(name)]:
                admin.delete_topics(topics, raise_errors=False)
            groups = [group["group_id"] for group in admin.list_groups() if self.cluster.is_ours(group["group_id"])]
            for name, group in (admin.describe_groups(groups) if groups else {}).items():
                members = [MemberToRemove(found["member_id"], found["group_instance_id"]) for found in group["members"]]
                admin.remove_group_members(name, members)
            if groups:
                admin.delete_groups(groups)

    def close(self) -> None:
        """Closes the connection; a later call takes a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.close()

    def _existing(self, topics: Sequence[str]) -> dict[str, int]:
        with self._admin() as admin:
            found = admin.describe_topics([self.cluster.wire(topic) for topic in topics]) if topics else []
        return {self.cluster.bare(topic["name"]): len(topic["partitions"]) for topic in found if topic["partitions"]}

    @contextlib.contextmanager
    def _admin(self) -> Iterator[Any]:
        with self.cluster.answering():
            with self._lock:
                self._client = self._client or self.cluster.admin()
            yield self._client


class KafkaLog:
    """One member of a consumer group on Kafka, for one thread."""

    def __init__(self, broker: KafkaBroker, group: str, topics: Sequence[str], replica: str, assign: bool) -> None:
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
            except refused.FencedInstanceIdError:
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
            self._owned = self._consumer.assignment()
        return {partition: records for partition, records in found.items() if partition not in self._seeks}

    def send(self, messages: Sequence[Outgoing]) -> list[Place]:
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
                self._replaced = isinstance(error, refused.FencedInstanceIdError)
                self._seeks |= {p: self._committed[p] for p in kept.keys() & self._committed.keys()}
                raise CommitRefused(f"{self._replica} may not commit now: {error}") from error
        self._committed |= kept
        if lost := offsets.keys() - self.assignment():
            raise CommitRefused(f"{self._replica} has lost {sorted(lost)}")

    def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        if self._receiver.is_joining:
            raise refused.RebalanceInProgressError("a rebalance goes on")
        wire = {partition: OffsetAndMetadata(offset) for partition, offset in offsets.items()}
        self._consumer.commit(wire, timeout_ms=PATIENCE * 1_000)

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
        if not self._assigned:  # else a static member keeps its partitions for the whole session time-out
            with contextlib.suppress(LogUnavailable):
                self._broker.evict(self._group, self._replica, member)

    def abandon(self) -> None:
        """Goes as a crash does: its partitions stay without owner until it is evicted or its name joins again."""
        self._receiver.close()
        self._sender.close()
