"""Kafka producer: sends many records in one flush."""

from collections.abc import Callable, Sequence
from typing import Any

from kafka import KafkaProducer, errors

from checkout.messaging.kafka_client import ATTEMPT_TIMEOUT_SECONDS, CLIENT_SETTINGS, KafkaConnection
from checkout.messaging.kafka_partitioner import Partitioner
from checkout.messaging.log import DEAD_LETTERS, ProducerRecord, RecordMetadata, check_size, max_record_bytes

# `flush` sends one large batch per partition; the linger keeps the sender thread from sending smaller ones before.
PRODUCER_SETTINGS = CLIENT_SETTINGS | {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 1_000,
    "batch_size": 1_000_000,
    "max_request_size": max_record_bytes(DEAD_LETTERS) + 1_000,
    "max_block_ms": 5_000,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class BatchProducer:
    """Sends lists of records; `count_partitions` returns the number of partitions of a topic.

    After a failure the next call creates a new producer: kafka-python 3.0.12 waits forever once a batch has expired.
    """

    def __init__(self, connection: KafkaConnection, count_partitions: Callable[[str], int]) -> None:
        self._connection, self._count_partitions = connection, count_partitions
        self._partitions: dict[str, int] = {}
        self._partitioner = Partitioner()
        self._producer: Any = None

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records and returns the metadata of each. Raises as `Log.send` does."""
        for record in records:  # a record refused by the broker would end this producer
            check_size(record)
        with self._connection.translate_errors():
            try:
                return self._flush(records)
            except errors.KafkaError:
                self.close(0)
                raise

    def close(self, timeout: float = 1.0) -> None:
        """Closes the producer and drops what is not sent within `timeout` seconds; `send` creates a new one."""
        producer, self._producer = self._producer, None
        if producer:
            try:
                producer.close(timeout)
            except errors.KafkaTimeoutError:  # kafka-python has no public way to close one with unsent records
                producer._sender.force_close()

    def _flush(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        self._producer = self._producer or self._connection.new_client(KafkaProducer, PRODUCER_SETTINGS)
        send, prefix = self._producer.send, self._connection.prefix
        futures = [send(prefix + r.topic, _value(r), r.key, list(r.headers), self._partition(r)) for r in records]
        self._connection.retry(lambda: self._producer.flush(ATTEMPT_TIMEOUT_SECONDS))
        return [RecordMetadata(sent.partition, sent.offset) for sent in (future.get(0) for future in futures)]

    def _partition(self, record: ProducerRecord) -> int:
        topic = record.topic
        count = self._partitions.get(topic) or self._partitions.setdefault(topic, self._count_partitions(topic))
        return self._partitioner.choose(record, count)


def _value(record: ProducerRecord) -> bytes | None:
    # kafka-python refuses a record with neither key nor value
    return b"" if record.key is None and record.value is None else record.value
