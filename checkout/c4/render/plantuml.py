"""PlantUML: a pool of warm PlantUML processes that convert diagrams through pipes, within limits of time and memory."""

import contextlib
import os
import re
import secrets
import selectors
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from checkout.c4.render.toolchain import MEMORY, Toolchain

TIMEOUT = 20.0  # seconds; a large C4 diagram takes less than one
ERROR = re.compile(rb"^ERROR\r?\n(\d+)\r?\n([^\n]*)\r?\n?", re.MULTILINE)
END_OF_DIAGRAM = re.compile(rb"^@end\w+[ \t]*\r?$", re.MULTILINE)


class Profile(StrEnum):
    """PlantUML's security profiles: `OWN` may read the folder of the diagrams, `FOREIGN` reads no file at all."""

    OWN = "ALLOWLIST"
    FOREIGN = "SANDBOX"


@dataclass(frozen=True)
class PlantUmlOutput:
    """The output for one source; if PlantUML rejects it, its `error` and the 0-based `line` of the text sent."""

    payload: bytes
    error: str = ""
    line: int = 0


class ProcessEnded(Exception):
    """The process ended, or was killed, before its output was complete."""


class PlantUmlProcess:
    """One warm PlantUML process for one output format (svg, png or preproc), restarted once if a diagram crashes it."""

    def __init__(self, toolchain: Toolchain, output: str, profile: Profile, folder: Path) -> None:
        self.toolchain, self.output, self.profile = toolchain, output, profile
        self.folder, self.timeout = folder, TIMEOUT
        self.lock = threading.Lock()
        self.cancelled = False
        self.process: subprocess.Popen[bytes] | None = None
        self.home: Path | None = None
        self.token = secrets.token_hex(16)

    def convert(self, source: str) -> PlantUmlOutput:
        """The output for one source, from its @start to its @end line. A crash or timeout is an error in the output."""
        with self.lock:
            for _ in range(2):  # restarted once
                try:
                    return self._convert(source)
                except ProcessEnded as ended:
                    if isinstance(ended.__cause__, TimeoutError):
                        error = f"PlantUML gave no answer within {self.timeout:g} s: is there an endless loop?"
                        return PlantUmlOutput(b"", error)
            cause = f"the diagram calls itself endlessly, or needs more than {MEMORY} of memory"
            return PlantUmlOutput(b"", f"PlantUML crashed twice: {cause}")

    def close(self) -> None:
        """Ends the process and removes its temporary home folder."""
        process, self.process = self.process, None
        if process is not None:
            with process:  # closes its pipes and waits for it
                process.kill()
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)
            self.home = None

    def cancel(self) -> None:
        """Kills the process and prevents a restart; a conversion in progress fails at once."""
        self.cancelled = True
        if self.process is not None:
            self.process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        self.home = Path(tempfile.mkdtemp(prefix="checkout-c4-"))
        process = subprocess.Popen(
            self.toolchain.command(self.home, self.output, self.token),
            env=self.toolchain.environment(self.home, self.profile, self.folder),
            cwd=self.folder if self.profile is Profile.OWN else self.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # one stream, so that an error never arrives after the end of its output
            start_new_session=True,
        )
        assert process.stdin and process.stdout
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        return process

    def _convert(self, source: str) -> PlantUmlOutput:
        if self.cancelled:
            raise ProcessEnded("the pool is closed")
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = self._start()
        try:
            return self._parse(self._exchange(self.process, source.encode() + b"\n"))
        except (TimeoutError, OSError, EOFError) as error:
            self.close()
            raise ProcessEnded(str(error)) from error

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes) -> bytes:
        assert process.stdin and process.stdout
        end = self.token.encode()
        response, deadline = bytearray(), time.monotonic() + self.timeout
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            selector.register(process.stdin, selectors.EVENT_WRITE)
            while end not in response[-len(end) - 4 :]:
                events = selector.select(deadline - time.monotonic())
                if time.monotonic() > deadline:
                    raise TimeoutError
                for key, _ in events:
                    if key.fileobj is process.stdout:
                        response += _read(process.stdout.fileno())
                    elif request:
                        request = request[os.write(process.stdin.fileno(), request) :]
                    else:
                        selector.unregister(process.stdin)
        return bytes(response[: response.rindex(end)])

    def _parse(self, response: bytes) -> PlantUmlOutput:
        # A preprocessed diagram may hold the word ERROR itself: only what surrounds it is searched.
        is_text = self.output == "preproc"
        ends = list(END_OF_DIAGRAM.finditer(response)) if is_text else []
        tail = response[ends[-1].end() :] if ends else response
        head = response[: response.index(b"@start")] if is_text and b"@start" in response else b""
        error = ERROR.search(head) or ERROR.search(tail)
        if error is None:
            return PlantUmlOutput(response)
        return PlantUmlOutput(response, error[2].decode(errors="replace").strip(), int(error[1]))


class PlantUmlPool(contextlib.AbstractContextManager["PlantUmlPool"]):
    """Warm PlantUML processes, one per output format and profile, started on first use and ended on exit."""

    def __init__(self, toolchain: Toolchain, folder: Path) -> None:
        self.toolchain, self.folder = toolchain, folder
        self.lock = threading.Lock()
        self.processes: dict[tuple[str, Profile], PlantUmlProcess] = {}

    def convert(self, output: str, source: str, profile: Profile = Profile.FOREIGN) -> PlantUmlOutput:
        """The output for a source in one format (svg, png or preproc). Waits up to TIMEOUT seconds."""
        with self.lock:
            key = (output, profile)
            if key not in self.processes:
                self.processes[key] = PlantUmlProcess(self.toolchain, output, profile, self.folder)
            process = self.processes[key]
        return process.convert(source)

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self.close()

    def close(self) -> None:
        """Ends all processes; the next conversion starts new ones unless the pool was cancelled."""
        for process in self.processes.values():
            process.close()

    def cancel(self) -> None:
        """Makes conversions in progress fail at once; no process is started again."""
        for process in list(self.processes.values()):
            process.cancel()


def _read(descriptor: int) -> bytes:
    chunk = os.read(descriptor, 1 << 16)
    if not chunk:
        raise EOFError("the process ended")
    return chunk
