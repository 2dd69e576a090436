"""SQL: column types, and the statements that services share, on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, cast

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Enum,
    Executable,
    Integer,
    Row,
    Select,
    String,
    Table,
    TableValuedAlias,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

OnConflict = Literal["update", "skip", "raise"]  # what to do with a row whose key exists
DIALECTS: Mapping[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


class Cents(TypeDecorator[Decimal]):
    """An amount in EUR, kept as an integer number of cents."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Converts EUR to cents."""
        return None if value is None else int(value.scaleb(2))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Converts cents to EUR."""
        return None if value is None else Decimal(value).scaleb(-2)


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC, stored as ISO 8601 text with microseconds, which sorts by time."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Converts a time to text."""
        return None if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Converts text to a time."""
        return None if value is None else datetime.fromisoformat(value)


def status_type(kind: type[StrEnum]) -> Enum:
    """The column type for a member of `kind`, stored as its value."""
    return Enum(kind, native_enum=False, length=20, values_callable=lambda members: [each.value for each in members])


@lru_cache(maxsize=64)  # all rows of a batch have the same time
def utc_text(at: datetime) -> str:
    """A time as `UtcTime` stores it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def among(key: Column[Any], dialect: str) -> ColumnElement[bool]:
    """The condition that `key` is among the values of the parameter `keys`, a list of any length."""
    if dialect == "postgresql":
        return key == any_(bindparam("keys", type_=ARRAY(key.type)))
    values = func.json_each(bindparam("keys", type_=JSON)).table_valued("value")
    return key.in_(select(values.c.value))


def fetch(db: Connection, table: Table, key: Column[Any], values: Iterable[Any]) -> list[Row[Any]]:
    """The rows whose key is among the values, ordered by key and locked (`FOR UPDATE`)."""
    keys = sorted(set(values))
    return list(db.execute(_select_locked(table, key, db.dialect.name), {"keys": keys})) if keys else []


@lru_cache(maxsize=64)
def _select_locked(table: Table, key: Column[Any], dialect: str) -> Select[Any]:
    return select(table).where(among(key, dialect)).order_by(key).with_for_update()


def find(db: Connection, statement: Select[Any], keys: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement with `among`, as tuples of the driver's values; skips SQLAlchemy's rows."""
    text, name, convert = _compiled_select(statement, db.dialect)
    values = convert(keys) if convert else keys
    if db.dialect.name == "sqlite":
        return sqlite_connection(db).execute(text, (values,)).fetchall()
    cursor = db.exec_driver_sql(text, {name: values}).cursor
    return list(cursor.fetchall()) if cursor else []


def sqlite_connection(db: Connection) -> sqlite3.Connection:
    """The driver's connection to SQLite; its errors are those of `sqlite3`.

    SQLAlchemy takes longer for a statement than SQLite: a fifth of a worker's time when messages come one by one.
    """
    return cast(sqlite3.Connection, db.connection.driver_connection)


@lru_cache(maxsize=64)
def _compiled_select(statement: Select[Any], dialect: Dialect) -> tuple[str, str, Any]:
    compiled: Any = statement.compile(dialect=dialect)
    convert = compiled.binds["keys"].type.dialect_impl(dialect).bind_processor(dialect)
    return compiled.string, "" if compiled.positional else "keys", convert


def values_of(columns: Mapping[str, Column[Any]]) -> TableValuedAlias:
    """On PostgreSQL, the rows of parameters that are arrays, one for each column: a whole batch in one statement."""
    arrays = [bindparam(each, type_=ARRAY(_element_type(column))) for each, column in columns.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def insert_into(table: Table, names: Sequence[str], dialect: str) -> Any:
    """An INSERT of these columns for `write`, to which ON CONFLICT can be added."""
    insert = DIALECTS[dialect].insert(table)
    if dialect != "postgresql":
        return insert
    given = values_of({name: table.c[name] for name in names})
    return insert.from_select(list(names), select(*given.c))


def _element_type(column: Column[Any]) -> Any:
    kind = getattr(column.type, "impl_instance", column.type)
    return Text() if isinstance(kind, String) else kind  # a cast to VARCHAR(n) would cut values off


def put(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], replace: bool = True) -> None:
    """Inserts the rows. A row whose key exists is updated, or skipped when `replace` is false."""
    _insert(db, table, rows, "update" if replace else "skip")


def add(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that were not there. Raises IntegrityError when another replica has inserted one meanwhile."""
    _insert(db, table, rows, "raise")


def _insert(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], on_conflict: OnConflict) -> None:
    if rows:
        text, names, converters = _compiled_put(table, tuple(rows[0]), on_conflict, db.dialect)
        pairs = list(zip(names, converters, strict=True))
        values = [tuple([convert(row[name]) if convert else row[name] for name, convert in pairs]) for row in rows]
        _execute(db, text, names, values)


@lru_cache(maxsize=64)  # SQLAlchemy does not cache ON CONFLICT clauses
def _compiled_put(
    table: Table, names: tuple[str, ...], on_conflict: OnConflict, dialect: Dialect
) -> tuple[str, Any, Any]:
    statement = insert = insert_into(table, names, dialect.name)
    keys = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in names if name not in keys}
    if on_conflict == "update" and changed:
        statement = insert.on_conflict_do_update(index_elements=keys, set_=changed)
    elif on_conflict != "raise":
        statement = insert.on_conflict_do_nothing()
    text, order = _compiled(statement, dialect, names)
    return text, order, [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in order]


def write(db: Connection, statement: Executable, rows: Sequence[Any], names: tuple[str, ...]) -> None:
    """Executes a statement for each row; `names` are the row's attributes that become parameters, unconverted.

    Skips SQLAlchemy's processing of each parameter, which is a third of the time for a batch of small rows. On
    PostgreSQL the statement is executed once, with an array for each parameter (`values_of`).
    """
    if rows:
        text, order = _compiled(statement, db.dialect, names)
        _execute(db, text, order, list(map(attrgetter(*order), rows)))


def _execute(db: Connection, text: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(text, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    else:
        sqlite_connection(db).executemany(text, rows)


@lru_cache(maxsize=64)
def _compiled(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    # the text, and the names of its parameters in their order
    compiled = statement.compile(dialect=dialect, column_keys=names)
    return compiled.string, tuple(compiled.positiontup if compiled.positional else names)
