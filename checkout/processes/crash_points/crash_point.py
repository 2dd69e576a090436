"""Crash point: the point of its work at which a process kills itself, as CHECKOUT_CRASH_AT demands."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from checkout.framework.sql import utc_text
from checkout.journal.hop import utc_now


def kill_process() -> None:
    """Ends this process at once, as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class CrashPoint:
    """The point of a setting such as "W3:2": kills the process when the window W3 is reached the second time.

    Each crash first appends a line to the file at `path`.
    """

    def __init__(self, setting: str, replica: str, path: Path, kill: Callable[[], None] = kill_process) -> None:
        self.window, _, times = setting.partition(":")
        self._times, self._replica, self._path, self._kill = int(times or 1), replica, path, kill
        self._count, self._lock = 0, threading.Lock()

    def reach(self, window: str, last_act: Callable[[], object] = lambda: None) -> None:
        """Counts, if this is the point; kills the process when it is due, after `last_act`.

        If `last_act` raises an exception, the process lives, and the point is due the next time.
        """
        if window == self.window:
            with self._lock:
                self._count += 1
                if self._count >= self._times:
                    last_act()
                    self._record()
                    self._kill()

    def _record(self) -> None:
        crash = {"replica": self._replica, "window": self.window, "time": self._count, "at": utc_text(utc_now())}
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, msgspec.json.encode(crash) + b"\n")
        os.close(file)
