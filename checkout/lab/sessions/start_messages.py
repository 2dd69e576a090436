"""Start messages: what a learner sees while Kafka is downloaded, about a minute at the first use. Later, nothing."""

import contextlib
import time
from collections.abc import Iterator

from checkout.local_kafka.download import ACTION, Progress

PATIENCE = 2.0  # seconds without a byte, after which the download is announced all the same


@contextlib.contextmanager
def start_messages(patience: float = PATIENCE) -> Iterator[Progress]:
    """Prints the progress of a download in one line while the block runs; the block gets a function for it.

    Nothing is printed for a Kafka that only has to start, so that recorded outputs do not depend on it.
    """
    started, lines = time.monotonic(), list[str]()

    def on_progress(action: str, share: float) -> None:
        is_download = action == ACTION
        if lines or (is_download and (share or time.monotonic() - started > patience)):
            line = f"{action}, only this once: {share:.0%}" if is_download else action
            if line not in lines:
                _replace_line(lines, line)

    yield on_progress
    if lines:
        _replace_line(lines, "Apache Kafka runs on this machine now")
        print(flush=True)


def _replace_line(lines: list[str], line: str) -> None:
    # A carriage return writes over the line before, in notebooks and in terminals.
    padding = " " * (len(lines[-1]) - len(line) if lines else 0)
    print(f"\r{line}{padding}" if lines else line, end="", flush=True)
    lines.append(line)
