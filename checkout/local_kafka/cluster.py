"""Local cluster: starts, shares and stops a real Kafka on this machine, of one broker or of three."""

import contextlib
import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checkout.errors import KafkaUnavailable
from checkout.local_kafka import aot_cache, security
from checkout.local_kafka.broker_config import BrokerConfig, bootstrap_servers, broker_configs
from checkout.local_kafka.broker_process import free_ports, last_log_lines, start_broker
from checkout.local_kafka.download import Progress, class_path, no_progress
from checkout.local_kafka.probe import ClusterInfo, is_serving
from checkout.local_kafka.state import State, locked_state, read, write
from checkout.local_kafka.storage import format_storage
from checkout.system.java import JarsUnavailable
from checkout.system.pid import Pid

__all__ = ["KafkaUnavailable", "Progress", "Status", "acquire", "processes", "release", "status", "stop"]

START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 10.0
# The last broker of several has closed its data, but would wait for votes of controllers that have stopped.
STOP_TIMEOUT_SECONDS_OF_SEVERAL = 3.0
MIN_FREE_BYTES = 100_000_000


class Status(NamedTuple):
    """The local Kafka of a home folder now.

    `processes` are the process ids of its running brokers, `users` those of the processes that acquired it, `kept` is
    true from `acquire` with `keep` to `stop`, `secured` whether it has TLS, users and access rules.
    """

    bootstrap_servers: str
    brokers: int
    processes: list[int]
    users: list[int]
    kept: bool
    secured: bool


def acquire(
    home: Path,
    port_base: int = 8000,
    brokers: int = 1,
    on_progress: Progress = no_progress,
    make_cache: bool = True,
    keep: bool = False,
    secured: bool = False,
) -> str:
    """Starts Kafka unless it runs, and registers this process as a user. Returns the bootstrap servers.

    Kafka runs until every user has called `release` or has ended. Processes may call this at the same time.

    Args:
        home: folder of the data (`kafka/`) and logs (`logs/`); one Kafka per folder.
        port_base: lowest port of the store, from which Kafka's ports are counted; a running Kafka keeps its ports.
        brokers: 1 or 3; may not change while the folder has data.
        on_progress: called with the present action and the share of it that is done, from 0 to 1.
        make_cache: start a background process that makes the next starts faster.
        keep: let Kafka run without users until `stop`, and do not register this process.
        secured: make a new Kafka with TLS, users and access rules; one that has data stays as it is.

    Raises KafkaUnavailable when the jars cannot be downloaded, a port is taken, the disk is full, the folder has data
    of another number of brokers or is not secured, or a broker does not serve within 60 seconds.
    """
    with _translate_errors(home), locked_state(home) as state:
        _check_broker_count(home, state, brokers)
        if secured:
            _secure(home, state)
        if not state.running():
            state.port_base = port_base
        configs = broker_configs(home, state.port_base, brokers)
        if stopped := _stopped(configs, state):
            _start_stopped(configs, stopped, state, on_progress, make_cache)
        else:
            _wait_until_serving(configs, state)
        state.users = state.living_users() + ([] if keep else [Pid.own()])
        state.kept = state.kept or keep
        return bootstrap_servers(configs)


def _check_broker_count(home: Path, state: State, brokers: int) -> None:
    if state.brokers not in (0, brokers):
        raise KafkaUnavailable(
            f"{home / 'kafka'} holds the data of {state.brokers} broker(s), not of {brokers}: "
            f"use --brokers {state.brokers}, or remove that folder with all its topics"
        )


def _secure(home: Path, state: State) -> None:
    if not security.is_secured(home):
        _check_new(home, state)
        security.create(home)


def _check_new(home: Path, state: State) -> None:
    if state.brokers:
        remedy = "set CHECKOUT_HOME to a new folder, or remove that one with all its topics"
        raise KafkaUnavailable(f"{home / 'kafka'} holds the data of a Kafka that is not secured: {remedy}")


def release(home: Path) -> None:
    """Undoes one `acquire` of this process. Stops Kafka when no user is left, unless `acquire` was called with `keep`.

    Does nothing when the folder has no Kafka. Raises KafkaUnavailable when the folder cannot be written.
    """
    if not (home / "kafka").exists():
        return
    with _translate_errors(home), locked_state(home) as state:
        state.users = state.living_users()
        own = next((user for user in state.users if user.number == os.getpid()), None)
        if own:
            state.users.remove(own)
        if not state.users and not state.kept:
            _stop(state)


def stop(home: Path) -> None:
    """Stops Kafka even if it has users; the topics stay on disk. Does nothing when it does not run.

    Raises KafkaUnavailable when the folder cannot be written.
    """
    if not (home / "kafka").exists():
        return
    with _translate_errors(home), locked_state(home) as state:
        _stop(state)
        state.users, state.kept = [], False


def status(home: Path) -> Status:
    """Returns whether the Kafka of a home folder runs, and for which users. Neither waits nor changes anything."""
    state = read(home)
    servers = bootstrap_servers(broker_configs(home, state.port_base, state.brokers))
    running = [process.number for process in state.running().values()]
    users = [user.number for user in state.living_users()]
    return Status(servers, state.brokers, running, users, state.kept, security.is_secured(home))


def processes(home: Path) -> dict[int, Pid]:
    """Returns the processes of the running brokers by broker number."""
    return read(home).running()


def _start_stopped(
    configs: list[BrokerConfig], stopped: list[BrokerConfig], state: State, on_progress: Progress, make_cache: bool
) -> None:
    jars = _prepare(stopped, state, on_progress)
    _start(configs, state, jars)
    if make_cache and not state.cache_maker:
        state.cache_maker = aot_cache.make_in_background(jars)


def _prepare(stopped: list[BrokerConfig], state: State, on_progress: Progress) -> str:
    home = stopped[0].home
    free = shutil.disk_usage(home).free
    if free < MIN_FREE_BYTES:
        raise KafkaUnavailable(
            f"{home} has {free // 1_000_000} MB left, Kafka needs {MIN_FREE_BYTES // 1_000_000}: free some space"
        )
    for broker in stopped:
        free_ports(broker)
    jars = class_path(on_progress)
    on_progress("starting Apache Kafka", 0.0)
    state.brokers = stopped[0].brokers
    for broker in stopped:
        format_storage(broker, state.cluster_id, jars)
    return jars


def _start(configs: list[BrokerConfig], state: State, jars: str) -> None:
    java_options = aot_cache.java_options(jars)
    try:
        _start_with(configs, state, jars, java_options)
    except _BrokerExited:
        if not java_options:
            raise
        _start_with(configs, state, jars, [])
        aot_cache.discard(jars)  # it was damaged: without it the brokers start


def _start_with(configs: list[BrokerConfig], state: State, jars: str, java_options: list[str]) -> None:
    stopped = _stopped(configs, state)
    try:
        for broker in stopped:
            state.processes[broker.number] = start_broker(broker, jars, *java_options)
        write(configs[0].home, state)
        _wait_until_serving(configs, state)
    except BaseException:
        for broker in stopped:
            if broker.number in state.processes:
                state.processes.pop(broker.number).stop(STOP_TIMEOUT_SECONDS_OF_SEVERAL)
        raise


def _stopped(configs: list[BrokerConfig], state: State) -> list[BrokerConfig]:
    running = state.running()
    return [broker for broker in configs if broker.number not in running]


class _BrokerExited(KafkaUnavailable):
    pass


def _wait_until_serving(configs: list[BrokerConfig], state: State) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    expected = ClusterInfo(state.cluster_id, len(configs))
    waiting, login = list(configs), security.client_security(configs[0].home)
    while waiting:
        if exited := _stopped(configs, state):
            log = exited[0].log_file
            raise _BrokerExited(f"Kafka ended while it started, see {log}:\n{last_log_lines(exited[0])}")
        if time.monotonic() > deadline:
            broker, process = waiting[0], state.processes[waiting[0].number].number
            place = f"process {process}, port {broker.port}, log {broker.log_file}"
            raise KafkaUnavailable(f"Kafka ({place}) does not answer: try `checkout kafka stop`")
        waiting = [broker for broker in waiting if not is_serving(broker.port, expected, login)]
        time.sleep(0.02 if waiting else 0)


def _stop(state: State) -> None:
    for broker in state.processes.values():
        broker.terminate()
    for broker in state.processes.values():
        broker.stop(STOP_TIMEOUT_SECONDS if state.brokers == 1 else STOP_TIMEOUT_SECONDS_OF_SEVERAL)
    if state.cache_maker:
        state.cache_maker.stop(STOP_TIMEOUT_SECONDS)
    state.processes, state.cache_maker = {}, None


@contextlib.contextmanager
def _translate_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except JarsUnavailable as error:
        raise KafkaUnavailable(str(error)) from error
    except subprocess.SubprocessError as error:
        raise KafkaUnavailable(f"Java cannot run Kafka's tools: {error}") from error
    except OSError as error:
        remedy = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "see who may use it"
        raise KafkaUnavailable(f"Kafka cannot use {error.filename or home}: {error.strerror}: {remedy}") from error
