"""Outbox: rows are open until they are marked as done, numbered, and claimed by one replica at a time."""

from datetime import UTC, datetime

import pytest
from sample import FIRST, SECOND, order_id
from sqlalchemy import select
from worker.inbox_rows import RESERVED, T1
from worker.outbox_rows import add, is_open, outbox_row

from checkout.framework.sql import utc_text
from checkout.worker.database import ServiceDatabase
from checkout.worker.inbox import add_to_inbox
from checkout.worker.outbox import (
    OUTBOX,
    OutboxKind,
    OutboxResult,
    OutboxRow,
    RowNumbers,
    claim_rows,
    mark_done,
    own_rows,
    renew_lease,
)

T2, T3 = (datetime(2026, 1, 1, 10, 0, number, tzinfo=UTC) for number in (2, 3))


def test_an_outbox_row_is_open_until_it_is_marked_done(database: ServiceDatabase) -> None:
    before = is_open(database)
    with database.begin() as db:
        (added,) = add(db, [outbox_row()], "stock-1")
    during = is_open(database)
    with database.begin() as db:
        mark_done(db, [OutboxResult(added.number, utc_text(T2), 0, 7)])

    assert (before, during, is_open(database)) == (False, True, False)
    with database.begin() as db:
        row = db.execute(select(OUTBOX)).one()
    assert (row.done_at, row.partition, row.position, row.owner) == (T2, 0, 7, "stock-1")


def test_a_dead_letter_that_is_added_again_is_unchanged(database: ServiceDatabase) -> None:
    def letter(payload: bytes, of: str = "topic/0/7") -> OutboxRow:
        return outbox_row(of, "topic.stock.dlt", kind=OutboxKind.DEAD_LETTER, payload=payload)

    with database.begin() as db:
        add(db, [letter(b"first")], "stock-1")
        add(db, [letter(b"again"), letter(b"other", "topic/0/8")], "stock-2")

        rows = db.execute(select(OUTBOX).order_by(OUTBOX.c.number)).all()

    assert [(row.payload, row.owner) for row in rows] == [(b"first", "stock-1"), (b"other", "stock-2")]


def test_row_numbers_grow_and_differ_between_replicas_and_after_a_restart() -> None:
    one, two = RowNumbers(0, "stock-1"), RowNumbers(0, "stock-2")
    numbers = [next(each) for _ in range(1_000) for each in (one, two)]
    ahead = max(numbers) + (10**12 << 8)  # written while the clock was ahead

    again = next(RowNumbers(ahead, "stock-1"))

    assert len(set(numbers)) == len(numbers)
    assert numbers[::2] == sorted(numbers[::2])
    assert numbers[1::2] == sorted(numbers[1::2])
    assert ahead < again < 2**63


def test_adding_and_marking_no_rows_changes_nothing(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add(db, [], "stock-1")
        add_to_inbox(db, [], "stock-1", T1)
        mark_done(db, [])

    assert not is_open(database)


@pytest.mark.parametrize(("ended", "claimed_ids"), [(T1, []), (T2, []), (T3, [FIRST, SECOND])])
def test_open_rows_of_another_replica_are_claimed_when_its_lease_has_ended(
    database: ServiceDatabase, ended: datetime, claimed_ids: list[str]
) -> None:
    with database.begin() as db:
        *_, last = add(db, [outbox_row(), outbox_row(SECOND), outbox_row(order_id(3))], "stock-1")
        mark_done(db, [OutboxResult(last.number, utc_text(T2))])
        renew_lease(db, "stock-1", T2)

        claimed = claim_rows(db, "stock-2", ended, limit=10)

        owners = {row.order_id: row.owner for row in db.execute(select(OUTBOX))}
    assert [row.order_id for row in claimed] == claimed_ids
    assert owners[FIRST] == ("stock-2" if claimed_ids else "stock-1")
    assert owners[order_id(3)] == "stock-1"


def test_own_rows_are_read_in_order_and_in_parts(database: ServiceDatabase) -> None:
    with database.begin() as db:
        rows = add(db, [outbox_row(order_id(n)) for n in range(5)], "stock-1")
        add(db, [outbox_row(order_id(9))], "stock-2")

        parts = [own_rows(db, "stock-1", after, limit=2) for after in (0, rows[1].number, rows[3].number)]

    assert [[row.number for row in part] for part in parts] == [[rows[0].number, rows[1].number],
                                                                [rows[2].number, rows[3].number], [rows[4].number]]


def test_a_claimed_row_has_the_fields_of_the_added_row(database: ServiceDatabase) -> None:
    row = outbox_row(wanted_partition=2, key=b"key", headers=b"\x90", cause=None, payload=None)
    with database.begin() as db:
        add(db, [row], "stock-1")

        (claimed,) = own_rows(db, "stock-1", after=0, limit=1)

    fields = ("number", "kind", "message", "payload", "correlation", "cause", "wanted_partition", "key", "headers")
    assert [getattr(claimed, field) for field in fields] == [getattr(row, field) for field in fields]
    assert claimed.identity == (FIRST, RESERVED)
