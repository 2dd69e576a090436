"""Process id: identifies a process by number and start time, so that a reused number is not mistaken for it."""

import contextlib
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import msgspec
import psutil  # type: ignore[import-untyped]

from checkout.system.deadline import wait_until

CLOCK_TOLERANCE_SECONDS = 2.0  # a start time seems to change when the machine's clock is set
KILL_TIMEOUT_SECONDS = 5.0


class Pid(msgspec.Struct, frozen=True):
    """A process: its number and its start time in seconds since 1970. The process may have ended."""

    number: int
    started: float

    @classmethod
    def of(cls, number: int) -> "Pid":
        """Returns the process that has this number now. Raises ProcessLookupError when there is none."""
        try:
            return cls(number, psutil.Process(number).create_time())
        except psutil.Error as error:
            raise ProcessLookupError(f"no process has the number {number}") from error

    @classmethod
    def start(cls, command: Sequence[str], **options: Any) -> "Pid":
        """Starts a process that may outlive this one, in a session of its own; `options` are those of Popen."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        process.returncode = 0  # else Popen warns when this process ends first
        return cls.of(process.pid)

    @classmethod
    def own(cls) -> "Pid":
        """Returns the current process."""
        return cls.of(os.getpid())

    def is_alive(self) -> bool:
        """Whether this process runs."""
        return self._process() is not None

    def state(self) -> str:
        """The state of this process as psutil names it, such as `sleeping` or `stopped`; empty when it has ended."""
        process = self._process()
        return str(process.status()) if process else ""

    def terminate(self) -> None:
        """Sends SIGTERM and does not wait. Does nothing when the process has ended."""
        process = self._process()
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()

    def stop(self, grace: float) -> None:
        """Sends SIGTERM, and SIGKILL after `grace` seconds; returns when the process has ended."""
        self.terminate()
        try:
            self._wait(grace)
        except TimeoutError:
            self._kill(with_children=False)

    def kill_with_children(self) -> None:
        """Sends SIGKILL to the process and all its descendants; returns when the process has ended."""
        self._kill(with_children=True)

    def _kill(self, with_children: bool) -> None:
        process = self._process()
        if process is not None:
            for each in [*(process.children(recursive=True) if with_children else []), process]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            with contextlib.suppress(TimeoutError):
                self._wait(KILL_TIMEOUT_SECONDS)

    def _wait(self, seconds: float) -> None:
        wait_until(lambda: not self.is_alive(), seconds, pause=0.01)

    def _process(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.number)
            if abs(process.create_time() - self.started) < CLOCK_TOLERANCE_SECONDS and not _has_ended(process):
                return process
        return None


def _has_ended(process: psutil.Process) -> bool:
    if process.status() != psutil.STATUS_ZOMBIE:
        return False
    with contextlib.suppress(psutil.TimeoutExpired):
        process.wait(0)  # a child process stays in the process table until its parent calls this
        return True
    is_closing: bool = process.num_threads() > 1  # a Java whose main thread has ended still closes its files
    return not is_closing


def processes_with_arguments(*last_arguments: str) -> list[Pid]:
    """Returns the processes of this machine whose command line ends with these arguments."""
    found = psutil.process_iter(["cmdline", "create_time"])
    wanted = list(last_arguments)
    return [
        Pid(each.pid, each.info["create_time"])
        for each in found
        if (each.info["cmdline"] or [])[-len(wanted) :] == wanted
    ]


def describe_listener(port: int) -> str:
    """Returns the process that listens on a TCP port as text, such as `process 123 (java)`.

    Returns `another process` when this user may not see it.
    """
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return "another process"
