"""Service database: durable commits, its connection, and databases of other versions."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sample import FIRST, SECOND
from sqlalchemy import select, text
from worker.inbox_rows import RECEIVED, T1, inbox_row
from worker.outbox_rows import add, is_open, outbox_row

from checkout.services.orders import Orders
from checkout.services.orders_table import SALT
from checkout.services.stock import Stock
from checkout.services.stock_table import PRODUCTS
from checkout.worker.database import DATABASE_UNAVAILABLE, IncompatibleDatabase, ServiceDatabase
from checkout.worker.inbox import add_to_inbox, find_handled
from checkout.worker.outbox import OUTBOX, has_open_rows

LIMITED = ("lock", "statement", "idle_in_transaction_session")


@pytest.fixture
def open_database(tmp_path: Path) -> Iterator[Callable[..., ServiceDatabase]]:
    databases: list[ServiceDatabase] = []

    def make(service: Any = None) -> ServiceDatabase:
        databases.append(ServiceDatabase(f"sqlite:///{tmp_path / 'stock.db'}", service or Stock()))
        return databases[-1]

    yield make
    for database in databases:
        database.close()


def test_a_failed_transaction_stores_nothing(database: ServiceDatabase) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as db:
        add_to_inbox(db, [inbox_row()], "stock-1", T1)
        add(db, [outbox_row()], "stock-1")
        raise ZeroDivisionError

    assert not is_open(database)
    with database.begin() as db:
        assert find_handled(db, [FIRST]) == {}


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
        assert find_handled(db, [FIRST]).keys() == {(RECEIVED, FIRST)}


def test_a_database_of_another_version_is_refused_with_its_name(open_database: Callable[..., ServiceDatabase]) -> None:
    with open_database().begin() as db:
        db.exec_driver_sql("ALTER TABLE products DROP COLUMN reserved")

    expected = "stock.db is of another version: its table products lacks reserved: move"
    with pytest.raises(IncompatibleDatabase, match=expected):
        open_database()


def test_a_database_with_another_key_is_refused_with_both_keys(open_database: Callable[..., ServiceDatabase]) -> None:
    with open_database().begin() as db:
        db.exec_driver_sql("ALTER TABLE inbox RENAME TO old")
        columns = "source, order_id, partition, position, cause, correlation, replica, at, digest"
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
        add(db, [outbox_row()], "stock-1")
        raise ZeroDivisionError

    with database.begin() as db:
        add(db, [outbox_row(SECOND)], "stock-1")

    with database.read() as db:
        assert db.scalars(select(OUTBOX.c.order_id)).all() == [SECOND]


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_no_statement_waits_for_ever_on_postgresql(database_url: str) -> None:
    database = ServiceDatabase(database_url, Stock())
    with database.begin() as db:
        limits = [db.scalar(text(f"show {name}_timeout")) for name in LIMITED]
    database.close()

    assert limits == ["10s", "30s", "30s"]


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_transaction_that_the_server_has_ended_is_waited_for(database_url: str) -> None:
    database = ServiceDatabase(database_url, Stock())
    with pytest.raises(DATABASE_UNAVAILABLE), database.begin() as db:
        db.execute(text("set idle_in_transaction_session_timeout = 50"))
        time.sleep(0.3)
        has_open_rows(db)

    with database.begin() as db:
        assert not has_open_rows(db)
    database.close()


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_server_that_has_become_read_only_is_waited_for(database_url: str) -> None:
    database = ServiceDatabase(database_url, Stock())
    row = outbox_row(FIRST)
    with pytest.raises(DATABASE_UNAVAILABLE, match="read-only"), database.begin() as db:
        db.execute(text("set transaction read only"))
        add(db, [row], "stock-1")

    with database.begin() as db:
        add(db, [row], "stock-1")
        assert has_open_rows(db)
    database.close()


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
