"""Kafka session: one run's topics and groups, in memory or on a Kafka, deleted when it ends."""

import hashlib
import itertools
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import checkout
from checkout.lab.engine.start_messages import start_messages
from checkout.lab.errors import LabError
from checkout.local_kafka import cluster, security
from checkout.local_kafka.broker_process import KafkaUnavailable
from checkout.messaging.kafka_admin import Replicas
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Broker, LogUnavailable, Partition
from checkout.messaging.memory_log import MemoryBroker
from checkout.settings import KAFKA, LOGS, MEMORY, KafkaSecurity, WrongSetting, as_environment, read_settings
from checkout.system.deadline import wait_until
from checkout.system.pid import Pid
from checkout.system.ports import free_port_base

RUN = re.compile(r"lab-([0-9a-f]{6})-(\d+)-(\d+)-\d+--")  # machine, process, when it started
RUNS = itertools.count(1)
Result = TypeVar("Result")
FAILOVER_TIMEOUT = 60.0  # seconds within which a cluster that has lost a broker works again


def machine() -> str:
    """A hash of this machine's name in six characters: a lab deletes only what labs of its own machine have left."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def new_prefix() -> str:
    """The prefix of the topics and groups of one run."""
    own = Pid.own()
    return f"lab-{machine()}-{own.number}-{int(own.started)}-{next(RUNS)}--"


def log_of_settings() -> str:
    """Where a lab runs that is not told: kafka or memory. Raises LabError if CHECKOUT_LOG is neither."""
    try:
        return read_settings().log
    except WrongSetting as error:
        raise LabError(str(error)) from error


def home_of_kafka(brokers: int) -> Path:
    """The folder of the Kafka that labs use, from the settings; a cluster of three brokers has a folder of its own."""
    root = Path(checkout.__file__).parents[1]
    home = read_settings().home
    home = home.absolute() if "CHECKOUT_HOME" in os.environ or home.is_absolute() else root / home
    return home if brokers == 1 else home / f"lab-{brokers}-brokers"


class KafkaSession:
    """A lab's connection to its broker. Topics and groups are deleted when it closes, even after `kill -9`.

    `kind`: kafka, memory, or empty for the setting CHECKOUT_LOG. `brokers`: 1 or 3. `servers`: bootstrap servers of a
    running Kafka; empty starts a local one. `client`: settings of kafka-python. Raises LabError for another kind or
    number, and for three brokers in memory.
    """

    def __init__(self, kind: str, brokers: int, servers: str, client: Mapping[str, object]) -> None:
        kind = kind or (KAFKA if servers else log_of_settings())
        if kind not in LOGS or brokers not in (1, 3):
            raise LabError('a lab runs on log="kafka" or log="memory", with brokers=1 or brokers=3')
        if kind == MEMORY and brokers > 1:
            raise LabError('a lab in memory has no brokers: Lab(log="kafka", brokers=3) has three')
        self.kind, self.brokers, self.servers, self.client = kind, brokers, servers, client
        self._security = read_settings().kafka_security if servers else KafkaSecurity()
        self.home: Path | None = None
        self._cleanup: subprocess.Popen[bytes] | None = None
        self.broker: Broker | None = None

    def open(self, topics: Mapping[str, int], on_close: Callable[[], None]) -> Broker:
        """Ends the previous run. Returns a broker with these topics (numbers of partitions by name), all empty.

        `on_close`: called when the run ends, before its topics are deleted. Raises LogUnavailable.
        """
        self.close()
        self._on_close = on_close
        if self.kind == KAFKA:
            self._start_kafka()
            prefix = new_prefix()
            self.broker = KafkaBroker(self.servers, prefix, self.client, security=self._security)
            self._start_cleanup_process(prefix)
            with suppress(LogUnavailable):  # a cluster that has just started may not know its groups yet: the next lab
                delete_leftovers(self.servers, self._security)
        self.broker = broker = self.broker or MemoryBroker()
        self.retry_during_failover(lambda: self._create(broker, topics))
        return broker

    def _create(self, broker: Broker, topics: Mapping[str, int]) -> None:
        if isinstance(broker, KafkaBroker):  # every run of a notebook has the same leaders
            broker.create(topics, chooses_brokers=self.home is not None)
        else:
            broker.create(topics)

    def close(self) -> None:
        """Deletes the topics and groups of the run; `open` starts another."""
        if self.broker is None:
            return
        self._on_close()
        broker, self.broker = self.broker, None
        with suppress(LogUnavailable):
            broker.delete()
        broker.close()
        if self._cleanup:
            self._cleanup.communicate(b"done\n")
            self._cleanup = None

    def leave(self) -> None:
        """Closes, and stops a local Kafka that no other lab uses."""
        self.close()
        if self.home:
            with suppress(KafkaUnavailable):
                cluster.release(self.home)
            self.home = None

    def address(self) -> str:
        """Returns the bootstrap servers. Raises LabError in memory."""
        return self._kafka().connection.bootstrap_servers

    def full_name(self, name: str) -> str:
        """Returns the name of a topic or group with the prefix of this lab. Raises LabError in memory."""
        return self._kafka().connection.add_prefix(name)

    def _kafka(self) -> KafkaBroker:
        if not isinstance(self.broker, KafkaBroker):
            raise LabError('a lab in memory has no Kafka: Lab(log="kafka") has one')
        return self.broker

    def replicas(self, topic: str) -> dict[Partition, Replicas]:
        """Returns leader, replicas and in-sync replicas of each partition of a topic. Raises LabError in memory."""
        if not isinstance(self.broker, KafkaBroker):
            raise LabError('a lab in memory has no brokers: Lab(log="kafka", brokers=3) has three')
        return self.broker.replicas([topic])

    def leader(self, topic: str, partition: int = 0) -> int | None:
        """Returns the id of the broker that leads a partition, None if there is none. Raises LabError in memory."""
        found = self.replicas(topic)
        if (topic, partition) not in found:
            raise LabError(f"{topic} has no partition {partition}")
        return found[topic, partition].leader

    def kill_broker(self, number: int) -> None:
        """Kills a broker (`kill -9`) that this lab has started.

        `number`: its id, see `Lab.brokers`. Raises LabError if it does not run.
        """
        running = self.processes()
        if number not in running:
            raise LabError(f"there is no running broker {number}: {', '.join(map(str, running)) or 'none'} run here")
        running[number].kill_with_children()

    def start_brokers(self) -> None:
        """Starts the brokers that have been killed, and waits until they have copied the records that they missed.

        Raises LabError if they do not start, or are not in sync after 60 seconds.
        """
        if self.home:
            cluster.acquire(self.home, self._port_base, self.brokers)
            cluster.release(self.home)
        if isinstance(broker := self.broker, KafkaBroker):
            try:
                wait_until(lambda: _are_in_sync(broker), FAILOVER_TIMEOUT, pause=0.1)
            except TimeoutError:
                raise LabError(f"the replicas are not in sync after {FAILOVER_TIMEOUT:.0f} s: see the log") from None

    def processes(self) -> dict[int, Pid]:
        """The running brokers of the local Kafka, by id."""
        return cluster.processes(self.home) if self.home else {}

    def retry_during_failover(self, action: Callable[[], Result]) -> Result:
        """Calls the action, again while a cluster with a majority of its brokers recovers. Raises LogUnavailable."""
        deadline = time.monotonic() + FAILOVER_TIMEOUT
        while True:
            try:
                return action()
            except LogUnavailable:
                has_majority = self.brokers > 1 and 2 * len(self.processes()) > self.brokers
                if not has_majority or time.monotonic() > deadline:
                    raise

    def _start_kafka(self) -> None:
        if self.servers:
            return
        home = home_of_kafka(self.brokers)
        settings = read_settings()
        self._port_base = settings.port_base if self.brokers == 1 else free_port_base()
        with start_messages() as on_progress:
            self.servers = cluster.acquire(
                home, self._port_base, self.brokers, on_progress, secured=settings.secured
            )
        self.home, self._security = home, security.client_security(home)

    def _start_cleanup_process(self, prefix: str) -> None:
        # A killed kernel cannot delete its topics: a small process waits for its end and does it.
        command = [sys.executable, "-m", "checkout.local_kafka.cleanup_process", self.servers, prefix]
        command += [str(self.home)] if self.home else []
        null = subprocess.DEVNULL
        self._cleanup = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=null, stderr=null, start_new_session=True,
            env=os.environ | as_environment(read_settings().with_security(self._security)),
        )


def _are_in_sync(broker: KafkaBroker) -> bool:
    with suppress(LogUnavailable):
        found = broker.replicas([*broker.topics()])
        return all(each.leader is not None and len(each.in_sync) == len(each.all) for each in found.values())
    return False


def delete_leftovers(servers: str, login: KafkaSecurity) -> None:
    """Deletes the topics and groups of labs of this machine whose process has ended."""
    with closing(KafkaBroker(servers, security=login)) as broker:
        names = broker.names()
    for run in {found.group(): found.groups() for name in names if (found := RUN.match(name))}.items():
        prefix, (of, process, started) = run
        # The prefix has the whole seconds of the start time: half a second more is the nearest guess.
        if of == machine() and not Pid(int(process), int(started) + 0.5).is_alive():
            with closing(KafkaBroker(servers, prefix, security=login)) as leftover:
                leftover.delete()
