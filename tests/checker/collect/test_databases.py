"""Databases: their rows are read from outside, in one state, and nothing is changed."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from checkout.checker.collect.databases import database_urls, of_databases, open_database, read_only
from checkout.processes.shop_file import ShopFile
from checkout.services.stock import CATALOGUE, Stock
from checkout.worker.database import ServiceDatabase


def shop_below(home: Path) -> ShopFile:
    return ShopFile("127.0.0.1:1", "", str(home), 8000, 1, "", "token", [])


def change_spoons(database: ServiceDatabase, on_hand: int) -> None:
    with database.begin() as db:
        db.exec_driver_sql(f"UPDATE products SET on_hand = {on_hand} WHERE sku = 1")


def test_all_tables_of_a_service_are_read(database_url: str) -> None:
    with closing(ServiceDatabase(database_url, Stock())):
        tables = of_databases({"stock": database_url})["stock"]

    assert {name: len(rows) for name, rows in tables.items()} == {
        "inbox": 0, "leases": 0, "outbox": 0, "products": len(CATALOGUE), "reservations": 0
    }  # fmt: skip
    assert [(row["sku"], row["price"]) for row in tables["products"]] == [(each.sku, each.price) for each in CATALOGUE]


def test_all_tables_are_read_in_the_same_state(database_url: str) -> None:
    with closing(ServiceDatabase(database_url, Stock())) as database, open_database(database_url) as db:
        before = db.exec_driver_sql("SELECT on_hand FROM products WHERE sku = 1").scalar_one()
        change_spoons(database, before - 1)

        again = db.exec_driver_sql("SELECT on_hand FROM products WHERE sku = 1").scalar_one()

    assert again == before


def test_a_file_is_read_while_its_service_writes_and_after_it_has_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "databases"
    folder.mkdir()
    urls = {"stock": read_only(folder / "stock.db")}
    with closing(ServiceDatabase(f"sqlite:///{folder / 'stock.db'}", Stock())) as database:
        change_spoons(database, 7)
        during = of_databases(urls)

    after = of_databases(database_urls(shop_below(tmp_path)))

    assert during == after
    assert after["stock"]["products"][0]["on_hand"] == 7


def test_a_file_that_does_not_exist_is_left_out_and_none_is_made(tmp_path: Path) -> None:
    assert database_urls(shop_below(tmp_path)) == {}
    with pytest.raises(OperationalError):
        of_databases({"stock": read_only(tmp_path / "stock.db")})
    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    ServiceDatabase(f"sqlite:///{tmp_path / 'stock.db'}", Stock()).close()

    with open_database(read_only(tmp_path / "stock.db")) as db, pytest.raises(OperationalError, match="readonly"):
        db.exec_driver_sql("DELETE FROM products")
