"""SQL: fetch and put, and the column type for amounts, on SQLite."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, select, text

from checkout.framework.sql import CHUNK, Cents, fetch, put
from checkout.worker.database import open_engine

METADATA = MetaData()
COLUMNS = (Column("sku", Integer, primary_key=True), Column("price", Cents), Column("name", String))
PRODUCTS = Table("products", METADATA, *COLUMNS)
SPOON, MUG = {"sku": 1, "price": Decimal("5.00"), "name": "spoon"}, {"sku": 2, "price": None, "name": "mug"}


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = open_engine("sqlite://")
    with engine.begin() as db:
        METADATA.create_all(db)
        yield db
    engine.dispose()


def test_rows_are_fetched_in_the_order_of_their_keys(db: Connection) -> None:
    put(db, PRODUCTS, [MUG, SPOON])

    found = fetch(db, PRODUCTS, PRODUCTS.c.sku, [2, 1, 2, 99])

    assert [row._mapping for row in found] == [SPOON, MUG]


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


def test_more_keys_than_one_statement_can_select_are_all_found(db: Connection) -> None:
    count = CHUNK + 1
    put(db, PRODUCTS, [{"sku": sku, "price": None, "name": ""} for sku in range(count)])

    found = fetch(db, PRODUCTS, PRODUCTS.c.sku, range(count))

    assert [row.sku for row in found] == list(range(count))
