"""Breaking: copies of good witnesses with one thing changed, and what the checker says of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from checkout.checker.check import check
from checkout.checker.client_log import ClientRequest
from checkout.checker.witnesses import Row, Witnesses
from checkout.messaging.log import Record


def problems(witnesses: Witnesses, invariant: str) -> list[str]:
    """The evidence of what breaks this invariant."""
    (result,) = check(witnesses, [invariant]).results
    assert not result.not_checked
    return [violation.evidence for violation in result.violations]


def rows(witnesses: Witnesses, service: str, table: str, change: Callable[[list[Row]], Sequence[Row]]) -> Witnesses:
    """A copy in which a table has other rows."""
    tables = dict(witnesses.databases[service])
    tables[table] = change(list(tables[table]))
    return replace(witnesses, databases={**witnesses.databases, service: tables})


def change_rows(witnesses: Witnesses, service: str, table: str, where: dict[str, Any], **fields: Any) -> Witnesses:
    """A copy in which the rows with these values have others."""
    return rows(witnesses, service, table, lambda found: [
        {**row, **fields} if matches(row, where) else row for row in found
    ])  # fmt: skip


def drop_rows(witnesses: Witnesses, service: str, table: str, **where: Any) -> Witnesses:
    """A copy without the rows with these values."""
    return rows(witnesses, service, table, lambda found: [row for row in found if not matches(row, where)])


def repeat_rows(witnesses: Witnesses, service: str, table: str, **where: Any) -> Witnesses:
    """A copy in which the rows with these values are there twice."""
    return rows(witnesses, service, table, lambda found: found + [row for row in found if matches(row, where)])


def matches(row: Row, where: dict[str, Any]) -> bool:
    """Whether a row has these values."""
    return all(row[name] == value for name, value in where.items())


def entries(witnesses: Witnesses, name: str, order: str, /, **fields: Any) -> Witnesses:
    """A copy in which the entries of an order in a ledger or in the mailbox have other values."""
    found = [{**entry, **fields} if entry["order"] == order else entry for entry in getattr(witnesses, name)]
    return replace(witnesses, **{name: found})


def more_entries(witnesses: Witnesses, name: str, order: str, /, **fields: Any) -> Witnesses:
    """A copy with one more entry like that of an order."""
    found = getattr(witnesses, name)
    made = next({**entry, **fields} for entry in found if entry["order"] == order)
    return replace(witnesses, **{name: [*found, made]})


def drop_entries(witnesses: Witnesses, name: str, order: str) -> Witnesses:
    """A copy without the entries of an order."""
    return replace(witnesses, **{name: [entry for entry in getattr(witnesses, name) if entry["order"] != order]})


def record_of(witnesses: Witnesses, topic: str, order: str) -> Record:
    """The first record of an order on a topic."""
    return next(r for r in witnesses.records if r.topic == topic and order.encode() in (r.value or b""))


def change_record(witnesses: Witnesses, changed: Record, **fields: Any) -> Witnesses:
    """A copy in which a record has other fields."""
    records = [record._replace(**fields) if record == changed else record for record in witnesses.records]
    return replace(witnesses, records=records)


def change_value(witnesses: Witnesses, topic: str, order: str, **fields: Any) -> Witnesses:
    """A copy in which a message has other values; outbox and inbox still have the first."""
    record = record_of(witnesses, topic, order)
    return change_record(witnesses, record, value=json.dumps(json.loads(record.value or b"") | fields).encode())


def drop_records(witnesses: Witnesses, topic: str, order: str) -> Witnesses:
    """A copy without the records of an order on a topic."""
    kept = [r for r in witnesses.records if r.topic != topic or order.encode() not in (r.value or b"")]
    return replace(witnesses, records=kept)


def more_records(witnesses: Witnesses, *records: Record) -> Witnesses:
    """A copy with more records."""
    return replace(witnesses, records=[*witnesses.records, *records])


def request_of(witnesses: Witnesses, order: str, path: str = "/orders") -> ClientRequest:
    """The first request that names an order and whose path has this end."""
    return next(r for r in witnesses.client or () if r.order == order and r.path.endswith(path))


def requests(witnesses: Witnesses, change: Callable[[list[ClientRequest]], Sequence[ClientRequest]]) -> Witnesses:
    """A copy with another client log."""
    return replace(witnesses, client=change(list(witnesses.client or ())))
