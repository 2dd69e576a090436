"""Systems: starts and stops the five services that a benchmark measures, ours or those of a command."""

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]

from checkout.processes.shop_file import ShopError
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.settings import KAFKA_CLIENTS, KAFKA_PYTHON, SIMULATED, Settings, WrongSetting, as_environment

OURS = {"checkout": KAFKA_PYTHON} | {f"checkout-{client}": client for client in KAFKA_CLIENTS}  # name: Kafka client
STOP_SECONDS = 20.0
LAST_LINES = 5


class System(msgspec.Struct, frozen=True):
    """A system to measure. `command`, followed by a service's name, starts that service; empty for our own."""

    name: str
    command: tuple[str, ...] = ()


def parse_system(text: str) -> System:
    """A system from `NAME=COMMAND`, or from the name of one of ours. Raises WrongSetting."""
    name, _, command = text.partition("=")
    if name and command:
        return System(name, tuple(shlex.split(command)))
    if text in OURS:
        return System(text)
    raise WrongSetting(f"--system {text}: write NAME=COMMAND, or one of {', '.join(OURS)}")


class RunningSystem(msgspec.Struct):
    """The processes of a system by service, and its home with databases and logs."""

    name: str
    home: Path
    processes: Mapping[str, psutil.Process]

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time of each process. Raises ShopError when one has ended."""
        self.check_alive()
        times = {name: process.cpu_times() for name, process in self.processes.items()}
        return {name: used.user + used.system for name, used in times.items()}

    def memory(self) -> dict[str, int]:
        """The proportional set size of each process in bytes."""
        return {name: process.memory_full_info().pss for name, process in self.processes.items()}

    def check_alive(self) -> None:
        """Raises ShopError with the last lines of its log for a process that has ended."""
        for name, process in self.processes.items():
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                lines = "\n".join(_log(self.home, name).read_text(errors="replace").splitlines()[-LAST_LINES:])
                raise ShopError(f"{name} of {self.name} has ended:\n{lines}")


@contextlib.contextmanager
def running(system: System, settings: Settings) -> Iterator[RunningSystem]:
    """Starts the five services with these settings, and stops them after the block. Topics exist already."""
    with _running_command(system, settings) if system.command else _running_ours(system, settings) as pids:
        yield RunningSystem(system.name, settings.home, {name: psutil.Process(pid) for name, pid in pids.items()})


@contextlib.contextmanager
def _running_ours(system: System, settings: Settings) -> Iterator[dict[str, int]]:
    chosen = msgspec.structs.replace(settings, kafka_client=OURS[system.name], **SIMULATED)
    supervisor = Supervisor(chosen, {}, lambda what, done: None)
    supervisor.start(KAFKA_SERVICES)
    try:
        yield {process.name: process.pid.number for process in supervisor.processes.values()}
    finally:
        supervisor.stop()


@contextlib.contextmanager
def _running_command(system: System, settings: Settings) -> Iterator[dict[str, int]]:
    environment = os.environ | as_environment(settings)
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in KAFKA_SERVICES:
            _log(settings.home, name).parent.mkdir(parents=True, exist_ok=True)
            with open(_log(settings.home, name), "ab") as log:
                children[name] = subprocess.Popen(
                    [*system.command, name], env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log
                )
        yield {name: child.pid for name, child in children.items()}
    except OSError as error:
        raise ShopError(f"{system.name} cannot start: {error}") from error
    finally:
        for child in children.values():
            child.send_signal(signal.SIGTERM)
        for child in children.values():
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdin:
        child.stdin.close()


def _log(home: Path, name: str) -> Path:
    return home / "logs" / f"{name}-1.log"
