"""Confluent producer: sends many records in one flush with confluent-kafka."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, Producer

from checkout.messaging.kafka_client import BROKER_TIMEOUT_SECONDS, AccessDenied, KafkaConnection
from checkout.messaging.kafka_partitioner import Partitioner
from checkout.messaging.log import (
    DEAD_LETTERS,
    LogUnavailable,
    ProducerRecord,
    RecordMetadata,
    check_size,
    max_record_bytes,
)

CLIENT_SETTINGS = {
    "socket.timeout.ms": 5_000,
    "reconnect.backoff.max.ms": 1_000,
    "topic.metadata.refresh.interval.ms": 2_000,
    "log_level": 0,
}
PRODUCER_SETTINGS = CLIENT_SETTINGS | {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 1_000,  # `flush` does not wait for it
    "batch.size": 1_000_000,
    "message.max.bytes": max_record_bytes(DEAD_LETTERS) + 1_000,
    "message.timeout.ms": int(BROKER_TIMEOUT_SECONDS * 1_000),
}
DENIALS = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
)


class ConfluentProducer:
    """Sends lists of records; `count_partitions` returns the number of partitions of a topic."""

    def __init__(self, connection: KafkaConnection, count_partitions: Callable[[str], int]) -> None:
        self._connection, self._count_partitions = connection, count_partitions
        self._partitions: dict[str, int] = {}
        self._partitioner = Partitioner()
        self._client: Producer | None = None

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records and returns the metadata of each. Raises as `Log.send` does."""
        for record in records:
            check_size(record)
        partitions = [self._partition(record) for record in records]
        sent: list[Any] = [None] * len(records)
        client = self._client = self._client or self._new_client()
        for index, (record, partition) in enumerate(zip(records, partitions, strict=True)):
            value = b"" if record.key is None and record.value is None else record.value
            client.produce(
                self._connection.add_prefix(record.topic), value, record.key, partition, headers=list(record.headers),
                on_delivery=partial(_keep, sent, index),
            )  # fmt: skip
        try:
            self._flush(client)
            if failed := [result for result in sent if not isinstance(result, RecordMetadata)]:
                raise unavailable(self._connection, failed[0])
        except LogUnavailable:
            self.close(0)
            raise
        return sent

    def close(self, timeout: float = 1.0) -> None:
        """Drops what is not sent within `timeout` seconds; `send` creates a new producer."""
        client, self._client = self._client, None
        if client:
            client.flush(timeout)
            client.purge()

    def _new_client(self) -> Producer:
        with self._connection.translate_errors():
            self._connection.check_reachable()
        return Producer(PRODUCER_SETTINGS | connection_settings(self._connection))

    def _flush(self, client: Producer) -> None:
        deadline = time.monotonic() + BROKER_TIMEOUT_SECONDS
        with self._connection.translate_errors():
            while client.flush(1.0):
                self._connection.check_reachable()
                if time.monotonic() > deadline:
                    client.purge()

    def _partition(self, record: ProducerRecord) -> int:
        topic = record.topic
        count = self._partitions.get(topic) or self._partitions.setdefault(topic, self._count_partitions(topic))
        return self._partitioner.choose(record, count)


def _keep(sent: list[Any], index: int, error: KafkaError | None, message: Any) -> None:
    sent[index] = error or RecordMetadata(message.partition(), message.offset())


def connection_settings(connection: KafkaConnection) -> dict[str, str]:
    """Where and how a client of confluent-kafka connects."""
    security = connection.security
    found = {"bootstrap.servers": connection.bootstrap_servers, "security.protocol": security.protocol}
    if security.has_tls and security.ca_file:
        found["ssl.ca.location"] = security.ca_file
    if security.has_sasl:
        found |= {"sasl.mechanism": security.mechanism, "sasl.username": security.user}
        found["sasl.password"] = security.password()
    return found


def unavailable(connection: KafkaConnection, error: KafkaError | None) -> LogUnavailable:
    """The error for a refusal of Kafka; without `error`, for a record that was not acknowledged in time."""
    if error and error.code() in DENIALS:
        return AccessDenied(connection.bootstrap_servers, connection.security.user, error.str())
    reason = error.str() if error else "a record was not acknowledged"
    return LogUnavailable(f"Kafka at {connection.bootstrap_servers} refuses: {reason}")
