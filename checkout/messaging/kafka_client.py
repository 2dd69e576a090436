"""Kafka client: kafka-python as this store uses it: its settings, its names, its errors."""

import contextlib
import logging
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import kafka
from kafka import TopicPartition, errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from checkout.messaging.log import DEAD_LETTERS, LogUnavailable, Partition, Record, record_limit

Answer = TypeVar("Answer")

PATIENCE = 8.0  # seconds after which a broker that does not answer counts as away
STEP = 1.0  # seconds of one step of that
RUN = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*--")  # begins no topic of the store, and no other run's prefix
CONNECTING = {
    "bootstrap_timeout_ms": 5_000,
    "request_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 1_000,
    "metadata_max_age_ms": 2_000,  # else it may look for a dead leader's partitions there for 5 minutes
}
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
    "max_request_size": record_limit(DEAD_LETTERS) + 1_000,
    "max_block_ms": 5_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}
REFUSALS = (
    errors.CommitFailedError,
    errors.FencedInstanceIdError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.UnknownMemberIdError,
)


class KafkaConnection:
    """Where a Kafka is, and the prefix that stands before each of a run's names there and is never shown.

    `client` holds settings of kafka-python that win over ours.
    """

    def __init__(self, bootstrap_servers: str, prefix: str, client: Mapping[str, object] | None = None) -> None:
        if prefix and not RUN.fullmatch(prefix):
            raise ValueError(f"{prefix!r} cannot be a prefix: take letters, digits and single dashes, and end with --")
        logging.getLogger("kafka").setLevel(logging.ERROR)
        self.bootstrap_servers, self.prefix, self._client = bootstrap_servers, prefix, dict(client or {})

    def reach(self) -> None:
        """Raises KafkaConnectionError when no broker takes a connection: kafka-python would find out in 5 seconds,
        and leave a thread behind."""
        for server in self.bootstrap_servers.split(","):
            host, _, port = server.strip().rpartition(":")
            with contextlib.suppress(OSError, ValueError), socket.create_connection((host.strip("[]"), int(port)), 2):
                return
        raise errors.KafkaConnectionError(f"{self.bootstrap_servers} takes no connection")

    def patiently(self, step: Callable[[], Answer]) -> Answer:
        """Repeats a step as long as it times out, within PATIENCE, and no longer than a broker takes connections."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return step()
            except errors.RetriableError:
                self.reach()
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def admin(self) -> Any:
        """A new admin client."""
        return self._new(kafka.KafkaAdminClient, CONNECTING)

    def producer(self) -> Any:
        """A new producer."""
        return self._new(kafka.KafkaProducer, SENDING)

    def consumer(self, **settings: object) -> Any:
        """A new consumer, of no group but with these settings."""
        self.reach()
        return kafka.KafkaConsumer(bootstrap_servers=self.bootstrap_servers, **READING | self._client, **settings)

    def _new(self, kind: Any, ours: Mapping[str, object]) -> Any:
        self.reach()
        # What only a consumer knows would be refused.
        known = {name: value for name, value in self._client.items() if name in kind.DEFAULT_CONFIG}
        return kind(bootstrap_servers=self.bootstrap_servers, **{**ours, **known})

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
        except errors.RetriableError as error:
            remedy = "start one with `checkout kafka start`"
            raise LogUnavailable(f"no Kafka answers at {self.bootstrap_servers}: {remedy}") from error
        except errors.KafkaError as error:
            raise LogUnavailable(f"Kafka at {self.bootstrap_servers} refuses: {error}") from error


def topic_settings(topic: str, partitions: int, brokers: int) -> dict[str, object]:
    """How a topic is created on so many brokers: on three, each record is kept by three and acknowledged by two."""
    replicas = min(3, brokers)
    limits = {"max.message.bytes": record_limit(topic), "min.insync.replicas": 2 if replicas == 3 else 1}
    return {
        "num_partitions": partitions,
        "replication_factor": replicas,
        "configs": {name: str(value) for name, value in limits.items()},
    }
