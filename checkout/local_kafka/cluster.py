"""Local Kafka: fetches, formats, starts, shares and stops a real Kafka, of one broker or of three."""

import contextlib
import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checkout.local_kafka import aot_cache
from checkout.local_kafka.broker_process import (
    KafkaUnavailable,
    Node,
    bootstrap_servers,
    broker_nodes,
    claim_ports,
    last_lines,
    launch,
    prepare,
)
from checkout.local_kafka.download import Progress, class_path, features
from checkout.local_kafka.probe import ClusterInfo, answers
from checkout.local_kafka.state import State, changing, read, write
from checkout.system.java import JarsUnavailable
from checkout.system.pid import Pid

__all__ = ["KafkaUnavailable", "Progress", "Status", "acquire", "processes", "release", "start", "status", "stop"]

STARTED_WITHIN = 60.0  # seconds
STOPPED_WITHIN = 10.0
STOPPED_WITHIN_OF_SEVERAL = 3.0  # the last one, its data closed, would wait for votes of those that have gone
SPACE = 100_000_000  # bytes


class Status(NamedTuple):
    """The local Kafka of one home now: process ids of its brokers (none: it does not run) and of its users."""

    bootstrap_servers: str
    brokers: int
    processes: list[int]
    users: list[int]
    kept: bool


def silent(what: str, share: float) -> None:
    """Shows nobody any progress."""


def acquire(
    home: Path, port_base: int = 8000, brokers: int = 1, on_progress: Progress = silent, make_cache: bool = True
) -> str:
    """The bootstrap servers of a Kafka that stays until this process, and every other user, released it or ended.

    Starts what does not run; `make_cache` lets a background process prepare faster starts. Raises KafkaUnavailable.
    """
    with _in_plain_words(home), changing(home) as state:
        _run(home, state, port_base, brokers, on_progress, make_cache)
        state.users = [*state.living_users(), Pid.own()]
    return bootstrap_servers(broker_nodes(home, state.port_base, brokers))


def start(
    home: Path, port_base: int = 8000, brokers: int = 1, on_progress: Progress = silent, make_cache: bool = True
) -> str:
    """Like `acquire`, but for nobody in particular: it stays until `stop`."""
    with _in_plain_words(home), changing(home) as state:
        _run(home, state, port_base, brokers, on_progress, make_cache)
        state.kept = True
    return bootstrap_servers(broker_nodes(home, state.port_base, brokers))


def release(home: Path) -> None:
    """This process needs Kafka no longer: the last user stops it, unless `start` keeps it."""
    if not (home / "kafka").exists():
        return
    with _in_plain_words(home), changing(home) as state:
        state.users = state.living_users()
        own = next((user for user in state.users if user.number == os.getpid()), None)
        if own:
            state.users.remove(own)
        if not state.users and not state.kept:
            _stop(state)


def stop(home: Path) -> None:
    """Stops it, whoever uses it; its topics stay on disk. Nothing happens when it does not run."""
    if not (home / "kafka").exists():
        return
    with _in_plain_words(home), changing(home) as state:
        _stop(state)
        state.users, state.kept = [], False


def status(home: Path) -> Status:
    """What runs, and for whom."""
    state = read(home)
    servers = bootstrap_servers(broker_nodes(home, state.port_base, state.brokers))
    processes = [state.processes[number].number for number in state.running()]
    return Status(servers, state.brokers, processes, [user.number for user in state.living_users()], state.kept)


def processes(home: Path) -> dict[int, Pid]:
    """The brokers that run, by number."""
    state = read(home)
    return {number: state.processes[number] for number in state.running()}


def _run(home: Path, state: State, port_base: int, brokers: int, on_progress: Progress, make_cache: bool) -> None:
    if state.brokers not in (0, brokers):
        raise KafkaUnavailable(
            f"{home / 'kafka'} holds the data of {state.brokers} broker(s), not of {brokers}: "
            f"use --brokers {state.brokers}, or remove that folder with all its topics"
        )
    if not state.running():
        state.port_base = port_base
    nodes = broker_nodes(home, state.port_base, brokers)
    if len(state.running()) == brokers:
        _wait(nodes, state)
        return
    _check(nodes, state)
    jars = class_path(on_progress)
    on_progress("starting Apache Kafka", 0.0)
    state.brokers = brokers
    for node in _missing(nodes, state):
        prepare(node, state.cluster_id, features(jars))
    _start(nodes, state, jars)
    if make_cache and not state.cache_maker:
        state.cache_maker = aot_cache.make_in_background(jars)


def _check(nodes: list[Node], state: State) -> None:
    home = nodes[0].home
    free = shutil.disk_usage(home).free
    if free < SPACE:
        raise KafkaUnavailable(
            f"{home} has {free // 1_000_000} MB left, Kafka needs {SPACE // 1_000_000}: free some space"
        )
    for node in _missing(nodes, state):
        claim_ports(node)


def _start(nodes: list[Node], state: State, jars: str) -> None:
    options = aot_cache.options(jars)
    try:
        _launch(nodes, state, jars, options)
    except _Died:
        if not options:
            raise
        _launch(nodes, state, jars, [])
        aot_cache.discard(jars)  # without it they start: it was damaged


def _launch(nodes: list[Node], state: State, jars: str, options: list[str]) -> None:
    missing = _missing(nodes, state)
    try:
        for node in missing:
            state.processes[node.number] = launch(node, jars, *options)
        write(nodes[0].home, state)
        _wait(nodes, state)
    except BaseException:
        for node in missing:
            if node.number in state.processes:
                state.processes.pop(node.number).stop(STOPPED_WITHIN_OF_SEVERAL)
        raise


def _missing(nodes: list[Node], state: State) -> list[Node]:
    return [node for node in nodes if not state.runs(node.number)]


class _Died(KafkaUnavailable):
    pass


def _wait(nodes: list[Node], state: State) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    expected = ClusterInfo(state.cluster_id, len(nodes))
    waiting = list(nodes)
    while waiting:
        if dead := _missing(nodes, state):
            raise _Died(f"Kafka ended while it started, see {dead[0].log}:\n{last_lines(dead[0])}")
        if time.monotonic() > deadline:
            raise KafkaUnavailable(f"{_name(waiting[0], state)} does not answer: try `checkout kafka stop`")
        waiting = [node for node in waiting if not answers(node.listener, expected)]
        time.sleep(0.02 if waiting else 0)


def _name(node: Node, state: State) -> str:
    return f"Kafka (process {state.processes[node.number].number}, port {node.listener}, log {node.log})"


def _stop(state: State) -> None:
    for broker in state.processes.values():
        broker.terminate()
    for broker in state.processes.values():
        broker.stop(STOPPED_WITHIN if state.brokers == 1 else STOPPED_WITHIN_OF_SEVERAL)
    if state.cache_maker:
        state.cache_maker.stop(STOPPED_WITHIN)
    state.processes, state.cache_maker = {}, None


@contextlib.contextmanager
def _in_plain_words(home: Path) -> Iterator[None]:
    try:
        yield
    except JarsUnavailable as error:
        raise KafkaUnavailable(str(error)) from error
    except subprocess.SubprocessError as error:
        raise KafkaUnavailable(f"Java cannot run Kafka's tools: {error}") from error
    except OSError as error:
        remedy = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "see who may use it"
        raise KafkaUnavailable(f"Kafka cannot use {error.filename or home}: {error.strerror}: {remedy}") from error
