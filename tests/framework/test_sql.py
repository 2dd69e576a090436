"""SQL: fetch and put, and the column types, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from sqlalchemy import JSON, Column, Connection, Integer, MetaData, String, Table, event, select, text
from sqlalchemy.exc import DataError

from checkout.framework.sql import Cents, UtcTime, fetch, put, status_type
from checkout.worker.database import open_engine


class Size(StrEnum):
    """A status with values that differ from its names."""

    BIG = "a crate"
    SMALL = "an envelope"


METADATA = MetaData()
COLUMNS = (Column("sku", Integer, primary_key=True), Column("price", Cents), Column("name", String))
PRODUCTS = Table("products", METADATA, *COLUMNS)
NAMES = Table("names", METADATA, Column("name", String, primary_key=True))
PARCELS = Table("parcels", METADATA, Column("id", String, primary_key=True), Column("size", status_type(Size)),
                Column("sent_at", UtcTime), Column("contents", JSON))
SPOON, MUG = {"sku": 1, "price": Decimal("5.00"), "name": "spoon"}, {"sku": 2, "price": None, "name": "mug"}


@pytest.fixture
def db(database_url: str) -> Iterator[Connection]:
    engine = open_engine(database_url)
    with engine.begin() as db:
        METADATA.create_all(db)
        yield db
    engine.dispose()


def test_rows_are_fetched_in_the_order_of_their_keys(db: Connection) -> None:
    put(db, PRODUCTS, [MUG, SPOON])

    found = fetch(db, PRODUCTS, PRODUCTS.c.sku, [2, 1, 2, 99])

    assert [row._mapping for row in found] == [SPOON, MUG]


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_text_that_is_too_long_is_refused_and_not_cut(db: Connection) -> None:
    with pytest.raises(DataError, match="too long"):
        put(db, PARCELS, [{"id": "1", "size": "x" * 21, "sent_at": None, "contents": None}])


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_batch_is_one_statement_on_postgresql(db: Connection) -> None:
    statements: list[tuple[str, bool]] = []
    event.listen(db, "before_cursor_execute", lambda *of: statements.append((of[2], of[5])))

    put(db, PRODUCTS, [SPOON, MUG])

    assert [(text.split()[0], is_many) for text, is_many in statements] == [("INSERT", False)]


def test_a_row_that_exists_is_replaced(db: Connection) -> None:
    put(db, PRODUCTS, [SPOON, MUG])

    put(db, PRODUCTS, [SPOON | {"price": Decimal("6.50")}])

    assert [row.price for row in fetch(db, PRODUCTS, PRODUCTS.c.sku, [1, 2])] == [Decimal("6.50"), None]


def test_a_row_that_exists_is_skipped_when_replace_is_false(db: Connection) -> None:
    put(db, PRODUCTS, [SPOON])

    put(db, PRODUCTS, [SPOON | {"name": "fork"}, MUG], replace=False)

    assert [row.name for row in fetch(db, PRODUCTS, PRODUCTS.c.sku, [1, 2])] == ["spoon", "mug"]


def test_no_rows_and_no_keys_are_accepted(db: Connection) -> None:
    put(db, PRODUCTS, [])

    assert fetch(db, PRODUCTS, PRODUCTS.c.sku, []) == []


@pytest.mark.parametrize("price", ["0.01", "-5.00", "1000000.00", "64.90"])
def test_an_amount_is_stored_as_whole_cents(db: Connection, price: str) -> None:
    put(db, PRODUCTS, [SPOON | {"price": Decimal(price)}])

    stored = db.execute(text("select price from products")).scalar_one()

    assert stored == int(Decimal(price) * 100)
    assert str(db.execute(select(PRODUCTS.c.price)).scalar_one()) == price


def test_more_keys_than_a_statement_may_have_parameters_are_all_found(db: Connection) -> None:
    count = 70_000  # SQLite accepts 32,766 parameters, PostgreSQL 65,535
    put(db, PRODUCTS, [{"sku": sku, "price": None, "name": ""} for sku in range(count)])

    found = fetch(db, PRODUCTS, PRODUCTS.c.sku, range(count))

    assert [row.sku for row in found] == list(range(count))


def test_values_are_stored_and_read_as_the_types_of_their_columns(db: Connection) -> None:
    parcel = {"id": "p-1", "size": Size.SMALL, "sent_at": datetime(2026, 1, 1, 10, tzinfo=UTC), "contents": {"1": 2}}
    put(db, PARCELS, [parcel, {"id": "p-2", "size": None, "sent_at": None, "contents": [1]}])

    first, second = fetch(db, PARCELS, PARCELS.c.id, ["p-1", "p-2"])

    assert first._mapping == parcel and (second.size, second.sent_at, second.contents) == (None, None, [1])
    assert db.execute(text("select size from parcels where id = 'p-1'")).scalar_one() == "an envelope"


def test_a_table_that_is_only_a_key_takes_rows_twice(db: Connection) -> None:
    put(db, NAMES, [{"name": "spoon"}])
    put(db, NAMES, [{"name": "spoon"}, {"name": "it's \"a\" %s mug ☕"}])

    assert [row.name for row in fetch(db, NAMES, NAMES.c.name, ["it's \"a\" %s mug ☕", "spoon"])] == [
        "it's \"a\" %s mug ☕",
        "spoon",
    ]
