"""Watch: redraws what changes, as long as one looks."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from checkout.c4.findings import Refused
from checkout.c4.render.renderer import tree_of
from checkout.c4.source.includes import read_diagrams

PAUSE = 0.1


class Watch:
    """What the files were when this was made; iterating yields, each time some have changed, those to redraw."""

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
    try:
        included = [path for diagram in read_diagrams(file, tree_of(file)) for path in diagram.included]
    except (Refused, OSError):
        included = []  # being written; its own time says when it is worth another look
    return tuple((path, _time(path)) for path in dict.fromkeys([file, *included]))


def _time(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
