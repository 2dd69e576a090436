"""kafka-python peer: one service of the store, hand-written on kafka-python.

`python scripts/peers/kafka_python_peer.py SERVICE`; everything else comes from the environment.
"""

import contextlib
import itertools
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError
from messages import CORRELATION, Delivery, OutboxRow, call
from store import Settings, Store, prepare_process, read_settings, until_stopped

COMMIT_INTERVAL = 0.1  # seconds
IDLE_WAIT, FLUSH_WITHIN = 0.5, 10.0  # seconds
CONSUMER = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "isolation_level": "read_committed",
    "session_timeout_ms": 10_000,
    "metrics_enabled": False,
}
PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "linger_ms": 1_000,  # until `flush`: else the sender thread sends the first records of a batch alone
    "batch_size": 1_000_000,
    "metrics_enabled": False,
}


class Peer:
    """One service: its consumer, its producer, its database, and the replies that wait for their transaction."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings.service, settings.databases, settings.stock)
        self.prefix, self.batch = settings.prefix, settings.batch
        name = settings.prefix + settings.service
        member = {"group_id": name, "group_instance_id": f"{name}-1"}
        self.consumer = KafkaConsumer(bootstrap_servers=settings.servers, **CONSUMER, **member)
        _close_fetch_race(self.consumer)
        self.consumer.subscribe([settings.prefix + topic for topic in self.store.topics])
        self.consumer.topics()  # 3.0.12 may lose the assignment when it learns of a topic while it joins
        self.producer = KafkaProducer(bootstrap_servers=settings.servers, **PRODUCER)
        self.records: deque[Any] = deque()
        self.replies: list[Delivery] = []
        self.offsets: dict[TopicPartition, OffsetAndMetadata] = {}  # of the next records, to be committed
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
        """The next records; waits for the first unless replies or a commit are due."""
        if not self.records:
            wait = min(IDLE_WAIT, max(0.0, self.commit_at - time.monotonic()))
            # Without a limit: a partition of which some records are not taken is left out of the next fetch.
            found = self.consumer.poll(0 if self.replies else wait * 1_000, max_records=sys.maxsize)
            self.records.extend(itertools.chain.from_iterable(found.values()))
        return [self.receive(self.records.popleft()) for _ in range(min(self.batch, len(self.records)))]

    def receive(self, record: Any) -> Delivery:
        """The delivery of a record."""
        topic, partition, offset = record.topic, record.partition, record.offset
        self.offsets[TopicPartition(topic, partition)] = OffsetAndMetadata(offset + 1)
        correlation = dict(record.headers).get(CORRELATION, b"").decode()
        return self.store.decode(topic.removeprefix(self.prefix), record.value, correlation, partition, offset)

    def send(self, rows: Sequence[OutboxRow]) -> None:
        """Sends records, makes external calls, and notes where the records are stored."""
        sending = [(row.number, self.produce(row)) for row in rows if not row.is_call]
        self.replies += [call(row) for row in rows if row.is_call]
        if sending:
            self.producer.flush(FLUSH_WITHIN)
        results = [(number, future.get(0)) for number, future in sending]
        self.store.sent += [(result.partition, result.offset, number) for number, result in results]
        if rows or self.offsets:
            self.commit_at = min(self.commit_at, time.monotonic() + COMMIT_INTERVAL)

    def produce(self, row: OutboxRow) -> Any:
        """Hands a record to the producer; returns the future of its place."""
        topic, headers = self.prefix + row.destination, [(CORRELATION, row.correlation.encode())]
        return self.producer.send(topic, row.payload, row.order_id.encode(), headers, row.partition)

    def commit(self, is_idle: bool) -> None:
        """Commits the offsets of the handled records; when idle, marks the outbox rows that have been sent."""
        if is_idle:
            self.store.mark()
        if self.offsets:
            self.consumer.commit_async(self.offsets)
            self.offsets = {}
        self.commit_at = time.monotonic() + COMMIT_INTERVAL if self.store.sent else math.inf

    def close(self) -> None:
        """Marks and commits everything, and leaves."""
        self.store.mark()
        with contextlib.suppress(KafkaError):  # after a rebalance: the inbox drops the repeats
            self.consumer.commit(self.offsets, timeout_ms=FLUSH_WITHIN * 1_000)
        self.consumer.close(autocommit=False, timeout_ms=1_000)
        self.producer.close(1)
        self.store.close()


def _close_fetch_race(consumer: Any) -> None:
    # kafka-python 3.0.12: a response that arrives between two steps of `poll` stays in the buffer, and `poll` waits for
    # the next response, up to `fetch_max_wait_ms`. Without a new request it sees the buffered one at once.
    fetcher = consumer._fetcher
    send_fetches = fetcher._send_fetches_async

    async def send_unless_buffered() -> Any:
        return [] if fetcher._completed_fetches else await send_fetches()

    fetcher._send_fetches_async = send_unless_buffered


def main() -> None:
    """Runs the service that the command line names until SIGTERM, or until standard input ends."""
    stopping = until_stopped()
    peer = Peer(read_settings())
    prepare_process()
    peer.run(stopping)


if __name__ == "__main__":
    main()
