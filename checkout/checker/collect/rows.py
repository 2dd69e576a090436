"""Rows: reads all rows of a database without the table definitions of its service; amounts become decimals."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, inspect

from checkout.checker.witnesses import Row

AMOUNTS = {"price", "total"}  # columns in cents
TIMES = {"at", "done_at", "placed_at", "renewed_at", "reserved_at"}  # columns with ISO 8601 texts in UTC
Tables = Mapping[str, Sequence[Row]]


def read_tables(db: Connection) -> Tables:
    """All rows of all tables by name; amounts as Decimal, times as datetime."""
    return {name: _read_table(db, name) for name in sorted(inspect(db).get_table_names())}


def _read_table(db: Connection, name: str) -> list[dict[str, Any]]:
    found = db.exec_driver_sql(f'SELECT * FROM "{name}"')
    columns = list(found.keys())
    converters = {column: convert for column in columns if (convert := _converter(column))}
    rows = [dict(zip(columns, row, strict=True)) for row in found]
    for row in rows:
        row.update((name, convert(row[name])) for name, convert in converters.items() if row[name] is not None)
    return rows


def _converter(column: str) -> Callable[[Any], Any] | None:
    if column in AMOUNTS:
        return _amount
    return datetime.fromisoformat if column in TIMES else None


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def with_decimals(entry: Mapping[str, Any]) -> Row:
    """An entry whose amount is a Decimal, as JSON may have it as a whole number."""
    return {**entry, "amount": Decimal(entry["amount"])} if "amount" in entry else entry
