"""Broker: where a lab's topics are: in memory, on the Kafka of this machine, or on another; none is left behind."""

import hashlib
import itertools
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import checkout
from checkout.lab.errors import LabError
from checkout.local_kafka import cluster
from checkout.local_kafka.broker_process import KafkaUnavailable
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import LogUnavailable
from checkout.messaging.memory_log import MemoryBroker
from checkout.settings import read_settings
from checkout.system.pid import Pid
from checkout.system.ports import free_port_base

RUN = re.compile(r"lab-([0-9a-f]{6})-(\d+)-(\d+)-\d+--")  # machine, process, when it started
RUNS = itertools.count(1)
FAILOVER = 60.0  # seconds in which a cluster that has lost a broker works again


def machine() -> str:
    """This machine in six characters, so that no lab takes another machine's for dead."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def new_prefix() -> str:
    """What stands before the names of one run's topics and groups."""
    own = Pid.own()
    return f"lab-{machine()}-{own.number}-{int(own.started)}-{next(RUNS)}--"


def home_of_kafka(brokers: int) -> Path:
    """The home whose Kafka labs use: that of the settings, else the checkout's; a cluster of three has its own."""
    root = Path(checkout.__file__).parents[1]
    home = read_settings().home
    home = home.absolute() if "CHECKOUT_HOME" in os.environ or home.is_absolute() else root / home
    return home if brokers == 1 else home / f"lab-{brokers}-brokers"


class Site:
    """One lab's place on a broker: opened with topics, wiped when it closes, even if its process is killed."""

    def __init__(self, kind: str, brokers: int, servers: str, client: Mapping[str, object]) -> None:
        if kind not in ("kafka", "memory") or brokers not in (1, 3):
            raise LabError('a lab runs on log="kafka" or log="memory", with brokers=1 or brokers=3')
        self.kind, self.brokers, self.servers, self._client = kind, brokers, servers, client
        self.home: Path | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self.broker: Any = None

    def open(self, topics: Mapping[str, int]) -> Any:
        """A broker with these topics, all of them empty."""
        self.close()
        if self.kind == "memory":
            self.broker = MemoryBroker()
        else:
            self._start_kafka()
            self.broker = KafkaBroker(self.servers, new_prefix(), self._client)
            self._watch()
            sweep(self.servers)
        self.patiently(lambda: self.broker.create(topics))
        return self.broker

    def close(self) -> None:
        """Deletes the run's topics and groups; the next `open` has new ones."""
        if self.broker is None:
            return
        broker, self.broker = self.broker, None
        with suppress(LogUnavailable):
            broker.delete()
        broker.close()
        if self._guard and self._guard.stdin:
            with suppress(OSError):
                self._guard.stdin.write(b"done\n")
            self._guard.stdin.close()
            self._guard.wait()
            self._guard = None

    def leave(self) -> None:
        """Closes for good: a Kafka that nobody else uses is stopped."""
        self.close()
        if self.home:
            with suppress(KafkaUnavailable):
                cluster.release(self.home)
            self.home = None

    def leader(self, topic: str, partition: int) -> int:
        """The number of the broker that leads a partition. Raises LabError in memory."""
        if self.kind == "memory":
            raise LabError("a lab in memory has no brokers: Lab(brokers=3) has three")
        return int(self.broker.leader((topic, partition)))

    def kill_broker(self, number: int) -> None:
        """`kill -9`s one broker of the local Kafka."""
        running = self.processes()
        if number not in running:
            raise LabError(f"there is no running broker {number}: {', '.join(map(str, running)) or 'none'} run here")
        running[number].kill_with_children()

    def start_brokers(self) -> None:
        """Starts the brokers that do not run."""
        if self.home:
            cluster.acquire(self.home, self._port_base, self.brokers)
            cluster.release(self.home)

    def processes(self) -> dict[int, Pid]:
        """The brokers of the local Kafka that run, by number."""
        return cluster.processes(self.home) if self.home else {}

    def patiently(self, ask: Callable[[], object]) -> None:
        """Asks again while a cluster that has lost a broker, and has most of them left, puts itself right."""
        deadline = time.monotonic() + FAILOVER
        while True:
            try:
                ask()
                return
            except LogUnavailable:
                has_most = self.brokers > 1 and 2 * len(self.processes()) > self.brokers
                if not has_most or time.monotonic() > deadline:
                    raise

    def _start_kafka(self) -> None:
        if self.servers:
            return
        home = home_of_kafka(self.brokers)
        self._port_base = read_settings().port_base if self.brokers == 1 else free_port_base()
        print("Apache Kafka runs on this machine; what this lab leaves there goes when it closes.", flush=True)
        self.servers = cluster.acquire(home, self._port_base, self.brokers)
        self.home = home

    def _watch(self) -> None:
        # A kernel that is killed deletes nothing: a small process waits for its end and does it.
        prefix = self.broker.connection.prefix
        command = [sys.executable, "-m", "checkout.local_kafka.cleanup_process", self.servers, prefix]
        command += [str(self.home)] if self.home else []
        nowhere = subprocess.DEVNULL
        self._guard = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True
        )


def sweep(servers: str) -> None:
    """Deletes the topics and groups of this machine's labs whose process has ended."""
    everyone = KafkaBroker(servers)
    names = everyone.names()
    everyone.close()
    for run in {found.group(): found.groups() for name in names if (found := RUN.match(name))}.items():
        prefix, (of, process, started) = run
        if of == machine() and not _lives(int(process), int(started)):
            dead = KafkaBroker(servers, prefix)
            dead.delete()
            dead.close()


def _lives(process: int, started: int) -> bool:
    with suppress(ProcessLookupError):
        return abs(Pid.of(process).started - started) < 3
    return False
