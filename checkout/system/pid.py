"""Pid: one process, told apart from a later one that got the same number."""

import contextlib
import os
import time

import msgspec
import psutil  # type: ignore[import-untyped]

CLOCK_STEP = 2.0  # seconds by which a start time may seem to move when the machine's clock is set


class Pid(msgspec.Struct, frozen=True):
    """A process by its number and its start time in seconds since 1970."""

    number: int
    started: float

    @classmethod
    def of(cls, number: int) -> "Pid":
        """The process that has this number now. Raises ProcessLookupError when there is none."""
        try:
            return cls(number, psutil.Process(number).create_time())
        except psutil.Error as error:
            raise ProcessLookupError(f"no process has the number {number}") from error

    @classmethod
    def own(cls) -> "Pid":
        """The process that runs this code."""
        return cls.of(os.getpid())

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return self._process() is not None

    def terminate(self) -> None:
        """Asks it to end, and does not wait."""
        process = self._process()
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()

    def stop(self, grace: float) -> None:
        """Asks it to end, and after `grace` seconds makes it. Nothing happens when it has ended already."""
        self.terminate()
        if not self._ends_within(grace) and (process := self._process()) is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            self._ends_within(grace)

    def kill_with_children(self) -> None:
        """Ends it and what it started, at once."""
        process = self._process()
        if process is not None:
            for one in [*process.children(recursive=True), process]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            self._ends_within(5)

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while (alive := self.is_alive()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return not alive

    def _process(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.number)
            if abs(process.create_time() - self.started) < CLOCK_STEP and not _has_ended(process):
                return process
        return None


def _has_ended(process: psutil.Process) -> bool:
    if process.status() != psutil.STATUS_ZOMBIE:
        return False
    with contextlib.suppress(psutil.TimeoutExpired):
        process.wait(0)  # a child of ours stays on the system's list until somebody does
        return True
    ending: bool = process.num_threads() > 1  # a Java whose first thread has ended still closes its files
    return not ending


def processes_called(*last_arguments: str) -> list[Pid]:
    """The processes of this machine whose command line ends with these arguments."""
    found = psutil.process_iter(["cmdline", "create_time"])
    wanted = list(last_arguments)
    return [
        Pid(one.pid, one.info["create_time"]) for one in found if (one.info["cmdline"] or [])[-len(wanted) :] == wanted
    ]


def listener_on(port: int) -> str:
    """Who listens on a TCP port, as `process 123 (java)`, as far as this user may know."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return "another process"
