"""Kafka consumer: polls in a thread of its own, hands the records over to the thread that owns it, commits offsets."""

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition, errors
from kafka.coordinator.base import MemberState
from kafka.record.default_records import DefaultRecordBatch

from checkout.errors import CheckoutError
from checkout.messaging.clients.kafka_assignor import ASSIGNORS
from checkout.messaging.kafka_client import ATTEMPT_TIMEOUT_SECONDS, CLIENT_SETTINGS, KafkaConnection, ReplicaFenced
from checkout.messaging.log import CommitRefused, Partition, Record
from checkout.system.deadline import wait_until

JOIN_SECONDS = 2.0  # for a rebalance to end before `close`
CLOSE_SECONDS = 1.0  # for the thread to end after `close`
STUCK_SECONDS = 120.0  # of waiting in which the client's `poll`, which takes at most half a second, has not returned
CONSUMER_SETTINGS = CLIENT_SETTINGS | {
    "enable_auto_commit": False,
    "isolation_level": "read_committed",
    "auto_offset_reset": "earliest",
    "allow_auto_create_topics": False,
    "fetch_max_wait_ms": 500,
    "metrics_enabled": False,
}
MEMBER_SETTINGS = {
    "partition_assignment_strategy": ASSIGNORS,
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 1_000,  # the heartbeat's answer announces a rebalance
}
COMMIT_REFUSALS = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.UnknownMemberIdError,
)
Received = dict[TopicPartition, list[Any]]


class ConsumerStuck(CheckoutError):
    """The client library does not return from `poll`: the process should end, so that others get its partitions."""


class BackgroundConsumer:
    """A kafka-python consumer that polls in a thread of its own.

    One other thread owns it and calls its methods; any thread may call `wake`. The consumer polls until records have
    arrived, and again when the owner has taken all of them. So joining and rebalances go on while the owner is busy,
    and no fetch request omits a partition because some of its records are not taken yet.
    """

    def __init__(
        self, connection: KafkaConnection, group: str, partitions: Mapping[str, int], replica: str | None
    ) -> None:
        """Subscribes to topics as member `replica`; without one, takes the given number of partitions of each."""
        self._connection, names = connection, [connection.add_prefix(topic) for topic in partitions]
        member = MEMBER_SETTINGS | {"group_instance_id": connection.add_prefix(replica)} if replica else {}
        group_id = connection.add_prefix(group)
        self._client = connection.new_client(KafkaConsumer, CONSUMER_SETTINGS, group_id=group_id, **member)
        _close_fetch_race(self._client)
        if replica:
            self._client.subscribe(names)
            # kafka-python 3.0.12 joins again when it learns of the topics later, and may then lose its assignment.
            self._client.topics()
        else:
            every = [(topic, number) for topic, count in partitions.items() for number in range(count)]
            self._client.assign([connection.topic_partition(partition) for partition in every])
        self.assignment = self.assigned_now()
        self._poll_ms = self._client.config["fetch_max_wait_ms"]
        self._thread: threading.Thread | None = None
        self._asked, self._is_polling, self._is_closed = threading.Event(), False, False
        self._polls, self._seen_polls, self._waited = 0, 0, 0.0
        self._changed = threading.Event()  # a result has arrived, or `wake` was called
        self._result: Received | Exception | None = None
        self._records: deque[Any] = deque()
        self._seeks: dict[TopicPartition, int] = {}

    @property
    def member_id(self) -> str:
        """The id that the group's coordinator has given to this member; empty without one."""
        return str(self._client.group_metadata().member_id)

    def assigned_now(self) -> set[Partition]:
        """Returns the present assignment; `assignment` is that of the last `poll`."""
        strip_prefix = self._connection.strip_prefix
        return {(strip_prefix(topic), number) for topic, number in self._client.assignment()}

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Returns at most `max_records` records; waits at most `timeout` seconds for the first, or for `wake`.

        Updates `assignment`. Raises ReplicaFenced or LogUnavailable, and ConsumerStuck when the client does not return.
        """
        if not self._records:
            self._ask()
            if not self._changed.wait(timeout):
                self._watch(timeout)
            self._changed.clear()
            self._receive()
        taken = [self._records.popleft() for _ in range(min(max_records, len(self._records)))]
        self.assignment = self.assigned_now()
        if not self._records:
            self._ask()
        return self._connection.to_records(taken)

    def wake(self) -> None:
        """Ends the wait of `poll`, of the next one if none is waiting."""
        self._changed.set()

    def seek(self, partition: Partition, offset: int) -> None:
        """Sets the offset at which `poll` continues, within the client's `fetch_max_wait_ms`."""
        self._seeks[self._connection.topic_partition(partition)] = offset
        self._drop_sought()

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits for the group the offset of the next record of each partition; retries on retriable errors.

        Raises CommitRefused during a rebalance and when another member has the partitions, ReplicaFenced when it has
        this member's name, and LogUnavailable.
        """
        topic_partition = self._connection.topic_partition
        wanted = {topic_partition(partition): OffsetAndMetadata(offset) for partition, offset in offsets.items()}
        with self._connection.translate_errors(), _translate_refusals():
            self._connection.retry(lambda: self._client.commit(wanted, timeout_ms=ATTEMPT_TIMEOUT_SECONDS * 1_000))

    def close(self) -> None:
        """Closes the consumer. A static member keeps its partitions until the session timeout."""
        with contextlib.suppress(TimeoutError):  # a member that joined just after `close` would remain in the group
            wait_until(lambda: not self._is_joining(), JOIN_SECONDS)
        self._is_closed = True
        self._asked.set()
        self._client.close(autocommit=False, timeout_ms=1_000)
        if self._thread:
            self._thread.join(CLOSE_SECONDS)

    def _ask(self) -> None:
        if self._result is None and not self._is_polling:
            self._is_polling = True
            self._asked.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll_when_asked, name="kafka-consumer", daemon=True)
                self._thread.start()

    def _watch(self, waited: float) -> None:
        # Counts the time of waiting, not that of the clock: the process may have been paused.
        self._waited = self._waited + waited if self._polls == self._seen_polls else 0.0
        self._seen_polls = self._polls
        if self._is_polling and self._waited > STUCK_SECONDS:
            raise ConsumerStuck(f"kafka-python has not returned from `poll` for {STUCK_SECONDS:.0f} s: start again")

    def _receive(self) -> None:
        result, self._result = self._result, None
        if isinstance(result, Exception):
            with self._connection.translate_errors(), _translate_refusals():
                raise result
        for records in (result or {}).values():
            self._records.extend(records)
        self._drop_sought()

    def _drop_sought(self) -> None:
        if self._seeks and self._records:
            self._records = deque(r for r in self._records if (r.topic, r.partition) not in self._seeks)

    def _is_joining(self) -> bool:
        is_member = self._client.subscription() is not None
        return self._is_polling and is_member and self._client.group_metadata().state is not MemberState.STABLE

    def _poll_when_asked(self) -> None:
        while not self._is_closed:
            self._asked.wait()
            self._asked.clear()
            try:
                self._result = self._poll_until_received()
            except Exception as error:
                self._result = error
            self._is_polling = False
            self._changed.set()

    def _poll_until_received(self) -> Received:
        found: Received = {}
        while not found and not self._is_closed:
            self._apply_seeks()
            found = self._client.poll(self._poll_ms, max_records=sys.maxsize)
            self._polls += 1
        return found

    def _apply_seeks(self) -> None:
        while self._seeks:
            partition, offset = self._seeks.popitem()
            if partition in self._client.assignment():
                self._client.seek(partition, offset)


@contextlib.contextmanager
def _translate_refusals() -> Iterator[None]:
    try:
        yield
    except errors.FencedInstanceIdError as error:
        raise ReplicaFenced(str(error)) from error
    except COMMIT_REFUSALS as error:
        raise CommitRefused(str(error)) from error


def _close_fetch_race(client: Any) -> None:
    # kafka-python 3.0.12: a response that arrives between two steps of `poll` stays in the buffer, and `poll` waits for
    # the next response, up to `fetch_max_wait_ms`. Without a new request it sees the buffered one at once.
    fetcher = client._fetcher
    send_fetches = fetcher._send_fetches_async

    async def send_unless_buffered() -> Any:
        return [] if fetcher._completed_fetches else await send_fetches()

    fetcher._send_fetches_async = send_unless_buffered


class _LenientBuffer(bytearray):
    """A batch whose text may have bytes that are not UTF-8; they become escapes such as \\xf6."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _LenientBuffer(found) if isinstance(index, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


def _read_any_header_name() -> None:
    # kafka-python 3.0.12: a header name that is not UTF-8 fails `poll`, again and again, for the whole partition.
    read = DefaultRecordBatch._read_msg

    def read_leniently(batch: Any) -> Any:
        try:
            return read(batch)
        except UnicodeDecodeError:
            batch._buffer = _LenientBuffer(batch._buffer)
            return read(batch)

    DefaultRecordBatch._read_msg = read_leniently


_read_any_header_name()
