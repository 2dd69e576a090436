"""File lock: mutual exclusion between the processes of one machine."""

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(file: Path, while_waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds an exclusive lock on `file` inside a `with` block; a process that dies loses the lock.

    Calls `while_waiting` every 0.05 s while another process holds the lock. There is no time limit.
    """
    with file.open("w") as lock:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            while_waiting()
            time.sleep(0.05)
        yield
