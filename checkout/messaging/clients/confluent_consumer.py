"""Confluent consumer: receives records and commits offsets with confluent-kafka, in little CPU time."""

import contextlib
import operator
import time
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from checkout.messaging.clients.confluent_producer import CLIENT_SETTINGS, DENIALS, connection_settings, unavailable
from checkout.messaging.kafka_client import KafkaConnection, ReplicaFenced
from checkout.messaging.log import CommitRefused, LogUnavailable, Partition, Record

POLL_SECONDS = 0.02  # of one poll: confluent-kafka's `poll` cannot be woken
CLOSE_SECONDS = 2.0  # for partitions to be given back before `close`
CONSUMER_SETTINGS = CLIENT_SETTINGS | {
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "allow.auto.create.topics": False,
    "fetch.wait.max.ms": 100,  # a partition that is assigned while a fetch request waits is not in it
    "fetch.queue.backoff.ms": 10,  # by default a consumer whose queue is full pauses for a second
}
MEMBER_SETTINGS = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 1_000,
}
# confluent-kafka 2.16 cannot read headers of which one has a name that is not UTF-8, and leaves its exception pending:
# Python 3.11 checks that for a call through `methodcaller`, but not for every call of a method.
HEADERS_OF = operator.methodcaller("headers")
FENCED = (KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED)
REFUSALS = (
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._ASSIGNMENT_LOST,
    KafkaError._STATE,
)


class ConfluentConsumer:
    """A confluent-kafka consumer, for one thread; any thread may call `wake`."""

    def __init__(
        self, connection: KafkaConnection, group: str, partitions: Mapping[str, int], replica: str | None
    ) -> None:
        """Subscribes to topics as member `replica`; without one, takes the given number of partitions of each."""
        connection.check_reachable()
        self._connection, add_prefix = connection, connection.add_prefix
        servers = {"group.id": add_prefix(group), **connection_settings(connection)}
        member = MEMBER_SETTINGS | {"group.instance.id": add_prefix(replica)} if replica else {}
        self._client = Consumer({**CONSUMER_SETTINGS, **servers, **member})
        self._assigned: set[Partition] = set()
        self._is_member = replica is not None
        if replica:
            names = [add_prefix(topic) for topic in partitions]
            self._client.subscribe(names, on_assign=self._add, on_revoke=self._remove, on_lost=self._remove)
        else:
            self._assigned = {(topic, number) for topic, count in partitions.items() for number in range(count)}
            self._client.assign([self._topic_partition(partition) for partition in self._assigned])
        self.assignment = self.assigned_now()
        self._is_woken, self._is_closed = False, False
        self._seeks: dict[Partition, int] = {}

    @property
    def member_id(self) -> str:
        """The id that the group's coordinator has given to this member; empty without one."""
        return "" if self._is_closed else self._client.memberid() or ""

    def assigned_now(self) -> set[Partition]:
        """Returns the present assignment; `assignment` is that of the last `poll`."""
        return set(self._assigned)

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records; waits at most `timeout` seconds for the first, or for `wake`.

        Updates `assignment`. Raises ReplicaFenced or LogUnavailable.
        """
        if self._is_closed:
            raise LogUnavailable("this consumer is closed: join again")
        deadline = time.monotonic() + timeout
        self._apply_seeks()
        found = self._poll(max_records, min(timeout, POLL_SECONDS))
        while not found and not self._is_woken and (remaining := deadline - time.monotonic()) > 0:
            self._apply_seeks()
            found = self._poll(max_records, min(remaining, POLL_SECONDS))
        self._is_woken = False
        self.assignment = self.assigned_now()
        return [record for record in found if record[:2] in self.assignment and record[:2] not in self._seeks]

    def wake(self) -> None:
        """Ends the wait of `poll` within POLL_SECONDS; if none is waiting, of the next one."""
        self._is_woken = True

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which the next `poll` starts."""
        self._seeks[partition] = offset

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits for the group the offset of the next record of each partition.

        Raises CommitRefused during a rebalance and when another member has the partitions, ReplicaFenced when it has
        this member's name, and LogUnavailable.
        """
        if not offsets:
            return
        with self._connection.translate_errors():
            self._connection.check_reachable()
        wanted = [self._topic_partition(partition, offset) for partition, offset in offsets.items()]
        try:
            for committed in self._client.commit(offsets=wanted, asynchronous=False):
                if committed.error:
                    raise KafkaException(committed.error)
        except KafkaException as error:
            raise self._translated(error.args[0]) from error

    def close(self) -> None:
        """Closes the consumer. A static member keeps its partitions until the session timeout."""
        if self._is_closed:
            return
        self._is_closed = True
        # librdkafka 2.16 hangs in `close` when an assignment arrives meanwhile (its issue 4527): give back all before.
        with contextlib.suppress(KafkaException):  # a fenced member has nothing to give back
            self._client.unsubscribe()
        deadline = time.monotonic() + CLOSE_SECONDS
        self._client.poll(POLL_SECONDS)
        while self._assigned and self._is_member and time.monotonic() < deadline:
            self._client.poll(POLL_SECONDS)
        self._client.close()

    def _poll(self, max_records: int, timeout: float) -> list[Record]:
        first = self._client.poll(timeout)
        if first is None:
            return []
        messages = [first, *self._client.consume(max_records - 1, 0)] if max_records > 1 else [first]
        return [self._to_record(message) for message in messages if self._has_record(message)]

    def _has_record(self, message: Any) -> bool:
        error = message.error()
        if error and (error.code() in (*FENCED, *DENIALS) or error.fatal()):
            raise self._translated(error)
        return error is None

    def _to_record(self, message: Any) -> Record:
        topic = self._connection.strip_prefix(message.topic())
        try:
            headers = HEADERS_OF(message) or []
        except (SystemError, UnicodeDecodeError):
            headers = []
        timestamp = message.timestamp()[1]
        return Record(
            topic, message.partition(), message.offset(), message.key(), message.value(), headers, timestamp
        )

    def _topic_partition(self, partition: Partition, offset: int | None = None) -> TopicPartition:
        topic, number = self._connection.topic_partition(partition)
        return TopicPartition(topic, number) if offset is None else TopicPartition(topic, number, offset)

    def _apply_seeks(self) -> None:
        for partition, offset in list(self._seeks.items()):
            try:
                if partition in self._assigned:
                    self._client.seek(self._topic_partition(partition, offset))
                del self._seeks[partition]
            except KafkaException as error:
                if error.args[0].code() != KafkaError._STATE:  # the consumer does not fetch this partition yet
                    raise self._translated(error.args[0]) from error

    def _add(self, client: Any, partitions: list[TopicPartition]) -> None:
        self._assigned |= self._without_prefix(partitions)

    def _remove(self, client: Any, partitions: list[TopicPartition]) -> None:
        self._assigned -= self._without_prefix(partitions)

    def _without_prefix(self, partitions: Sequence[TopicPartition]) -> set[Partition]:
        return {(self._connection.strip_prefix(each.topic), each.partition) for each in partitions}

    def _translated(self, error: KafkaError) -> Exception:
        if error.code() in FENCED:
            return ReplicaFenced(error.str())
        if error.code() in REFUSALS:
            return CommitRefused(error.str())
        return unavailable(self._connection, error)
