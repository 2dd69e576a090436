"""Retention: old rows of inbox and outbox are deleted some at a time; what is open or new stays."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sample import order_id
from sqlalchemy import func, select
from worker.inbox_rows import T1, inbox_row
from worker.outbox_rows import outbox_row

from checkout.framework.sql import utc_text
from checkout.services.stock import Stock
from checkout.worker.database import ServiceDatabase
from checkout.worker.inbox import INBOX, add_to_inbox
from checkout.worker.outbox import OUTBOX, OutboxResult, RowNumbers, add_to_outbox, mark_done
from checkout.worker.retention import INTERVAL, LIMIT, Retention

HOUR = 3600.0


@pytest.fixture
def database(database_url: str) -> Iterator[ServiceDatabase]:
    """An empty database on SQLite and on PostgreSQL."""
    database = ServiceDatabase(database_url, Stock())
    yield database
    database.close()


class Numbers(RowNumbers):
    """Numbers of rows that were stored some time ago."""

    def __init__(self, seconds_ago: float) -> None:
        super().__init__(0, "stock-1")
        self._next = int((time.time() - seconds_ago) * 1e6)

    def __next__(self) -> int:
        self._next += 1
        return self._next << 8 | 1


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def counts(database: ServiceDatabase) -> tuple[int, int]:
    """The numbers of rows in inbox and outbox."""
    with database.read() as db:
        inbox, outbox = (db.scalar(select(func.count()).select_from(table)) or 0 for table in (INBOX, OUTBOX))
    return inbox, outbox


def retention(database: ServiceDatabase, now: object = None, clock: Clock | None = None) -> Retention:
    """Rows are kept for an hour; the present is T1, or what the numbers of outbox rows count from."""
    return Retention(database, Path("none.jsonl"), HOUR, lambda: now or T1, clock or Clock())  # type: ignore[arg-type, return-value]


def test_only_inbox_rows_that_are_old_are_deleted(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_inbox(db, [inbox_row(order_id(1)), inbox_row(order_id(2))], "stock-1", T1 - timedelta(seconds=HOUR + 1))
        add_to_inbox(db, [inbox_row(order_id(3))], "stock-1", T1 - timedelta(seconds=HOUR - 1))

    deleted = retention(database).prune()

    with database.read() as db:
        assert (deleted, db.scalars(select(INBOX.c.order_id)).all()) == (2, [order_id(3)])


def test_outbox_rows_are_deleted_when_they_are_old_and_done(database: ServiceDatabase) -> None:
    from checkout.journal.hop import utc_now

    with database.begin() as db:
        old = [outbox_row(order_id(number)) for number in range(3)]
        add_to_outbox(db, old, "stock-1", Numbers(2 * HOUR))
        new = [outbox_row(order_id(7))]
        add_to_outbox(db, new, "stock-1", Numbers(HOUR / 2))
        mark_done(db, [OutboxResult(row.number, utc_text(utc_now()), 0, 1) for row in (old[0], old[2], *new)])

    deleted = retention(database, utc_now()).prune()

    with database.read() as db:
        left = db.scalars(select(OUTBOX.c.order_id).order_by(OUTBOX.c.number)).all()
    assert (deleted, left) == (2, [order_id(1), order_id(7)])


def test_a_large_backlog_is_deleted_in_parts_without_a_pause(database: ServiceDatabase) -> None:
    with database.begin() as db:
        rows = [inbox_row(order_id(number)) for number in range(2 * LIMIT + 5)]
        add_to_inbox(db, rows, "stock-1", T1 - timedelta(days=1))
    clock = Clock()
    pruning = retention(database, clock=clock)

    deleted = [pruning.prune() for _ in range(4)]
    clock.seconds = INTERVAL
    with database.begin() as db:
        add_to_inbox(db, [inbox_row(order_id(9_999))], "stock-1", T1 - timedelta(days=1))

    assert deleted == [LIMIT, LIMIT, 5, 0]
    assert (pruning.prune(), counts(database)) == (1, (0, 0))


def test_old_parts_of_the_journal_are_deleted(database: ServiceDatabase, tmp_path: Path) -> None:
    journal, old, new = (tmp_path / f"stock-1{name}.jsonl" for name in ("", ".1", ".2"))
    for path in (journal, old, new):
        path.write_text("{}\n")
    for path in (journal, old):
        os.utime(path, (time.time() - 2 * HOUR,) * 2)

    Retention(database, journal, HOUR, lambda: T1).prune()

    assert sorted(tmp_path.glob("*.jsonl")) == [new, journal]


def test_it_looks_again_only_after_the_interval(database: ServiceDatabase) -> None:
    clock = Clock()
    pruning = retention(database, clock=clock)
    pruning.prune()
    with database.begin() as db:
        add_to_inbox(db, [inbox_row()], "stock-1", T1 - timedelta(days=1))

    clock.seconds = INTERVAL - 1
    early = pruning.prune()

    assert (early, counts(database)) == (0, (1, 0))
