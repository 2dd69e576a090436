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
    """The processes of a system by replica ("stock-2"), and its home with databases and logs.

    `supervisor` started them; None for a command's.
    """

    name: str
    home: Path
    processes: dict[str, psutil.Process]
    supervisor: Supervisor | None = None

    def cpu_seconds(self) -> dict[str, float]:
        """User and system time by service. Raises ShopError when a process has ended."""
        self.check_alive()
        times = {replica: process.cpu_times() for replica, process in self.processes.items()}
        return _by_service({replica: used.user + used.system for replica, used in times.items()})

    def memory(self) -> dict[str, float]:
        """The proportional set size in bytes by service."""
        return _by_service({name: process.memory_full_info().pss for name, process in self.processes.items()})

    def check_alive(self) -> None:
        """Raises ShopError with the last lines of its log for a process that has ended."""
        for replica, process in self.processes.items():
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                lines = "\n".join(_log(self.home, replica).read_text(errors="replace").splitlines()[-LAST_LINES:])
                raise ShopError(f"{replica} of {self.name} has ended:\n{lines}")

    def stop(self, replica: str, number: int) -> None:
        """Ends the process of one replica with a signal, and waits for its end."""
        process = self.processes.pop(replica)
        process.send_signal(number)
        process.wait(STOP_SECONDS)

    def start(self, replica: str) -> None:
        """Starts one replica of ours without waiting for it."""
        assert self.supervisor
        self.supervisor.launch(replica)
        self.processes[replica] = psutil.Process(self.supervisor.processes[replica].pid.number)


def running(
    system: System, settings: Settings, scale: Mapping[str, int]
) -> contextlib.AbstractContextManager[RunningSystem]:
    """Starts the five services with these settings, and stops them after the block. Topics exist already.

    `scale`: replicas by service, 1 by default. Raises WrongSetting for a command with replicas or with PostgreSQL.
    """
    if not system.command:
        return _running_ours(system, settings, scale)
    if scale or settings.database_url:
        raise WrongSetting(f"--system {system.name}: only our own services run with --scale and --postgres")
    return _running_command(system, settings)


@contextlib.contextmanager
def _running_ours(system: System, settings: Settings, scale: Mapping[str, int]) -> Iterator[RunningSystem]:
    chosen = msgspec.structs.replace(settings, kafka_client=OURS[system.name], **SIMULATED)
    supervisor = Supervisor(chosen, scale, lambda what, done: None)
    supervisor.start(KAFKA_SERVICES)
    try:
        processes = {name: psutil.Process(each.pid.number) for name, each in supervisor.processes.items()}
        yield RunningSystem(system.name, settings.home, processes, supervisor)
    finally:
        supervisor.stop()


@contextlib.contextmanager
def _running_command(system: System, settings: Settings) -> Iterator[RunningSystem]:
    environment = os.environ | as_environment(settings)
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in KAFKA_SERVICES:
            path = _log(settings.home, f"{name}-1")
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "ab") as log:
                children[f"{name}-1"] = subprocess.Popen(
                    [*system.command, name], env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log
                )
        processes = {replica: psutil.Process(child.pid) for replica, child in children.items()}
        yield RunningSystem(system.name, settings.home, processes)
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


def _by_service(figures: Mapping[str, float]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for replica, figure in figures.items():
        name = replica.rpartition("-")[0]
        totals[name] = totals.get(name, 0.0) + figure
    return totals


def _log(home: Path, replica: str) -> Path:
    return home / "logs" / f"{replica}.log"
