"""Programs: processes outside the lab that do the work of a service, and the HTTP addresses that they call."""

import inspect
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

from checkout.lab.browser import needs_processes
from checkout.lab.errors import LabError
from checkout.messaging.log import Broker, Partition

TIMEOUT = 30.0  # seconds within which a program consumes what its topics hold
STOP_TIMEOUT = 10.0  # seconds
PAUSE = 0.02  # seconds between two looks at the committed offsets


class Program:
    """A program that can replace a service: `lab.replace("payments", Program(plain_payments))`.

    `file`: a Python file, or the module that it is. `arguments`: passed first; a function is passed as FILE:NAME.
    Then the lab passes `--bootstrap-servers`, `--prefix` (of topics), `--group` and `--payment-provider` (a URL).
    `reads`: the topics that it reads; by default those of the replaced service. It has to commit what it has handled:
    `lab.run` waits for that. Raises LabError for a file that does not exist.
    """

    def __init__(
        self, file: ModuleType | str | Path, *arguments: str | Callable[..., Any], reads: Sequence[str] = ()
    ) -> None:
        self.file = Path(str(file.__file__) if isinstance(file, ModuleType) else file).absolute()
        self.arguments, self.reads = [_as_text(argument) for argument in arguments], tuple(reads)
        if not self.file.is_file():
            raise LabError(f"there is no program {self.file.name}: save it in a file")

    def __repr__(self) -> str:
        return f"the program {self.file.name}"


def _as_text(argument: str | Callable[..., Any]) -> str:
    if isinstance(argument, str):
        return argument
    file = inspect.getsourcefile(argument) or ""
    if not Path(file).is_file():
        raise LabError(f"{argument.__qualname__} is defined in a cell: save it in a file that the program can import")
    return f"{file}:{argument.__qualname__}"


class RunningProgram:
    """A started program: its process, its topics, and the offsets from which the lab has not noted it yet."""

    def __init__(self, program: Program, reads: Sequence[str], options: Sequence[str]) -> None:
        self.program, self.reads = program, list(reads)
        self.noted: dict[Partition, int] = {}
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - `stop` closes it
        command = [sys.executable, "-m", "checkout.system.guarded_process"]
        command += [sys.executable, str(program.file), *program.arguments, *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self._output, stderr=self._output, start_new_session=True
        )

    def check_runs(self) -> None:
        """Raises LabError with the last line of its output when it has ended."""
        status = self._process.poll()
        if status is not None:
            self._output.seek(0)
            lines = self._output.read().decode("utf-8", "replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "no output")
            raise LabError(f"{self.program} has ended with status {status}: {last}")

    def stop(self) -> None:
        """Ends the process: SIGTERM, and SIGKILL after some seconds."""
        try:
            self._process.communicate(timeout=STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()


class Programs:
    """The running programs of one run of a lab by the service that they replace, and its HTTP servers."""

    def __init__(self) -> None:
        self.running: dict[str, RunningProgram] = {}
        self._urls: dict[str, str] = {}
        self._servers = ExitStack()

    def serve(self, name: str, system: Any) -> str:
        """Serves an external system over HTTP on a free port of this machine, and returns the URL."""
        needs_processes("a server")
        from checkout.lab.programs import http_servers  # only programs outside of the lab need HTTP

        if name not in self._urls:
            self._urls[name] = self._servers.enter_context(http_servers.serve(name, system))
        return self._urls[name]

    def start(self, service: str, program: Program, reads: Sequence[str], options: Mapping[str, str]) -> RunningProgram:
        """Starts a program in place of a service that reads these topics; its options are its last arguments."""
        last = [part for name, value in options.items() for part in (f"--{name}", value)]
        running = self.running[service] = RunningProgram(program, program.reads or reads, last)
        return running

    def check_replaced(self, service: str) -> None:
        """Raises LabError when a program does the work of this service."""
        if service in self.running:
            program = self.running[service].program
            raise LabError(f"{program} does the work of {service}: lab.replace puts a service in its place")

    def await_commits(self, broker: Broker) -> None:
        """Waits until each program has committed all records of its topics.

        Raises LabError when a program has ended, or has not done so within 30 seconds.
        """
        deadline = time.monotonic() + TIMEOUT
        for service, running in self.running.items():
            while left := sum(lag.records for lag in broker.lags(service, running.reads).values()):
                running.check_runs()
                if time.monotonic() > deadline:
                    raise LabError(f"{running.program} has not consumed {left} records within {TIMEOUT:.0f} s")
                time.sleep(PAUSE)

    def stop(self, service: str) -> None:
        """Ends the program that does the work of this service, if there is one."""
        if running := self.running.pop(service, None):
            running.stop()

    def close(self) -> None:
        """Ends all programs and servers."""
        for service in list(self.running):
            self.stop(service)
        self._servers.close()
        self._urls = {}
