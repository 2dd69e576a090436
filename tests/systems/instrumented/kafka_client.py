"""Kafka client: a producer and a consumer, instrumented after the messaging conventions of OpenTelemetry."""

import json
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from systems.instrumented.service_telemetry import ServiceTelemetry, extract, inject, link_to, set_error

from checkout.messaging.log import Broker, ProducerRecord, Record

Handler = Callable[[Any], None]
HOST = "kafka.internal"


class Style(StrEnum):
    """How a `process` span refers to the `send` span of its record; instrumentations of Kafka differ in it.

    links: by a link, its parent is the `receive` span of the batch, a trace of its own; parent: as its parent, without
    a `receive` span; both: by both; siblings: by a link, beside the `receive` span and not below it.
    """

    LINKS = "links"
    PARENT = "parent"
    BOTH = "both"
    SIBLINGS = "siblings"


class Producer:
    """The producer of a service; any thread may publish."""

    def __init__(self, telemetry: ServiceTelemetry, broker: Broker) -> None:
        self._telemetry, self._lock = telemetry, threading.Lock()
        self._log = broker.join(f"{telemetry.service}-producer", [], f"{telemetry.service}-producer", assign=True)

    def publish(self, topic: str, key: str, body: Any) -> None:
        """Sends a record in a PRODUCER span, whose context its headers carry."""
        attributes = _about(topic, "send") | {"messaging.kafka.message.key": key}
        with self._telemetry.span(f"send {topic}", SpanKind.PRODUCER, attributes) as span, self._lock:
            headers = [(name, value.encode()) for name, value in inject().items()]
            (sent,) = self._log.send([ProducerRecord(topic, key.encode(), json.dumps(body).encode(), headers)])
            span.set_attribute("messaging.destination.partition.id", str(sent.partition))
            span.set_attribute("messaging.kafka.offset", sent.offset)

    def start(self) -> None:
        """Nothing: a producer is connected as soon as it is made."""

    def stop(self) -> None:
        """Disconnects."""
        self._log.close()


class Consumer:
    """A member of the consumer group of a service: a thread that polls, handles each record and commits.

    A poll returns `batch` records or more; the wait for them is not limited, as it is in Kafka (fetch.min.bytes).
    """

    def __init__(
        self, telemetry: ServiceTelemetry, broker: Broker, handlers: Mapping[str, Handler], style: Style,
        batch: int = 1,
    ) -> None:  # fmt: skip
        self._telemetry, self._broker, self._handlers, self._style = telemetry, broker, handlers, style
        self._batch = batch
        self._group, self._stopping = telemetry.service, threading.Event()
        self._log = broker.join(self._group, list(handlers), f"{self._group}-1")
        self._thread = threading.Thread(target=self._run, name=f"consumer of {self._group}")

    def start(self) -> None:
        """Starts to poll."""
        self._thread.start()

    def has_lag(self) -> bool:
        """Whether any record of its topics is not handled and committed yet."""
        return any(lag.records for lag in self._broker.lags(self._group, list(self._handlers)).values())

    def stop(self) -> None:
        """Ends after the batch in work."""
        self._stopping.set()
        self._log.wake()
        self._thread.join()
        self._log.close()

    def _run(self) -> None:
        records = list[Record]()
        while not self._stopping.is_set():
            records += self._log.poll(100, 0.1)
            if len(records) >= self._batch:
                self._handle_batch(records)
                self._log.commit({record[:2]: record.offset + 1 for record in records})
                records.clear()

    def _handle_batch(self, records: list[Record]) -> None:
        if self._style in (Style.PARENT, Style.BOTH):
            for record in records:
                self._process(record)
            return
        topics = sorted({record.topic for record in records})
        attributes = _about(topics[0], "receive") | self._of_group | {"messaging.batch.message_count": len(records)}
        links = tuple(link for record in records for link in link_to(_sent(record)))
        with self._telemetry.span(f"poll {topics[0]}", SpanKind.CLIENT, attributes, Context(), links):
            for record in records if self._style is Style.LINKS else ():
                self._process(record)
        for record in records if self._style is Style.SIBLINGS else ():
            self._process(record)

    def _process(self, record: Record) -> None:
        attributes = _about(record.topic, "process") | self._of_group
        attributes["messaging.destination.partition.id"] = str(record.partition)
        attributes["messaging.kafka.offset"] = record.offset
        parent = _sent(record) if self._style in (Style.PARENT, Style.BOTH) else None
        links = () if self._style is Style.PARENT else link_to(_sent(record))
        with self._telemetry.span(f"process {record.topic}", SpanKind.CONSUMER, attributes, parent, links) as span:
            try:
                self._handlers[record.topic](json.loads(record.value or b"null"))
            except ValueError as error:
                set_error(span, type(error).__name__)

    @property
    def _of_group(self) -> dict[str, str | int | bool]:
        return {"messaging.consumer.group.name": self._group}


def _about(topic: str, operation: str) -> dict[str, str | int | bool]:
    return {"messaging.system": "kafka", "messaging.destination.name": topic, "messaging.operation.type": operation,
            "messaging.operation.name": "poll" if operation == "receive" else operation,
            "server.address": HOST, "server.port": 9092}  # fmt: skip


def _sent(record: Record) -> Context:
    return extract({name: (value or b"").decode() for name, value in record.headers})
