"""Watch: polls diagrams and the files they include for changes."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from checkout.c4.findings import DiagramError
from checkout.c4.source.diagrams import source_root
from checkout.c4.source.includes import read_diagrams

PAUSE = 0.1  # seconds between two polls


class Watch:
    """Remembers the files' times when it is made; iterating yields, after each change, the files to render again."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self.files = files
        self.seen = {file: _times(file) for file in files()}

    def __iter__(self) -> Iterator[list[Path]]:
        while True:
            now = {file: _times(file) for file in self.files()}
            changed = [file for file, times in now.items() if self.seen.get(file) != times]
            self.seen = now
            if changed:
                yield changed
            time.sleep(PAUSE)


def _times(file: Path) -> tuple[tuple[Path, int], ...]:
    paths = [file]
    with suppress(DiagramError, OSError):  # the file is being written: its own time says when to look again
        paths += [path for diagram in read_diagrams(file, source_root(file)) for path in diagram.included]
    return tuple((path, _time(path)) for path in dict.fromkeys(paths))


def _time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
