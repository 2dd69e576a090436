"""External client: publishes and reads records on the topics of a running store, without its code for messages."""

from collections.abc import Callable
from typing import Any

from kafka import KafkaProducer

from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Record
from checkout.processes.supervisor import Supervisor


class ExternalClient:
    """A producer of arbitrary records, and a reader of the topics of one store."""

    def __init__(self, store: Supervisor, wait_until: Callable[..., None]) -> None:
        settings, self.wait_until = store.settings, wait_until
        self._prefix, self.broker = settings.prefix, KafkaBroker(settings.bootstrap_servers, settings.prefix)
        self._producer = KafkaProducer(bootstrap_servers=settings.bootstrap_servers, max_request_size=2**21)

    def send(self, topic: str, value: bytes | None, key: bytes | None = None, headers: Any = ()) -> tuple[int, int]:
        """Publishes a record and returns its partition and offset."""
        sent = self._producer.send(self._prefix + topic, value, key, list(headers))
        self._producer.flush()
        done = sent.get(0)
        return done.partition, done.offset

    def records_about(self, id: str, topic: str) -> list[Record]:
        """The records of a topic whose value contains an order id; none if the topic does not exist."""
        return [record for record in self.broker.read([topic]) if id.encode() in (record.value or b"")]

    def wait_for(self, id: str, topic: str) -> Record:
        """Waits for the first record about an order on a topic, and returns it."""
        self.wait_until(lambda: self.records_about(id, topic), f"{topic} has a record about {id}")
        return self.records_about(id, topic)[0]

    def close(self) -> None:
        """Closes the producer and the reader."""
        self._producer.close()
        self.broker.close()
