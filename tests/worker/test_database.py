"""Service database: outbox, claims, durable commits, and databases of other versions."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sample import FIRST, SECOND, order_id
from sqlalchemy import Connection, select, text
from worker.inbox_rows import RECEIVED, RESERVED, T1, inbox_row

from checkout.framework.sql import utc_text
from checkout.services.orders import SALT, Orders
from checkout.services.stock import PRODUCTS, Stock
from checkout.worker.database import DATABASE_UNAVAILABLE, IncompatibleDatabase, ServiceDatabase
from checkout.worker.inbox import add_to_inbox, find_handled
from checkout.worker.outbox import (
    OUTBOX,
    OutboxKind,
    OutboxResult,
    OutboxRow,
    RowNumbers,
    add_to_outbox,
    claim_rows,
    has_open_rows,
    last_number,
    mark_done,
)

T2, T3 = (datetime(2026, 1, 1, 10, 0, number, tzinfo=UTC) for number in (2, 3))


def outbox_row(id: str = FIRST, destination: str = RESERVED, **changes: Any) -> OutboxRow:
    fields = {"kind": OutboxKind.TOPIC, "message": "ProductsReserved", "payload": b"{}"}
    fields |= {"correlation": "c-1", "cause": "OrderReceived"}
    return OutboxRow(order_id=id, destination=destination, **fields | changes)


def add(db: Connection, rows: list[OutboxRow], owner: str, at: datetime) -> list[OutboxRow]:
    """Adds outbox rows of a replica, and returns them with their numbers."""
    add_to_outbox(db, rows, owner, at, RowNumbers(last_number(db), owner))
    return rows


def is_open(database: ServiceDatabase) -> bool:
    with database.read() as db:
        return has_open_rows(db)


@pytest.fixture
def open_database(tmp_path: Path) -> Iterator[Callable[..., ServiceDatabase]]:
    databases: list[ServiceDatabase] = []

    def make(service: Any = None) -> ServiceDatabase:
        databases.append(ServiceDatabase(f"sqlite:///{tmp_path / 'stock.db'}", service or Stock()))
        return databases[-1]

    yield make
    for database in databases:
        database.close()


def test_an_outbox_row_is_open_until_it_is_marked_done(database: ServiceDatabase) -> None:
    before = is_open(database)
    with database.begin() as db:
        (added,) = add(db, [outbox_row()], "stock-1", T1)
    during = is_open(database)
    with database.begin() as db:
        mark_done(db, [OutboxResult(added.number, utc_text(T2), 0, 7)])

    assert (before, during, is_open(database)) == (False, True, False)
    with database.begin() as db:
        row = db.execute(select(OUTBOX)).one()
    assert (row.done_at, row.partition, row.position, row.owner, row.claimed_at) == (T2, 0, 7, "stock-1", T1)


def test_a_dead_letter_that_is_added_again_is_unchanged(database: ServiceDatabase) -> None:
    def letter(payload: bytes, of: str = "topic/0/7") -> OutboxRow:
        return outbox_row(of, "topic.stock.dlt", kind=OutboxKind.DEAD_LETTER, payload=payload)

    with database.begin() as db:
        add(db, [letter(b"first")], "stock-1", T1)
        add(db, [letter(b"again"), letter(b"other", "topic/0/8")], "stock-2", T2)

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
        add(db, [], "stock-1", T1)
        add_to_inbox(db, [], "stock-1", T1)
        mark_done(db, [])

    assert not is_open(database)


@pytest.mark.parametrize(
    ("owner", "older_than", "claimed_ids"),
    [("stock-1", T1, [FIRST, SECOND]), ("stock-2", T1, []), ("stock-2", T2, []), ("stock-2", T3, [FIRST, SECOND])],
)
def test_own_rows_are_claimed_at_once_and_rows_of_others_after_their_lease(
    database: ServiceDatabase, owner: str, older_than: datetime, claimed_ids: list[str]
) -> None:
    with database.begin() as db:
        *_, last = add(db, [outbox_row(), outbox_row(SECOND), outbox_row(order_id(3))], "stock-1", T2)
        mark_done(db, [OutboxResult(last.number, utc_text(T2))])

        claimed = claim_rows(db, owner, T3, older_than)

        owners = {row.order_id: (row.owner, row.claimed_at) for row in db.execute(select(OUTBOX))}
    assert [row.order_id for row in claimed] == claimed_ids
    assert owners[FIRST] == ((owner, T3) if claimed_ids else ("stock-1", T2))
    assert owners[order_id(3)] == ("stock-1", T2)


def test_a_claimed_row_has_the_fields_of_the_added_row(database: ServiceDatabase) -> None:
    row = outbox_row(wanted_partition=2, key=b"key", headers=b"\x90", cause=None, payload=None)
    with database.begin() as db:
        add(db, [row], "stock-1", T1)

        (claimed,) = claim_rows(db, "stock-1", T2, T1)

    fields = ("number", "kind", "message", "payload", "correlation", "cause", "wanted_partition", "key", "headers")
    assert [getattr(claimed, field) for field in fields] == [getattr(row, field) for field in fields]
    assert claimed.identity == (FIRST, RESERVED)


def test_a_failed_transaction_stores_nothing(database: ServiceDatabase) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as db:
        add_to_inbox(db, [inbox_row()], "stock-1", T1)
        add(db, [outbox_row()], "stock-1", T1)
        raise ZeroDivisionError

    assert not is_open(database)
    with database.begin() as db:
        assert find_handled(db, [FIRST]) == set()


# -- files ------------------------------------------------------------------------------------------------------------


def test_sqlite_uses_a_write_ahead_log_with_durable_commits(open_database: Callable[..., ServiceDatabase]) -> None:
    database = open_database()

    with database.begin() as db:
        modes = [db.exec_driver_sql(f"pragma {name}").scalar_one() for name in ("journal_mode", "synchronous")]

    assert modes == ["wal", 2]


def test_committed_data_survives_a_restart_and_is_not_seeded_again(
    open_database: Callable[..., ServiceDatabase],
) -> None:
    first = open_database()
    with first.begin() as db:
        db.execute(PRODUCTS.update().where(PRODUCTS.c.sku == 1).values(on_hand=7))
        add_to_inbox(db, [inbox_row()], "stock-1", T1)

    second = open_database()

    with second.read() as db:
        assert db.execute(select(PRODUCTS.c.on_hand).where(PRODUCTS.c.sku == 1)).scalar_one() == 7
        assert find_handled(db, [FIRST]) == {(RECEIVED, FIRST)}


def test_a_database_of_another_version_is_refused_with_its_name(open_database: Callable[..., ServiceDatabase]) -> None:
    with open_database().begin() as db:
        db.exec_driver_sql("ALTER TABLE products DROP COLUMN reserved")

    expected = "stock.db is of another version: its table products lacks reserved: move"
    with pytest.raises(IncompatibleDatabase, match=expected):
        open_database()


def test_a_database_with_another_key_is_refused_with_both_keys(open_database: Callable[..., ServiceDatabase]) -> None:
    with open_database().begin() as db:
        db.exec_driver_sql("ALTER TABLE inbox RENAME TO old")
        columns = "source, order_id, partition, position, cause, correlation, replica, at"
        db.exec_driver_sql(f"CREATE TABLE inbox ({columns}, PRIMARY KEY (source, order_id))")

    expected = r"its table inbox has the key \(source, order_id\) instead of \(order_id, source\): move it away"
    with pytest.raises(IncompatibleDatabase, match=expected):
        open_database()


def test_a_database_without_an_index_is_refused(open_database: Callable[..., ServiceDatabase]) -> None:
    with open_database().begin() as db:
        db.exec_driver_sql("DROP INDEX outbox_dead_letters")

    with pytest.raises(IncompatibleDatabase, match="its table outbox lacks the index outbox_dead_letters: move it"):
        open_database()


def test_the_salt_of_order_ids_is_created_once(open_database: Callable[..., ServiceDatabase]) -> None:
    salts = []
    for database in (open_database(Orders()), open_database(Orders())):
        with database.read() as db:
            salts.append(db.execute(select(SALT.c.id)).scalars().all())

    assert salts[0] == salts[1] and len(salts[0]) == 1


def test_a_reader_sees_committed_data_and_does_not_wait_for_a_writer(
    open_database: Callable[..., ServiceDatabase],
) -> None:
    database = open_database()
    with database.begin() as writer:
        writer.execute(PRODUCTS.update().values(on_hand=0))

        with database.read() as reader:
            on_hand = reader.execute(select(PRODUCTS.c.on_hand).where(PRODUCTS.c.sku == 1)).scalar_one()

    assert on_hand == 100


def test_transactions_share_one_connection(open_database: Callable[..., ServiceDatabase]) -> None:
    database = open_database()
    seen = []
    for _ in range(3):
        with database.begin() as db:
            seen.append(db.connection.dbapi_connection)

    assert seen[0] is seen[1] is seen[2]


def test_a_transaction_after_a_failed_one_is_clean(open_database: Callable[..., ServiceDatabase]) -> None:
    database = open_database()
    with pytest.raises(ZeroDivisionError), database.begin() as db:
        add(db, [outbox_row()], "stock-1", T1)
        raise ZeroDivisionError

    with database.begin() as db:
        add(db, [outbox_row(SECOND)], "stock-1", T1)

    with database.read() as db:
        assert db.scalars(select(OUTBOX.c.order_id)).all() == [SECOND]


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_lost_connection_is_opened_again(database_url: str) -> None:
    database = ServiceDatabase(database_url, Stock())
    with database.begin() as db:
        process = db.scalar(text("select pg_backend_pid()"))
    with database.read() as db:
        db.execute(text(f"select pg_terminate_backend({process})"))

    with pytest.raises(DATABASE_UNAVAILABLE), database.begin() as db:
        has_open_rows(db)
    with database.begin() as db:
        assert db.scalar(text("select pg_backend_pid()")) != process
    database.close()
