"""Kafka client: kafka-python as this store uses it: its settings, names and errors, a sender, a selector."""

import contextlib
import itertools
import logging
import re
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import kafka
from kafka import TopicPartition
from kafka import errors as refused
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.base import MemberState
from kafka.partitioner.default import murmur2

from checkout.runtime.log import (
    DEAD_LETTERS,
    LogUnavailable,
    Outgoing,
    Partition,
    Place,
    Record,
    check_size,
    record_limit,
)

PATIENCE = 8.0  # seconds after which a broker that does not answer counts as away
ASKING = 0.5  # seconds after which a consumer is asked though nothing has come
JOINING = 0.1  # seconds that a poll stays with a join
RUN = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*--")  # begins no topic of the store, and no other run's prefix
CONNECTING = {"bootstrap_timeout_ms": 5_000, "request_timeout_ms": 5_000, "reconnect_backoff_max_ms": 1_000}
READING = CONNECTING | {
    "enable_auto_commit": False,
    "isolation_level": "read_committed",
    "auto_offset_reset": "earliest",
    "allow_auto_create_topics": False,
    # A fetch sent while one partition still holds records leaves that one out, and keeps it waiting for so long.
    "fetch_max_wait_ms": 100,
    "metrics_enabled": False,
}
MEMBERSHIP = {
    "partition_assignment_strategy": [CooperativeStickyAssignor],
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 1_000,  # a member hears of a rebalance by its heartbeat
}
# A flush finds one large batch in each partition; the linger only keeps the sender from starting before it.
SENDING = CONNECTING | {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 1_000,
    "batch_size": 1_000_000,
    "max_request_size": record_limit(DEAD_LETTERS),
    "delivery_timeout_ms": int(PATIENCE * 1_000),
    "max_block_ms": 5_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}
REFUSALS = (
    refused.CommitFailedError,
    refused.FencedInstanceIdError,
    refused.IllegalGenerationError,
    refused.RebalanceInProgressError,
    refused.UnknownMemberIdError,
)


class Cluster:
    """Where a Kafka is, and the prefix that stands before each of a run's names there and is never shown."""

    def __init__(self, bootstrap_servers: str, prefix: str) -> None:
        if prefix and not RUN.fullmatch(prefix):
            raise ValueError(f"{prefix!r} cannot be a prefix: take letters, digits and single dashes, and end with --")
        logging.getLogger("kafka").setLevel(logging.ERROR)
        self.bootstrap_servers, self.prefix = bootstrap_servers, prefix

    def admin(self) -> Any:
        """A new admin client."""
        return kafka.KafkaAdminClient(bootstrap_servers=self.bootstrap_servers, **CONNECTING)

    def producer(self) -> Any:
        """A new producer."""
        return kafka.KafkaProducer(bootstrap_servers=self.bootstrap_servers, **SENDING)

    def consumer(self, **settings: object) -> Any:
        """A new consumer, of no group but with these settings."""
        return kafka.KafkaConsumer(bootstrap_servers=self.bootstrap_servers, **READING, **settings)

    def wire(self, name: str) -> str:
        """The name on the broker."""
        return self.prefix + name

    def bare(self, name: str) -> str:
        """The name without the prefix."""
        return name[len(self.prefix) :]

    def wired(self, partition: Partition) -> TopicPartition:
        """The partition on the broker."""
        return TopicPartition(self.prefix + partition[0], partition[1])

    def is_ours(self, name: str) -> bool:
        """Whether a name on the broker is of this run, and not Kafka's own."""
        run = RUN.match(name)
        return not name.startswith("__") and (run.group() if run else "") == self.prefix

    def records(self, found: Iterable[Any]) -> list[Record]:
        """Our records from kafka-python's."""
        skip = len(self.prefix)
        return [
            Record(topic[skip:], partition, offset, key, value, headers, timestamp)
            for topic, partition, _, offset, timestamp, _, key, value, headers, *_ in found
        ]

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Turns what kafka-python raises into LogUnavailable."""
        try:
            yield
        except refused.RetriableError as error:
            remedy = "start one with `checkout kafka start`"
            raise LogUnavailable(f"no Kafka answers at {self.bootstrap_servers}: {remedy}") from error
        except refused.KafkaError as error:
            raise LogUnavailable(f"Kafka at {self.bootstrap_servers} refuses: {error}") from error


class Sender:
    """A producer that takes many records at once and waits for all of them, and never longer than some 10 seconds."""

    def __init__(self, cluster: Cluster, find: Callable[[str], int]) -> None:
        self._cluster, self._find = cluster, find
        self._partitions: dict[str, int] = {}
        self._spread = itertools.count()
        self._producer: Any = None
        self._unsure = False

    def send(self, messages: Sequence[Outgoing]) -> list[Place]:
        """Each one's place. Raises LogUnavailable, and ValueError for a record too large for its topic."""
        with self._cluster.answering():
            self._producer = self._producer or self._cluster.producer()
            if self._unsure:  # what a failed call left goes first, else it piles up while the broker is away
                self._producer.flush(PATIENCE)
            self._unsure = True
            try:
                places = self._flush(messages)
            except refused.MessageSizeTooLargeError:
                for message in messages:
                    check_size(message)
                raise
            self._unsure = False
            return places

    def close(self) -> None:
        """Lets the producer go, with what it could not send."""
        if self._producer:
            with contextlib.suppress(refused.KafkaError):
                self._producer.close(1)

    def _flush(self, messages: Sequence[Outgoing]) -> list[Place]:
        send, prefix = self._producer.send, self._cluster.prefix
        sent = [send(prefix + m.topic, m.value, m.key, list(m.headers), self._choose(m)) for m in messages]
        self._producer.flush(PATIENCE + 1)
        return [Place(done.partition, done.offset) for done in (future.get(0) for future in sent)]

    def _choose(self, message: Outgoing) -> int:
        topic, key, _, _, partition = message
        partitions = self._partitions.get(topic) or self._partitions.setdefault(topic, self._find(topic))
        if partition is not None and 0 <= partition < partitions:
            return partition
        return (next(self._spread) if key is None else murmur2(key) & 0x7FFFFFFF) % partitions


class Receiver:
    """A consumer that costs little while nothing comes: asking it takes 0.3 ms of CPU, asking its socket 5 µs."""

    def __init__(self, cluster: Cluster, **settings: object) -> None:
        self._arrivals, self._idle, self._asked = Arrivals(), False, 0.0
        self.consumer = cluster.consumer(selector=lambda: self._arrivals, **settings)

    def poll(self, limit: int, wait: float) -> dict[TopicPartition, list[Any]]:
        """Up to `limit` records; waits at most `wait` seconds for the first, a rebalance for some JOINING."""
        due = not self._idle or self._arrivals.come.is_set() or time.monotonic() > self._asked + ASKING
        found = self._ask(limit) if due else {}
        if not found and self._arrivals.come.wait(wait):
            found = self._ask(limit)
        return found

    def _ask(self, limit: int) -> dict[TopicPartition, list[Any]]:
        come, expected = self._arrivals.come, self._arrivals.number + (not self._arrivals.come.is_set())
        come.clear()
        found: dict[TopicPartition, list[Any]] = self.consumer.poll(0, max_records=limit)
        if not found and self._is_joining():
            found = self.consumer.poll(JOINING * 1_000, max_records=limit)
        elif found:
            # What came during the poll may be what it found. To ask once more for that would be dear: an answer
            # that comes between the consumer's look and its next request holds its partition up for a fetch's wait.
            come.clear()
            if self._arrivals.number > expected:
                come.set()
        # Less than the limit: nothing is left, and what comes next is already asked for.
        self._idle, self._asked = sum(map(len, found.values())) < limit, time.monotonic()
        return found

    def _is_joining(self) -> bool:
        # kafka-python asks to join anew if its last request was answered while nobody polled: so stay with it.
        state = self.consumer.group_metadata().state
        return self.consumer.subscription() is not None and state is not MemberState.STABLE


class Arrivals(selectors.DefaultSelector):
    """A selector that also tells when a broker has sent something, once its client has taken that in."""

    def __init__(self) -> None:
        super().__init__()
        self.come, self.number = threading.Event(), 0
        self._taken_in = True

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Waits like every selector. A time-out of 0 means that the client is still at work on what came."""
        if timeout != 0 and not self._taken_in:
            self._taken_in = True
            self.number += 1
            self.come.set()
        ready = super().select(timeout)
        self._taken_in = self._taken_in and not any(map(_is_from_broker, ready))
        return ready


def _is_from_broker(event: tuple[selectors.SelectorKey, int]) -> bool:
    source, ready = event[0].fileobj, event[1]
    own = isinstance(source, socket.socket) and source.family == socket.AF_UNIX  # by which the client wakes itself
    return bool(ready & selectors.EVENT_READ) and not own


def topic_settings(topic: str, partitions: int, brokers: int) -> dict[str, object]:
    """How a topic is created on so many brokers: on three, each record is kept by three and acknowledged by two."""
    replicas = min(3, brokers)
    limits = {"max.message.bytes": record_limit(topic), "min.insync.replicas": 2 if replicas == 3 else 1}
    return {
        "num_partitions": partitions,
        "replication_factor": replicas,
        "configs": {name: str(value) for name, value in limits.items()},
    }
