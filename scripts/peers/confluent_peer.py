"""Confluent peer: one service of the store, hand-written on confluent-kafka.

`python scripts/peers/confluent_peer.py SERVICE`; everything else comes from the environment.
"""

import contextlib
import math
import threading
import time
from collections.abc import Sequence
from functools import partial

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from messages import CORRELATION, Delivery, OutboxRow, call
from store import Settings, Store, prepare_process, read_settings, until_stopped

COMMIT_INTERVAL = 0.1  # seconds
IDLE_WAIT, CLOSE_WITHIN = 0.5, 10.0  # seconds
CONSUMER = {
    "enable.auto.commit": False,
    "auto.offset.reset": "earliest",
    "isolation.level": "read_committed",
    "session.timeout.ms": 10_000,
    "fetch.wait.max.ms": 100,  # a partition that is assigned while a fetch waits is only in the next one
    "fetch.queue.backoff.ms": 10,  # by default a full queue stops fetching for a second
}
PRODUCER = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 1,
    "queue.buffering.max.messages": 0,  # no limit: a restart may send many open rows at once
}


class Peer:
    """One service: its consumer, its producer, its database, and the replies that wait for their transaction."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings.service, settings.databases, settings.stock)
        self.prefix, self.batch = settings.prefix, settings.batch
        servers = {"bootstrap.servers": settings.servers, "socket.nagle.disable": True}
        name = settings.prefix + settings.service
        member = {"group.id": name, "group.instance.id": f"{name}-1"}
        self.consumer = Consumer(servers | CONSUMER | member)
        self.consumer.subscribe([settings.prefix + topic for topic in self.store.topics])
        self.producer = Producer(servers | PRODUCER)
        self.replies: list[Delivery] = []
        self.offsets: dict[tuple[str, int], int] = {}  # of the next records, to be committed
        self.commit_at = math.inf

    def run(self, stopping: threading.Event) -> None:
        """Handles messages until the event is set, then commits."""
        self.send(self.store.open_rows())
        while not stopping.is_set():
            deliveries = self.replies + self.poll()
            self.replies = []
            if deliveries:
                self.send(self.store.handle(deliveries))
            if time.monotonic() >= self.commit_at:
                self.commit(is_idle=not deliveries)
        self.close()

    def poll(self) -> list[Delivery]:
        """The records that have arrived; waits for the first unless replies or a commit are due."""
        wait = min(IDLE_WAIT, max(0.0, self.commit_at - time.monotonic()))
        first = self.consumer.poll(0 if self.replies else wait)
        self.producer.poll(0)
        # `consume` alone would wait for a full batch.
        return [self.receive(record) for record in [first, *self.consumer.consume(self.batch - 1, 0)]] if first else []

    def receive(self, record: Message) -> Delivery:
        """The delivery of a record."""
        if error := record.error():
            raise KafkaException(error)
        topic, partition, offset = record.topic(), record.partition(), record.offset()
        self.offsets[topic, partition] = offset + 1
        correlation = dict(record.headers() or ()).get(CORRELATION, b"").decode()
        return self.store.decode(topic.removeprefix(self.prefix), record.value(), correlation, partition, offset)

    def send(self, rows: Sequence[OutboxRow]) -> None:
        """Sends records without waiting for their acknowledgement, and makes external calls."""
        for row in rows:
            if row.is_call:
                self.replies.append(call(row))
            else:
                headers = [(CORRELATION, row.correlation.encode())]
                self.producer.produce(
                    self.prefix + row.destination, row.payload, row.order_id, row.partition,
                    partial(self.acknowledge, row.number), headers=headers,
                )  # fmt: skip
        if rows or self.offsets:
            self.commit_at = min(self.commit_at, time.monotonic() + COMMIT_INTERVAL)

    def acknowledge(self, number: int, error: KafkaError | None, record: Message) -> None:
        """Notes where a record is stored. A record that is not stored ends the process; the next one sends it again."""
        if error:
            raise KafkaException(error)
        self.store.sent.append((record.partition(), record.offset(), number))

    def commit(self, is_idle: bool) -> None:
        """Commits the offsets of the handled records; when idle, marks the outbox rows that have been sent."""
        if is_idle:
            self.store.mark()
        if self.offsets:
            self.consumer.commit(offsets=self.partitions(), asynchronous=True)
            self.offsets = {}
        self.commit_at = time.monotonic() + COMMIT_INTERVAL if self.store.sent or len(self.producer) else math.inf

    def close(self) -> None:
        """Waits for the acknowledgements, marks and commits everything, and leaves."""
        self.producer.flush(CLOSE_WITHIN)
        self.store.mark()
        if self.offsets:
            with contextlib.suppress(KafkaException):  # after a rebalance: the inbox drops the repeats
                self.consumer.commit(offsets=self.partitions(), asynchronous=False)
        self.consumer.close()
        self.store.close()

    def partitions(self) -> list[TopicPartition]:
        """The offsets of the next records, as the client wants them."""
        return [TopicPartition(topic, number, offset) for (topic, number), offset in self.offsets.items()]


def main() -> None:
    """Runs the service that the command line names until SIGTERM, or until standard input ends."""
    stopping = until_stopped()
    peer = Peer(read_settings())
    prepare_process()
    peer.run(stopping)


if __name__ == "__main__":
    main()
