"""The service's own database: inbox, outbox, claims, and commits that survive."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sample import FIRST, SECOND, order_id
from sqlalchemy import select

from checkout.framework.sql import CHUNK, utc_text
from checkout.services.orders import SALT, Orders
from checkout.services.stock import PRODUCTS, Stock
from checkout.worker.database import IncompatibleDatabase, ServiceDatabase
from checkout.worker.inbox import INBOX, InboxRow, add_to_inbox, find_handled
from checkout.worker.outbox import (
    OUTBOX,
    OutboxKind,
    OutboxResult,
    OutboxRow,
    add_to_outbox,
    claim_rows,
    has_open_rows,
    mark_done,
)

T1, T2, T3 = (datetime(2026, 1, 1, 10, 0, number, tzinfo=UTC) for number in (1, 2, 3))
RECEIVED, RESERVED = "order.new-order-received", "stock.order-products-reserved"


def outgoing(id: str = FIRST, destination: str = RESERVED, **others: Any) -> OutboxRow:
    said = {"kind": OutboxKind.TOPIC, "message": "ProductsReserved", "payload": b"{}"}
    said |= {"correlation": "c-1", "cause": "OrderReceived"}
    return OutboxRow(order_id=id, destination=destination, **said | others)


def taken(id: str = FIRST, source: str = RECEIVED) -> InboxRow:
    return InboxRow(source, id, 0, 12, "PlaceOrder", "c-1")


def is_open(database: ServiceDatabase) -> bool:
    with database.read() as db:
        return has_open_rows(db)


@pytest.fixture
def database() -> Iterator[ServiceDatabase]:
    database = ServiceDatabase("sqlite://", Stock())
    yield database
    database.close()


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Callable[..., ServiceDatabase]]:
    opened: list[ServiceDatabase] = []

    def make(service: Any = None) -> ServiceDatabase:
        opened.append(ServiceDatabase(f"sqlite:///{tmp_path / 'stock.db'}", service or Stock()))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


def test_what_was_taken_in_is_known_by_source_and_order(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_inbox(db, [taken(), taken(SECOND), taken(source="charge")], "stock-1", T1)

    with database.begin() as db:
        assert find_handled(db, [FIRST, order_id(9)]) == {(RECEIVED, FIRST), ("charge", FIRST)}
        assert find_handled(db, []) == set()


def test_more_messages_than_one_statement_takes_are_known(database: ServiceDatabase) -> None:
    ids = [order_id(number) for number in range(CHUNK + 1)]
    with database.begin() as db:
        add_to_inbox(db, [taken(ids[0]), taken(ids[-1])], "stock-1", T1)

        assert find_handled(db, ids) == {(RECEIVED, ids[0]), (RECEIVED, ids[-1])}


def test_a_message_is_taken_in_once(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_inbox(db, [taken()], "stock-1", T1)

    with pytest.raises(Exception, match="UNIQUE"), database.begin() as db:
        add_to_inbox(db, [taken()], "stock-1", T1)

    with database.begin() as db:
        assert len(db.execute(select(INBOX)).all()) == 1


def test_what_is_put_out_is_open_until_it_is_marked(database: ServiceDatabase) -> None:
    before = is_open(database)
    with database.begin() as db:
        add_to_outbox(db, [outgoing()], "stock-1", T1)
    during = is_open(database)
    with database.begin() as db:
        mark_done(db, [OutboxResult(FIRST, RESERVED, utc_text(T2), 0, 7)])

    assert (before, during, is_open(database)) == (False, True, False)
    with database.begin() as db:
        row = db.execute(select(OUTBOX)).one()
    assert (row.done_at, row.partition, row.position, row.owner, row.claimed_at) == (T2, 0, 7, "stock-1", T1)


def test_what_is_put_out_again_stays_as_it_was(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_outbox(db, [outgoing(payload=b"first")], "stock-1", T1)
        add_to_outbox(db, [outgoing(payload=b"again"), outgoing(SECOND)], "stock-2", T2)

        rows = db.execute(select(OUTBOX).order_by(OUTBOX.c.number)).all()

    assert [(row.order_id, row.payload, row.owner) for row in rows] == [
        (FIRST, b"first", "stock-1"), (SECOND, b"{}", "stock-2"),
    ]


def test_nothing_put_out_taken_in_or_marked_is_nothing(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_outbox(db, [], "stock-1", T1)
        add_to_inbox(db, [], "stock-1", T1)
        mark_done(db, [])

    assert not is_open(database)


@pytest.mark.parametrize(
    ("owner", "older_than", "found"),
    [("stock-1", T1, [FIRST, SECOND]), ("stock-2", T1, []), ("stock-2", T2, []), ("stock-2", T3, [FIRST, SECOND])],
)
def test_ones_own_rows_are_claimed_at_once_and_others_after_their_lease(
    database: ServiceDatabase, owner: str, older_than: datetime, found: list[str]
) -> None:
    with database.begin() as db:
        add_to_outbox(db, [outgoing(), outgoing(SECOND), outgoing(order_id(3))], "stock-1", T2)
        mark_done(db, [OutboxResult(order_id(3), RESERVED, utc_text(T2))])

        claimed = claim_rows(db, owner, T3, older_than)

        owners = {row.order_id: (row.owner, row.claimed_at) for row in db.execute(select(OUTBOX))}
    assert [row.order_id for row in claimed] == found
    assert owners[FIRST] == ((owner, T3) if found else ("stock-1", T2))
    assert owners[order_id(3)] == ("stock-1", T2)


def test_a_claimed_row_is_the_row_that_was_put_out(database: ServiceDatabase) -> None:
    row = outgoing(wanted_partition=2, key=b"key", headers=b"\x90", cause=None, payload=None)
    with database.begin() as db:
        add_to_outbox(db, [row], "stock-1", T1)

        (claimed,) = claim_rows(db, "stock-1", T2, T1)

    fields = ("kind", "message", "payload", "correlation", "cause", "wanted_partition", "key", "headers")
    assert [getattr(claimed, field) for field in fields] == [getattr(row, field) for field in fields]
    assert claimed.identity == (FIRST, RESERVED)


def test_a_failed_transaction_leaves_nothing(database: ServiceDatabase) -> None:
    with pytest.raises(ZeroDivisionError), database.begin() as db:
        add_to_inbox(db, [taken()], "stock-1", T1)
        add_to_outbox(db, [outgoing()], "stock-1", T1)
        raise ZeroDivisionError

    assert not is_open(database)
    with database.begin() as db:
        assert find_handled(db, [FIRST]) == set()


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_written_so_that_a_power_cut_loses_no_commit(open_file: Callable[..., ServiceDatabase]) -> None:
    database = open_file()

    with database.begin() as db:
        modes = [db.exec_driver_sql(f"pragma {name}").scalar_one() for name in ("journal_mode", "synchronous")]

    assert modes == ["wal", 2]


def test_what_is_committed_is_read_by_the_next_process_and_seeded_once(
    open_file: Callable[..., ServiceDatabase],
) -> None:
    first = open_file()
    with first.begin() as db:
        db.execute(PRODUCTS.update().where(PRODUCTS.c.sku == 1).values(on_hand=7))
        add_to_inbox(db, [taken()], "stock-1", T1)

    second = open_file()

    with second.read() as db:
        assert db.execute(select(PRODUCTS.c.on_hand).where(PRODUCTS.c.sku == 1)).scalar_one() == 7
        assert find_handled(db, [FIRST]) == {(RECEIVED, FIRST)}


def test_a_database_of_another_version_is_refused_by_name(open_file: Callable[..., ServiceDatabase]) -> None:
    with open_file().begin() as db:
        db.exec_driver_sql("ALTER TABLE products DROP COLUMN reserved")

    expected = "stock.db is of another version: its table products lacks reserved: move"
    with pytest.raises(IncompatibleDatabase, match=expected):
        open_file()


def test_the_salt_of_the_ids_is_made_once(open_file: Callable[..., ServiceDatabase]) -> None:
    salts = []
    for database in (open_file(Orders()), open_file(Orders())):
        with database.read() as db:
            salts.append(db.execute(select(SALT.c.id)).scalars().all())

    assert salts[0] == salts[1] and len(salts[0]) == 1


def test_a_reader_sees_what_is_committed_and_does_not_wait_for_a_writer(
    open_file: Callable[..., ServiceDatabase],
) -> None:
    database = open_file()
    with database.begin() as writer:
        writer.execute(PRODUCTS.update().values(on_hand=0))

        with database.read() as reader:
            seen = reader.execute(select(PRODUCTS.c.on_hand).where(PRODUCTS.c.sku == 1)).scalar_one()

    assert seen == 100
