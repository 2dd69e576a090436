"""Watch: redraws what changes, as long as one looks."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from checkout.c4.finding import Refused
from checkout.c4.include import read_diagrams
from checkout.c4.render import tree_of

PAUSE = 0.1


def changes(files: Callable[[], Iterable[Path]], going_on: Callable[[], bool] = lambda: True) -> Iterator[list[Path]]:
    """The diagram files to redraw, each time some of them, or what they include, have changed."""
    seen = {file: _times(file) for file in files()}
    while going_on():
        now = {file: _times(file) for file in files()}
        changed = [file for file, times in now.items() if seen.get(file) != times]
        seen = now
        if changed:
            yield changed
        else:
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
