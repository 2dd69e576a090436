"""Bench layers: CPU time by layer, and by SQL statement on SQLite, of a program in one thread."""

import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest import mock

SQLITE = "SQLite"
LENGTH = 40  # characters of a statement
statements: Counter[str] = Counter()  # seconds


class LayerTimes:
    """CPU time in seconds by layer, without that of the layers called from it."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._open: list[str] = ["the rest"]
        self._since = time.thread_time()

    def timed(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time added to that of the layer."""

        def call(*arguments: Any, **named: Any) -> Any:
            self.enter(layer)
            try:
                return function(*arguments, **named)
            finally:
                self.leave()

        return call

    def enter(self, layer: str) -> None:
        """Starts the time of a layer."""
        self._note()
        self._open.append(layer)

    def leave(self) -> None:
        """Ends the time of the layer entered last."""
        self._note()
        self._open.pop()

    def start(self) -> None:
        """Forgets what was measured before."""
        self.seconds.clear()
        self._since = time.thread_time()

    def _note(self) -> None:
        now = time.thread_time()
        self.seconds[self._open[-1]] += now - self._since  # type: ignore[assignment]
        self._since = now


layers = LayerTimes()


class TimedCursor(sqlite3.Cursor):
    """A cursor whose statements are a layer."""

    def execute(self, text: str, *values: Any) -> Any:
        """Executes a statement."""
        return timed_statement(text, super().execute, text, *values)

    def executemany(self, text: str, rows: Any) -> Any:
        """Executes a statement for each row."""
        return timed_statement(text, super().executemany, text, rows)


class TimedConnection(sqlite3.Connection):
    """A connection whose statements and commits are a layer."""

    def cursor(self, *_: Any) -> Any:
        """A cursor, as SQLAlchemy uses it."""
        return super().cursor(TimedCursor)

    def execute(self, text: str, *values: Any) -> Any:
        """Executes a statement."""
        return timed_statement(text, super().execute, text, *values)

    def executemany(self, text: str, rows: Any) -> Any:
        """Executes a statement for each row."""
        return timed_statement(text, super().executemany, text, rows)

    def commit(self) -> None:
        """Commits."""
        timed_statement("COMMIT", super().commit)

    def __exit__(self, *error: Any) -> Any:
        """Commits, or rolls back."""
        return timed_statement("COMMIT", super().__exit__, *error)


def timed_statement(text: str, execute: Callable[..., Any], *arguments: Any) -> Any:
    """Executes a statement, and adds its CPU time to `statements`."""
    layers.enter(SQLITE)
    before = time.thread_time()
    result = execute(*arguments)
    statements[text[:LENGTH].replace("\n", " ")] += time.thread_time() - before  # type: ignore[assignment]
    layers.leave()
    return result


@contextlib.contextmanager
def timed_sqlite() -> Iterator[None]:
    """Measures the connections opened in the block."""
    timed = partial(sqlite3.connect, factory=TimedConnection)
    with mock.patch.object(sqlite3, "connect", timed), mock.patch.object(sqlite3.dbapi2, "connect", timed):
        yield
