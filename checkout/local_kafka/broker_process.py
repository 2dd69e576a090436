"""Kafka node: one broker of the local Kafka: its ports, properties, data folder, log and process."""

import base64
import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from checkout.errors import CheckoutError
from checkout.settings import HOST
from checkout.system.java import JAVA
from checkout.system.pid import Pid, listener_on, processes_called
from checkout.system.ports import is_free

FLAGS = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:disable",  # an ahead-of-time cache made by another copy of this Java works, but is commented on
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
FOREIGN_OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")
PROPERTIES = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{listener},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{listener}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
# Kafka's own topics want three brokers unless told otherwise
offsets.topic.replication.factor={brokers}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={brokers}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor={brokers}
share.coordinator.state.topic.min.isr={in_sync}
default.replication.factor={brokers}
min.insync.replicas={in_sync}
num.partitions=1
auto.create.topics.enable=false
# fast start, small memory
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=8388608
# a learner may be away for long
transaction.max.timeout.ms=7200000
offsets.retention.minutes=525600
log.retention.ms=-1
"""
ALONE = """\
# after a crash a broker is let in again when its former life is over: 9 s later, by default
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""
SEVERAL = """\
# a broker that is killed is missed soon
replica.lag.time.max.ms=1000
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
controlled.shutdown.enable=true
"""


class KafkaUnavailable(CheckoutError):
    """The local Kafka cannot be had; the message names the cause and the remedy."""

    exit_code = 3


class Node(NamedTuple):
    """Broker `number` of `brokers`, counted from 1; each is a controller too."""

    home: Path
    number: int
    brokers: int
    port_base: int

    @property
    def listener(self) -> int:
        """The port for clients."""
        return self.port_base + 11_090 + 2 * self.number

    @property
    def controller(self) -> int:
        """The port for the other controllers."""
        return self.listener + 1

    @property
    def data(self) -> Path:
        """The folder of its topics."""
        return self.home / "kafka" / f"broker-{self.number}"

    @property
    def properties(self) -> Path:
        """The file it is configured by."""
        return self.home / "kafka" / f"broker-{self.number}.properties"

    @property
    def log(self) -> Path:
        """What its process prints; what the one before printed is beside it, as `.old`."""
        return self.home / "logs" / f"kafka-{self.number}.log"


def broker_nodes(home: Path, port_base: int, brokers: int) -> list[Node]:
    """The nodes of one local Kafka."""
    return [Node(home.resolve(), number, brokers, port_base) for number in range(1, brokers + 1)]


def bootstrap_servers(nodes: list[Node]) -> str:
    """The addresses that clients are given."""
    return ",".join(f"{HOST}:{node.listener}" for node in nodes)


def new_id() -> str:
    """A cluster's or folder's identity as Kafka writes it; one with a leading dash would look like an option."""
    return "K" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


def properties(node: Node) -> str:
    """The server properties: small and quick, and nothing is lost while a learner is away."""
    nodes = broker_nodes(node.home, node.port_base, node.brokers)
    voters = [f"{voter.number}@{HOST}:{voter.controller}" for voter in nodes]
    own = {"number": node.number, "listener": node.listener, "controller": node.controller, "data": node.data}
    shared = {"host": HOST, "voters": ",".join(voters), "brokers": node.brokers, "in_sync": min(node.brokers, 2)}
    return PROPERTIES.format(**own, **shared) + (SEVERAL if node.brokers > 1 else ALONE)


def prepare(node: Node, cluster_id: str, features: Path) -> None:
    """Writes the properties and, where there are no data yet, what Kafka's StorageTool writes to format a folder."""
    node.log.parent.mkdir(parents=True, exist_ok=True)
    node.data.mkdir(parents=True, exist_ok=True)
    node.properties.write_text(properties(node))
    meta = node.data / "meta.properties"
    if not meta.exists():
        shutil.copyfile(features, node.data / features.name)
        draft = meta.with_suffix(".draft")
        draft.write_text(f"cluster.id={cluster_id}\ndirectory.id={new_id()}\nnode.id={node.number}\nversion=1\n")
        draft.replace(meta)


def claim_ports(node: Node) -> None:
    """Makes sure that both ports are free, ending a process of this very node that was lost sight of.

    Raises KafkaUnavailable when another holds one.
    """
    for port in (node.listener, node.controller):
        if not is_free(port):
            for lost in processes_called("kafka.Kafka", str(node.properties)):
                lost.stop(5)
        deadline = time.monotonic() + 1  # one that was just killed may still be closing its files
        while not is_free(port):
            if time.monotonic() > deadline:
                taker = listener_on(port)
                raise KafkaUnavailable(f"port {port} is taken by {taker}: end it, or choose others with --port-base")
            time.sleep(0.02)


def launch(node: Node, jars: str, *options: str) -> Pid:
    """Starts the broker in a session of its own: Ctrl-C in the terminal is for the services, which end before it."""
    if node.log.exists():
        node.log.replace(node.log.with_suffix(".old"))
    with node.log.open("wb") as log:
        process = subprocess.Popen(
            [JAVA, *FLAGS, *options, "-cp", jars, "kafka.Kafka", str(node.properties)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=node.log.parent,
            env={name: value for name, value in os.environ.items() if name not in FOREIGN_OPTIONS},
            start_new_session=True,
        )
    process.returncode = 0  # it may outlive this process, and Popen would warn of that
    return Pid.of(process.pid)


def last_lines(node: Node, count: int = 3) -> str:
    """The end of what the process printed, without the places in Java's sources."""
    lines = node.log.read_text(errors="replace").splitlines()
    return "\n".join([line for line in lines if not line.startswith(("\t", "#"))][-count:])
