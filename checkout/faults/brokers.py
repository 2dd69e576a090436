"""Brokers: faults of a local Kafka - brokers that are stopped, killed, paused or without disk."""

import os
import resource
import signal
from collections.abc import Sequence
from pathlib import Path

from checkout.faults.fault import Fault
from checkout.local_kafka import cluster
from checkout.local_kafka.state import read
from checkout.system.deadline import wait_until
from checkout.system.pid import Pid

STOP_SECONDS = 15.0  # of a clean stop
GIVES_UP_WITHIN = 60.0  # seconds until a broker without disk has ended


def stopped(home: Path, numbers: Sequence[int] = (1,)) -> Fault:
    """SIGTERM to these brokers of the Kafka below `home`, one after the other; they are started again at the end."""

    def inject() -> None:
        for number in numbers:
            _process(home, number).stop(STOP_SECONDS)

    return Fault(f"stop of {_named(numbers)}", _affected(numbers), inject, lambda: start_again(home))


def killed(home: Path, numbers: Sequence[int] = (1,)) -> Fault:
    """kill -9 of these brokers at the same time; they are started again at the end."""

    def inject() -> None:
        for number in numbers:
            _process(home, number).kill_with_children()

    return Fault(f"kill -9 of {_named(numbers)}", _affected(numbers), inject, lambda: start_again(home))


def paused(home: Path, numbers: Sequence[int] = (1,)) -> Fault:
    """SIGSTOP of these brokers: they keep their connections and answer nothing until the end."""

    def send(signal_number: signal.Signals) -> None:
        for number in numbers:
            if number in (running := cluster.processes(home)):
                os.kill(running[number].number, signal_number)

    return Fault(
        f"SIGSTOP of {_named(numbers)}", _affected(numbers),
        lambda: send(signal.SIGSTOP), lambda: send(signal.SIGCONT),
    )  # fmt: skip


def without_disk(home: Path, number: int = 1) -> Fault:
    """A full disk, for one broker, which ends because it cannot write; it is started again at the end. Linux only."""

    def inject() -> None:
        process = _process(home, number)
        resource.prlimit(process.number, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        wait_until(lambda: not process.is_alive(), GIVES_UP_WITHIN)

    return Fault(f"full disk of {_named([number])}", _affected([number]), inject, lambda: start_again(home))


def start_again(home: Path) -> None:
    """Starts the brokers that have ended, and waits until all serve. Raises KafkaUnavailable."""
    known = read(home)
    cluster.acquire(home, known.port_base, known.brokers, make_cache=False)
    cluster.release(home)


def _process(home: Path, number: int) -> Pid:
    return cluster.processes(home)[number]


def _affected(numbers: Sequence[int]) -> list[str]:
    return [f"broker-{number}" for number in numbers]


def _named(numbers: Sequence[int]) -> str:
    return ("broker " if len(numbers) == 1 else "brokers ") + ", ".join(map(str, numbers))
