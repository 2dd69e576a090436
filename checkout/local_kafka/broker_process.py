"""Broker process: starts one broker of the local Kafka, and frees the ports it needs."""

import os
import subprocess
from functools import partial

from checkout.errors import KafkaUnavailable
from checkout.local_kafka.broker_config import BrokerConfig
from checkout.system.deadline import wait_until
from checkout.system.java import JAVA
from checkout.system.pid import Pid, describe_listener, processes_with_arguments
from checkout.system.ports import is_free

JVM_FLAGS = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xlog:disable",  # else Java warns of a cache that another copy of the same Java has made
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
JAVA_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH")  # not for the broker
BROKER_CLASS = "kafka.Kafka"


def start_broker(broker: BrokerConfig, jars: str, *java_options: str) -> Pid:
    """Starts a broker whose storage is formatted, and does not wait until it serves. `jars` is the class path.

    The process has a session of its own: Ctrl-C in the terminal stops the services first, then they stop Kafka.
    """
    if broker.log_file.exists():
        broker.log_file.replace(broker.log_file.with_suffix(".old"))
    with broker.log_file.open("wb") as log:
        return Pid.start(
            [JAVA, *JVM_FLAGS, *java_options, "-cp", jars, BROKER_CLASS, str(broker.properties_file)],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=broker.log_file.parent,
            umask=0o077,  # only this user reads what the broker writes
            env={name: value for name, value in os.environ.items() if name not in JAVA_VARIABLES},
        )


def find_processes(broker: BrokerConfig) -> list[Pid]:
    """Returns the running processes of this broker, found by their command line."""
    return processes_with_arguments(BROKER_CLASS, str(broker.properties_file))


def free_ports(broker: BrokerConfig) -> None:
    """Makes the broker's ports available: stops an earlier process of it that is missing in the state file.

    Raises KafkaUnavailable when another program listens on one of them.
    """
    for port in (broker.port, broker.controller_port):
        if not is_free(port):
            for process in find_processes(broker):
                process.stop(5)
        try:
            wait_until(partial(is_free, port), 1)  # a process that was just killed may still be closing its sockets
        except TimeoutError:
            listener, remedy = describe_listener(port), "end it, or choose others with --port-base"
            raise KafkaUnavailable(f"port {port} is taken by {listener}: {remedy}") from None


def last_log_lines(broker: BrokerConfig, count: int = 3) -> str:
    """Returns the last lines of the broker's log without Java's stack traces."""
    lines = broker.log_file.read_text(errors="replace").splitlines()
    return "\n".join([line for line in lines if not line.startswith(("\t", "#"))][-count:])
