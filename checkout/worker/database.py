"""Database: the engine, transactions and schema of one service's database."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, Table, create_engine, event, func, inspect, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from checkout.errors import CheckoutError
from checkout.framework.service import Service
from checkout.worker import inbox, outbox

DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError)
POSTGRESQL_OPTIONS = (  # no replica waits for ever for another one that is paused within a transaction
    "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
)
WAITED_FOR = {"25006", "25P03"}  # SQLSTATE: the server has become a standby, or has ended an idle transaction


class IncompatibleDatabase(CheckoutError):
    """The tables of the database have other columns or keys than this version; the message names them."""


class ServiceDatabase:
    """The database of one service: its own tables, inbox and outbox, on SQLite (one writer) or PostgreSQL (many)."""

    def __init__(self, url: str, service: Service) -> None:
        """Connects to a SQLAlchemy URL, creates missing tables and seeds new ones. Raises IncompatibleDatabase."""
        self.engine = open_engine(url)
        self._connection: Connection | None = None
        self._readers = self.engine if url_is_memory(url) or not url.startswith("sqlite") else open_engine(url, False)
        with self.engine.begin() as db:
            if db.dialect.name == "postgresql":  # replicas that start together must not create a table twice
                db.execute(select(func.pg_advisory_xact_lock(1)))
            for metadata in (inbox.METADATA, outbox.METADATA, service.tables):
                metadata.create_all(db)
                _check_tables(db, metadata.sorted_tables)
            service.seed(db)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Opens a write transaction: committed at the end of the block, rolled back on an error.

        Only one thread may call this: all transactions use one connection, opened again when it has failed.
        """
        self._connection = self._connection or self.engine.connect()
        with self._connection.begin():
            yield self._connection

    def read(self) -> Any:
        """Opens a connection that reads committed data."""
        return self._readers.connect()

    def close(self) -> None:
        """Closes every connection."""
        if self._connection:
            self._connection.close()
        self.engine.dispose()
        self._readers.dispose()


def _check_tables(db: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        if difference := _difference(db, table):
            message = f"{db.engine.url} is of another version: its table {table.name} {difference}"
            raise IncompatibleDatabase(f"{message}: move it away, or set CHECKOUT_HOME")


def _difference(db: Connection, table: Table) -> str:
    found = {column["name"] for column in inspect(db).get_columns(table.name)}
    if missing := set(table.columns.keys()) - found:
        return f"lacks {', '.join(sorted(missing))}"
    indexes = {str(index["name"]) for index in inspect(db).get_indexes(table.name)}
    if missing := {str(index.name) for index in table.indexes} - indexes:
        return f"lacks the index {', '.join(sorted(missing))}"
    wanted, key = table.primary_key.columns.keys(), inspect(db).get_pk_constraint(table.name)["constrained_columns"]
    return "" if key == wanted else f"has the key ({', '.join(key)}) instead of ({', '.join(wanted)})"


def _wait_for_another_connection(context: ExceptionContext) -> BaseException | None:
    # Such a connection is as good as none: it is dropped, and the caller waits.
    error: Any = context.original_exception
    if getattr(error, "sqlstate", None) not in WAITED_FOR:
        return None
    context.is_disconnect = True
    return OperationalError(context.statement, context.parameters, error)


def url_is_memory(url: str) -> bool:
    """Whether this URL is an in-memory SQLite database."""
    return url in ("sqlite://", "sqlite:///:memory:")


def open_engine(url: str, writes: bool = True) -> Engine:
    """An engine with durable commits; on SQLite a writing transaction takes the write lock when it begins."""
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True, pool_size=4, connect_args={"options": POSTGRESQL_OPTIONS})
        event.listen(engine, "handle_error", _wait_for_another_connection, retval=True)
        return engine
    memory = {"poolclass": StaticPool} if url_is_memory(url) else {}
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, **memory)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=1")  # on macOS fsync alone leaves data in the disk's cache

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        db.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
