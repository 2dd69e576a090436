"""FastStream peer: one service of the store on FastStream with its aiokafka broker.

`python scripts/peers/faststream_peer.py SERVICE`; everything else comes from the environment.
"""

import asyncio
import contextlib
import logging
import sys
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from messages import CORRELATION, Delivery, OutboxRow, call
from store import Settings, Store, prepare_process, read_settings

COMMIT_INTERVAL, CLOSE_WITHIN = 0.1, 10.0  # seconds
SUBSCRIBER = {
    "batch": True,
    "batch_timeout_ms": 10,  # FastStream sleeps as long after each wait in which nothing came
    "ack_policy": AckPolicy.MANUAL,
    "auto_offset_reset": "earliest",
    "isolation_level": "read_committed",
    "session_timeout_ms": 10_000,
    "fetch_max_wait_ms": 100,  # aiokafka leaves a partition whose records are not all taken out of a fetch
}
PRODUCER = {
    "acks": "all",
    "enable_idempotence": True,
    "max_batch_size": 1_000_000,  # by default a batch of 16 KiB is full after 50 records, and `publish` waits
}


async def keep(message: KafkaMessage) -> KafkaMessage:
    """Leaves decoding to the store, which knows the type of each topic."""
    return message


class Peer:
    """One service: its broker, its database, and the replies that wait for their transaction."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings.service, settings.databases, settings.stock)
        self.open_rows = self.store.open_rows()
        self.prefix = settings.prefix
        self.broker = KafkaBroker(
            settings.servers, **PRODUCER, allow_auto_create_topics=False, decoder=keep, apply_types=False,
            logger=logging.getLogger("peer"),
        )  # fmt: skip
        name, topics = settings.prefix + settings.service, [settings.prefix + topic for topic in self.store.topics]
        self.subscriber = self.broker.subscriber(
            *topics, group_id=name, group_instance_id=f"{name}-1", max_records=settings.batch, **SUBSCRIBER
        )
        self.subscriber(self.receive)
        self.app = FastStream(self.broker, logger=None, after_startup=[self.start], on_shutdown=[self.stop])
        self.replies: list[Delivery] = []
        self.sending: deque[tuple[int, asyncio.Future[Any]]] = deque()  # numbers of outbox rows, futures
        self.offsets: dict[TopicPartition, int] = {}  # of the next records, to be committed
        self.woken = asyncio.Event()
        self.lock = asyncio.Lock()
        self.is_ending, self.status = False, 0

    async def start(self) -> None:
        """Sends what a former process has left, and starts the work that no record triggers."""
        await self.send(self.open_rows)
        self.attendant = asyncio.create_task(self.attend())

    async def receive(self, message: KafkaMessage) -> None:
        """Handles a batch of records."""
        records = message.raw_message
        with self.ending_with_error():
            deliveries = [self.delivery(*each) for each in zip(records, message.batch_headers, strict=True)]
            if await self.turn(deliveries):
                self.offsets |= {TopicPartition(each.topic, each.partition): each.offset + 1 for each in records}

    def delivery(self, record: Any, headers: dict[str, str]) -> Delivery:
        """The delivery of a record."""
        topic, correlation = record.topic.removeprefix(self.prefix), headers.get(CORRELATION)
        return self.store.decode(topic, record.value, correlation, record.partition, record.offset)

    async def turn(self, deliveries: list[Delivery]) -> bool:
        """Handles replies and records in one transaction, then sends what they have caused; False when ending.

        The transaction runs in another thread, so that the client can go on meanwhile.
        """
        async with self.lock:
            if self.is_ending:
                return False
            replies, self.replies = self.replies, []
            self.note_sent()
            await self.send(await asyncio.to_thread(self.store.handle, replies + deliveries))
        self.woken.set()
        return True

    async def send(self, rows: Sequence[OutboxRow]) -> None:
        """Sends records without waiting for their acknowledgement, and makes external calls."""
        for row in rows:
            if row.is_call:
                self.replies.append(call(row))
            else:
                sending = await self.broker.publish(
                    row.payload, self.prefix + row.destination, key=row.order_id.encode(), partition=row.partition,
                    headers={CORRELATION: row.correlation}, correlation_id=row.correlation, no_confirm=True,
                )  # fmt: skip
                self.sending.append((row.number, sending))

    def note_sent(self) -> None:
        """Notes where the acknowledged records are stored; raises what has kept one from being stored."""
        while self.sending and self.sending[0][1].done():
            number, sending = self.sending.popleft()
            self.store.sent.append((sending.result().partition, sending.result().offset, number))

    async def attend(self) -> None:
        """Does what no record triggers: handles replies, commits offsets, and marks sent rows when idle."""
        clock, commit_at = asyncio.get_running_loop().time, 0.0
        with self.ending_with_error():
            while not self.is_ending:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), COMMIT_INTERVAL)
                is_idle = not self.woken.is_set()
                self.woken.clear()
                if self.replies and not self.lock.locked():
                    await self.turn([])
                if is_idle:
                    await self.mark()
                if clock() >= commit_at:
                    await self.commit()
                    commit_at = clock() + COMMIT_INTERVAL

    async def commit(self) -> None:
        """Commits the offsets of the handled records."""
        offsets, self.offsets = self.offsets, {}
        if offsets:
            with contextlib.suppress(KafkaError):  # after a rebalance: the inbox drops the repeats
                await self.subscriber.consumer.commit(offsets)

    async def mark(self) -> None:
        """Marks the outbox rows that have been sent."""
        async with self.lock:
            self.note_sent()
            await asyncio.to_thread(self.store.mark)

    @contextlib.contextmanager
    def ending_with_error(self) -> Iterator[None]:
        """Ends the process after an error, for the next one to repeat the batch; FastStream would skip it."""
        try:
            yield
        except Exception:
            traceback.print_exc()
            self.is_ending, self.status = True, 1
            self.app.exit()

    async def stop(self) -> None:
        """Waits for the acknowledgements, then marks and commits everything."""
        async with self.lock:
            self.is_ending = True
        await self.attendant
        if not self.status:
            if self.sending:
                await asyncio.wait([sending for _, sending in self.sending], timeout=CLOSE_WITHIN)
            await self.mark()
            await self.commit()


def main() -> None:
    """Runs the service that the command line names until SIGTERM, or until standard input ends."""
    peer = Peer(read_settings())
    prepare_process()
    asyncio.run(peer.app.run())
    sys.exit(peer.status)


if __name__ == "__main__":
    main()
