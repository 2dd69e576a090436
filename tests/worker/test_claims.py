"""Claims: a restarted replica finds its own rows in parts; rows of others only when their lease has ended."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sample import order_id
from sqlalchemy import select
from waiting import wait_until
from worker.outbox_rows import add, outbox_row

from checkout.framework.sql import utc_text
from checkout.services.stock import Stock
from checkout.worker import claims
from checkout.worker.claims import LEASE, Claims, keep_lease
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import LEASES, OutboxResult, mark_done

NOW = datetime.now(UTC)


@pytest.fixture
def shared(database_url: str) -> Iterator[ServiceDatabase]:
    """A database on SQLite and on PostgreSQL."""
    database = ServiceDatabase(database_url, Stock())
    yield database
    database.close()


@pytest.fixture
def new_claims(shared: ServiceDatabase) -> Callable[..., Claims]:
    """Makes the claims of a replica whose clock stands still."""
    return lambda replica, at=NOW: Claims(shared, replica, lambda: at, lambda: 0.0)


def test_a_restarted_replica_finds_all_its_open_rows_in_parts(
    shared: ServiceDatabase, new_claims: Callable[..., Claims], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LIMIT", 10)
    with shared.begin() as db:
        rows = add(db, [outbox_row(order_id(n)) for n in range(25)], "stock-1")
    restarted, parts, known = new_claims("stock-1"), [], set()
    while restarted.are_due:
        parts.append(restarted.take(known))
        known |= {row.identity for row in parts[-1]}

    assert [len(part) for part in parts] == [10, 10, 5]
    assert [row.number for part in parts for row in part] == [row.number for row in rows]


def test_a_backlog_that_is_in_progress_is_read_in_parts_at_intervals(
    shared: ServiceDatabase, new_claims: Callable[..., Claims], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LIMIT", 10)
    with shared.begin() as db:
        rows = add(db, [outbox_row(order_id(n)) for n in range(15)], "stock-1")
    in_progress = {row.identity for row in rows} - {rows[12].identity}
    replica = new_claims("stock-1")

    assert replica.take(in_progress) == [] and not replica.are_due
    assert [row.number for row in replica.take(in_progress)] == [rows[12].number]  # of a commit with unknown outcome
    assert replica.take(in_progress) == []


def test_rows_of_a_replica_that_renews_its_lease_are_left_to_it(
    shared: ServiceDatabase, new_claims: Callable[..., Claims]
) -> None:
    with shared.begin() as db:
        add(db, [outbox_row()], "stock-1")
    assert len(new_claims("stock-1").take(())) == 1

    assert new_claims("stock-2").take(()) == []


def test_rows_of_a_replica_whose_lease_has_ended_are_claimed_by_one(
    shared: ServiceDatabase, new_claims: Callable[..., Claims]
) -> None:
    with shared.begin() as db:
        add(db, [outbox_row()], "stock-1")
        db.execute(LEASES.insert().values(replica="stock-1", renewed_at=NOW - 2 * LEASE))

    claimed = [len(new_claims(name).take(())) for name in ("stock-2", "stock-3")]

    assert claimed == [1, 0]


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_clock_that_is_wrong_takes_no_rows_from_a_living_replica(
    shared: ServiceDatabase, new_claims: Callable[..., Claims]
) -> None:
    with shared.begin() as db:
        add(db, [outbox_row()], "stock-1")
    new_claims("stock-1", NOW - timedelta(hours=1)).take(())

    assert new_claims("stock-2", NOW + timedelta(hours=1)).take(()) == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_the_lease_of_a_busy_replica_is_renewed(shared: ServiceDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "INTERVAL", 0.05)

    def renewed_at() -> datetime | None:
        with shared.read() as db:
            return db.scalar(select(LEASES.c.renewed_at))

    stopping = threading.Event()
    keep_lease(shared, "stock-1", stopping)
    with contextlib.ExitStack() as stack, shared.begin():  # the worker's transaction takes long
        stack.callback(stopping.set)
        wait_until(lambda: renewed_at() is not None, "the first renewal")
        first = renewed_at()
        wait_until(lambda: renewed_at() != first, "the second renewal")


def test_a_row_that_is_done_is_not_claimed(shared: ServiceDatabase, new_claims: Callable[..., Claims]) -> None:
    with shared.begin() as db:
        (row,) = add(db, [outbox_row()], "stock-1")
        mark_done(db, [OutboxResult(row.number, utc_text(NOW))])

    assert new_claims("stock-1").take(()) == new_claims("stock-2").take(()) == []
