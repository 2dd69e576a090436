"""Local Kafka: fetches, formats, starts, shares and stops a real Kafka, of one broker or of three."""

import contextlib
import errno
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from checkout.java import JarsUnavailable
from checkout.runtime import kafka_cache, kafka_parts
from checkout.runtime.kafka_node import (
    HOST,
    KafkaUnavailable,
    Node,
    bootstrap_servers,
    claim_ports,
    cluster,
    last_lines,
    launch,
    new_id,
    prepare,
)
from checkout.runtime.kafka_parts import Progress
from checkout.runtime.kafka_probe import Cluster, answers
from checkout.runtime.pid import Pid

__all__ = ["KafkaUnavailable", "Progress", "Status", "acquire", "release", "start", "status", "stop"]

STARTED_WITHIN = 60.0  # seconds
STOPPED_WITHIN = {1: 10.0, 3: 3.0}  # the last of three waits for a quorum that has gone, after its data are safe
SPACE = 100_000_000  # bytes


class Status(NamedTuple):
    """The local Kafka of one home as it is now; it runs when it has processes."""

    bootstrap_servers: str
    brokers: int
    processes: list[int]
    users: list[int]
    kept: bool


class _State(msgspec.Struct):
    """What `state.json` remembers from one command to the next."""

    cluster_id: str
    brokers: int
    port_base: int
    processes: dict[int, Pid] = {}  # by the number of the broker
    users: list[Pid] = []
    kept: bool = False
    cache_maker: Pid | None = None


def _silent(what: str, share: float) -> None:
    pass


def acquire(
    home: Path, port_base: int = 8000, brokers: int = 1, on_progress: Progress = _silent, make_cache: bool = True
) -> str:
    """The bootstrap servers of a Kafka that runs until this process ends or calls `release`, and no other uses it.

    Starts what does not run; `make_cache` lets a background process prepare faster starts. Raises KafkaUnavailable.
    """
    with _state_of(home) as states:
        state = _running(home, states, (port_base, brokers), on_progress, make_cache)
