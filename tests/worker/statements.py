"""Statements: what a database is asked, through SQLAlchemy or, on SQLite, through the driver."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from sqlalchemy import Connection, Engine, event

from checkout.framework import sql

Statement = tuple[str, Any]  # the text and its parameters


class NotingConnection:
    """A driver's connection that notes what it executes."""

    def __init__(self, connection: sqlite3.Connection, seen: list[Statement]) -> None:
        self._connection, self._seen = connection, seen

    def execute(self, text: str, values: Sequence[Any]) -> Any:
        self._seen.append((text, values))
        return self._connection.execute(text, values)

    def executemany(self, text: str, rows: Sequence[Any]) -> Any:
        self._seen.append((text, rows))
        return self._connection.executemany(text, rows)


@contextmanager
def executed_statements(db: Connection | Engine) -> Iterator[list[Statement]]:
    """The statements executed in the block; many rows for one text are one statement."""
    seen: list[Statement] = []

    def note(_: Any, __: Any, text: str, values: Any, *___: Any) -> None:
        seen.append((text, values))

    given = sql.sqlite_connection
    event.listen(db, "before_cursor_execute", note)
    with mock.patch.object(sql, "sqlite_connection", lambda db: NotingConnection(given(db), seen)):
        yield seen
    event.remove(db, "before_cursor_execute", note)
