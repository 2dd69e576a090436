"""Session: the topics and groups of one run of a lab, in memory or, in a subclass, on Kafka; deleted when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from checkout.lab.browser import needs_processes
from checkout.lab.errors import LabError
from checkout.messaging.log import Broker, LogUnavailable, Partition, Replicas
from checkout.messaging.memory_log import MemoryBroker
from checkout.settings import KAFKA, LOGS, MEMORY, WrongSetting, read_settings

if TYPE_CHECKING:
    from checkout.system.pid import Pid

Result = TypeVar("Result")
NO_BROKERS = 'a lab in memory has no brokers: Lab(log="kafka", brokers=3) has three'


def open_session(kind: str, brokers: int, servers: str, client: Mapping[str, object]) -> Session:
    """The session of a lab, without a run yet.

    `kind`: kafka, memory, or empty for the setting CHECKOUT_LOG. `brokers`: 1 or 3. `servers`: bootstrap servers of a
    running Kafka; empty starts a local one. `client`: settings of kafka-python. Raises LabError for another kind or
    number, and for three brokers in memory.
    """
    kind = kind or (KAFKA if servers else log_of_settings())
    if kind not in LOGS or brokers not in (1, 3):
        raise LabError('a lab runs on log="kafka" or log="memory", with brokers=1 or brokers=3')
    if kind == KAFKA or brokers > 1:
        needs_processes("a Kafka")
    if kind == MEMORY:
        if brokers > 1:
            raise LabError(NO_BROKERS)
        return Session()
    from checkout.lab.sessions.kafka_session import KafkaSession  # a lab in memory needs no Kafka

    return KafkaSession(brokers, servers, client)


def log_of_settings() -> str:
    """Returns the default log of a lab, kafka or memory. Raises LabError if CHECKOUT_LOG is neither."""
    try:
        return read_settings().log
    except WrongSetting as error:
        raise LabError(str(error)) from error


class Session:
    """A lab's connection to its broker; this class has one in memory.

    `has_replicas`: whether partitions have replicas on brokers, which can be asked for, killed and started.
    """

    has_replicas = False

    def __init__(self) -> None:
        self.broker: Broker | None = None
        self.is_left = False

    def options(self) -> dict[str, object]:
        """Returns the arguments with which another lab runs on the same Kafka, or on one like it; none in memory."""
        return {}

    def open(self, topics: Mapping[str, int], on_close: Callable[[], None]) -> Broker:
        """Ends the previous run. Returns a broker with these topics (numbers of partitions by name), all empty.

        `on_close`: called when the run ends, before its topics are deleted. Raises LogUnavailable.
        """
        self.close()
        self._on_close = on_close
        self.broker = broker = self._new_broker(topics)
        return broker

    def _new_broker(self, topics: Mapping[str, int]) -> Broker:
        broker = MemoryBroker()
        broker.create(topics)
        return broker

    def close(self) -> None:
        """Deletes the topics and groups of the run; `open` starts another."""
        if self.broker is None:
            return
        self._on_close()
        broker, self.broker = self.broker, None
        with suppress(LogUnavailable):
            broker.delete()
        broker.close()

    def leave(self) -> None:
        """Closes for good, and stops a local Kafka that no other lab uses."""
        self.is_left = True
        self.close()

    def address(self) -> str:
        """Returns the bootstrap servers. Raises LabError in memory."""
        raise LabError('a lab in memory has no Kafka: Lab(log="kafka") has one')

    def full_name(self, name: str) -> str:
        """Returns the name of a topic or group with the prefix of this lab. Raises LabError in memory."""
        raise LabError('a lab in memory has no Kafka: Lab(log="kafka") has one')

    def replicas(self, topics: Sequence[str]) -> dict[Partition, Replicas]:
        """Returns leader, replicas and in-sync replicas of each partition. Raises LabError in memory."""
        raise LabError(NO_BROKERS)

    def leader(self, topic: str, partition: int = 0) -> int | None:
        """Returns the id of the broker that leads a partition, None if there is none. Raises LabError in memory."""
        found = self.replicas([topic])
        if (topic, partition) not in found:
            raise LabError(f"{topic} has no partition {partition}")
        return found[topic, partition].leader

    def kill_broker(self, number: int) -> None:
        """Kills a broker that this lab has started. Raises LabError if it does not run."""
        running = self.processes()
        if number not in running:
            raise LabError(f"there is no running broker {number}: {', '.join(map(str, running)) or 'none'} run here")
        running[number].kill_with_children()

    def start_brokers(self) -> None:
        """Starts the killed brokers.

        Raises LabError in memory, and if they do not start or are not in sync after 60 seconds.
        """
        raise LabError(NO_BROKERS)

    def processes(self) -> Mapping[int, Pid]:
        """The running brokers of the local Kafka, by id."""
        return {}

    def started_brokers(self) -> Mapping[int, bool]:
        """The brokers that labs have started, by id, and whether each runs; empty for an external Kafka."""
        return {}

    def retry_during_failover(self, action: Callable[[], Result]) -> Result:
        """Calls the action, again while a cluster with a majority of its brokers recovers. Raises LogUnavailable."""
        return action()
