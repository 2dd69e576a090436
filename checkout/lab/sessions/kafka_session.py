"""Kafka session: one run's topics and groups on a Kafka, deleted when it ends."""

import hashlib
import itertools
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

import checkout
from checkout.errors import KafkaUnavailable
from checkout.lab.errors import LabError
from checkout.lab.sessions.session import Result, Session
from checkout.lab.sessions.start_messages import start_messages
from checkout.local_kafka import cluster, security
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import LogUnavailable, Partition, Replicas
from checkout.settings import KafkaSecurity, as_environment, read_settings
from checkout.system.deadline import wait_until
from checkout.system.pid import Pid
from checkout.system.ports import free_port_base

RUN = re.compile(r"lab-([0-9a-f]{6})-(\d+)-(\d+)-\d+--")  # machine, process, when it started
RUNS = itertools.count(1)
FAILOVER_TIMEOUT = 60.0  # seconds within which a cluster that has lost a broker works again


def machine() -> str:
    """A hash of this machine's name in six characters: a lab deletes only what labs of its own machine have left."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def new_prefix() -> str:
    """The prefix of the topics and groups of one run."""
    own = Pid.own()
    return f"lab-{machine()}-{own.number}-{int(own.started)}-{next(RUNS)}--"


def home_of_kafka(brokers: int) -> Path:
    """The folder of the Kafka that labs use, from the settings; a cluster of three brokers has a folder of its own."""
    root = Path(checkout.__file__).parents[1]
    home = read_settings().home
    home = home.absolute() if "CHECKOUT_HOME" in os.environ or home.is_absolute() else root / home
    return home if brokers == 1 else home / f"lab-{brokers}-brokers"


class KafkaSession(Session):
    """A session on Kafka. Its topics and groups are deleted when it closes, even after `kill -9`.

    `brokers`: 1 or 3. `servers`: bootstrap servers of a running Kafka; empty starts a local one. `client`: settings of
    kafka-python.
    """

    has_replicas = True

    def __init__(self, brokers: int, servers: str, client: Mapping[str, object]) -> None:
        super().__init__()
        self.broker: KafkaBroker | None
        self.brokers, self.servers, self._client = brokers, servers, client
        self._security = read_settings().kafka_security if servers else KafkaSecurity()
        self.home: Path | None = None
        self._cleanup: subprocess.Popen[bytes] | None = None

    def options(self) -> dict[str, object]:
        """Returns the arguments with which another lab runs on the same Kafka, or on one like it."""
        servers: dict[str, object] = {} if self.home else {"bootstrap_servers": self.servers}
        return servers | {"brokers": self.brokers, "kafka": self._client}

    def _new_broker(self, topics: Mapping[str, int]) -> KafkaBroker:
        self._start_kafka()
        prefix = new_prefix()
        self.broker = broker = KafkaBroker(self.servers, prefix, self._client, security=self._security)
        self._start_cleanup_process(prefix)
        with suppress(LogUnavailable):  # a cluster that has just started may not know its groups yet: the next lab
            delete_leftovers(self.servers, self._security)
        is_local = self.home is not None  # every run of a notebook has the same leaders
        self.retry_during_failover(lambda: broker.create(topics, chooses_brokers=is_local))
        return broker

    def close(self) -> None:
        """Deletes the topics and groups of the run; `open` starts another."""
        super().close()
        if self._cleanup:
            self._cleanup.communicate(b"done\n")
            self._cleanup = None

    def leave(self) -> None:
        """Closes for good, and stops a local Kafka that no other lab uses."""
        super().leave()
        if self.home:
            with suppress(KafkaUnavailable):
                cluster.release(self.home)
            self.home = None

    def address(self) -> str:
        """Returns the bootstrap servers."""
        return self._kafka().connection.bootstrap_servers

    def full_name(self, name: str) -> str:
        """Returns the name of a topic or group with the prefix of this lab."""
        return self._kafka().connection.add_prefix(name)

    def replicas(self, topics: Sequence[str]) -> dict[Partition, Replicas]:
        """Returns leader, replicas and in-sync replicas of each partition of these topics."""
        return self._kafka().replicas(topics)

    def started_brokers(self) -> Mapping[int, bool]:
        """The brokers that labs have started, by id, and whether each runs."""
        running = self.processes()
        return {number: number in running for number in range(1, self.brokers + 1)} if self.home else {}

    def start_brokers(self) -> None:
        """Starts the killed brokers. Raises LabError if they do not start, or are not in sync after 60 seconds."""
        if self.home:
            cluster.acquire(self.home, self._port_base, self.brokers)
            cluster.release(self.home)
        broker = self._kafka()
        try:
            wait_until(lambda: _are_in_sync(broker), FAILOVER_TIMEOUT, pause=0.1)
        except TimeoutError:
            raise LabError(f"the replicas are not in sync after {FAILOVER_TIMEOUT:.0f} s: see the log") from None

    def _kafka(self) -> KafkaBroker:
        if self.broker is None:
            raise LabError("the lab is closed: lab.reset() starts anew")
        return self.broker

    def processes(self) -> Mapping[int, Pid]:
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
