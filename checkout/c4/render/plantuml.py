"""PlantUML: one warm process per output that draws diagrams from a pipe, within limits of time and memory."""

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
from pathlib import Path
from types import TracebackType

from checkout.c4.render.toolchain import MEMORY, Toolbox

SECONDS = 20.0  # a large C4 diagram takes under one second; a preprocessor loop takes for ever
OWN, FOREIGN = "ALLOWLIST", "SANDBOX"
COMPLAINT = re.compile(rb"^ERROR\r?\n(\d+)\r?\n([^\n]*)\r?\n?", re.MULTILINE)
CLOSED = re.compile(rb"^@end\w+[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What PlantUML made of one source; `complaint` and its `line` (from 0, in the text sent) when it refused."""

    payload: bytes
    complaint: str = ""
    line: int = 0


class Gone(Exception):
    """The process ended, or was ended, before it answered; the message says why."""


class Worker:
    """One warm PlantUML process for one output (svg, png, preproc); restarted once for a diagram that ends it."""

    def __init__(self, toolbox: Toolbox, output: str, profile: str, folder: Path, seconds: float) -> None:
        self.toolbox, self.output, self.profile = toolbox, output, profile
        self.folder, self.seconds = folder, seconds
        self.lock = threading.Lock()
        self.retired = False
        self.process: subprocess.Popen[bytes] | None = None
        self.home: Path | None = None
        self.token = secrets.token_hex(16)

    def ask(self, source: str) -> Answer:
        """PlantUML's answer to one source, which must open with @start and close with @end."""
        with self.lock:
            try:
                return self._converse(source)
            except Gone as first:
                if isinstance(first.__cause__, TimeoutError):
                    return Answer(b"", f"PlantUML gave no answer within {self.seconds:g} s: is there an endless loop?")
            try:
                return self._converse(source)
            except Gone:
                cause = f"it calls itself for ever, or needs more than {MEMORY} of memory"
                return Answer(b"", f"PlantUML ended twice on this diagram: {cause}")

    def close(self) -> None:
        """Ends the process and removes its room."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what was not yet sent to a dead process
                    assert pipe
                    pipe.close()
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)
            self.home = None

    def _start(self) -> subprocess.Popen[bytes]:
        self.home = Path(tempfile.mkdtemp(prefix="checkout-c4-"))
        process = subprocess.Popen(
            self.toolbox.command(self.home, self.output, self.token),
            env=self.toolbox.environment(self.home, self.profile, self.folder),
            cwd=self.folder if self.profile == OWN else self.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # one stream, so that a complaint can never arrive after its answer's end
            start_new_session=True,
        )
        assert process.stdin and process.stdout
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        return process

    def _converse(self, source: str) -> Answer:
        if self.retired:
            raise Gone("no more is drawn")
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = self._start()
        try:
            return self._understood(self._exchange(self.process, source.encode() + b"\n"))
        except (TimeoutError, OSError, EOFError) as error:
            self.close()
            raise Gone(str(error)) from error

    def _exchange(self, process: subprocess.Popen[bytes], question: bytes) -> bytes:
        assert process.stdin and process.stdout
        end = self.token.encode()
        answer, deadline = bytearray(), time.monotonic() + self.seconds
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            ready.register(process.stdin, selectors.EVENT_WRITE)
            while end not in answer[-len(end) - 4 :]:
                events = ready.select(deadline - time.monotonic())
                if time.monotonic() > deadline:
                    raise TimeoutError
                for key, _ in events:
                    if key.fileobj is process.stdout:
                        answer += _read(process.stdout.fileno())
                    elif question:
                        question = question[os.write(process.stdin.fileno(), question) :]
                    else:
                        ready.unregister(process.stdin)
        return bytes(answer[: answer.rindex(end)])

    def _understood(self, answer: bytes) -> Answer:
        closed = list(CLOSED.finditer(answer)) if self.output == "preproc" else []
        tail = answer[closed[-1].end() :] if closed else answer
        head = answer[: answer.index(b"@start")] if self.output == "preproc" and b"@start" in answer else b""
        complaint = COMPLAINT.search(head) or COMPLAINT.search(tail)
        if complaint is None:
            return Answer(answer)
        return Answer(answer, complaint[2].decode(errors="replace").strip(), int(complaint[1]))


class Studio:
    """The warm workers of one command, started when first needed and all ended on leaving."""

    def __init__(self, toolbox: Toolbox, folder: Path, *, seconds: float = SECONDS) -> None:
        self.toolbox, self.folder, self.seconds = toolbox, folder, seconds
        self.lock = threading.Lock()
        self.workers: dict[tuple[str, str], Worker] = {}

    def ask(self, output: str, source: str, profile: str = FOREIGN) -> Answer:
        """PlantUML's answer in one output (svg, png, preproc), under one security profile."""
        with self.lock:
            key = (output, profile)
            if key not in self.workers:
                self.workers[key] = Worker(self.toolbox, output, profile, self.folder, self.seconds)
            worker = self.workers[key]
        return worker.ask(source)

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.retire()
        for worker in self.workers.values():
            worker.close()

    def retire(self) -> None:
        """Ends what is being drawn: whoever waits for it is answered at once, and no process is started again."""
        for worker in list(self.workers.values()):
            worker.retired = True
            if worker.process is not None:
                worker.process.kill()


def _read(descriptor: int) -> bytes:
    piece = os.read(descriptor, 1 << 16)
    if not piece:
        raise EOFError("the process ended")
    return piece
