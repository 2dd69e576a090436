"""Effects: the benchmark refuses a system that lost an order, did one twice, or has not sent everything."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from checkout.bench.effects import STOCK, check_effects
from checkout.processes.shop_file import ShopError

STATES = {
    "orders": ["CREATE TABLE orders (status)", *["INSERT INTO orders VALUES ('APPROVED')"] * 2],
    "stock": ["CREATE TABLE products (on_hand)", f"INSERT INTO products VALUES ({STOCK - 2})"],
    "payments": ["CREATE TABLE payments (status)", *["INSERT INTO payments VALUES ('CHARGED')"] * 2],
    "shipments": ["CREATE TABLE shipments (status)", *["INSERT INTO shipments VALUES ('BOOKED')"] * 2],
    "notifications": ["CREATE TABLE mails (status)", *["INSERT INTO mails VALUES ('SENT')"] * 2],
}
TABLES = [
    "CREATE TABLE inbox (id)", *["INSERT INTO inbox VALUES (1)"] * 4,
    "CREATE TABLE outbox (done_at)", "INSERT INTO outbox VALUES ('2026-01-01')",
]


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """The databases of a system that has processed two orders of one spoon each."""
    for name, statements in STATES.items():
        change(tmp_path, name, *statements, *TABLES)
    return tmp_path


def change(folder: Path, name: str, *statements: str) -> None:
    with closing(sqlite3.connect(folder / f"{name}.db")) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def url_of(folder: Path) -> Callable[[str], str]:
    return lambda name: f"sqlite:///{folder / name}.db"


def test_two_orders_with_their_effects_are_accepted(databases: Path) -> None:
    check_effects(url_of(databases), 2, 2)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("orders", "UPDATE orders SET status = 'RESERVED' WHERE rowid = 1"),
        ("stock", "UPDATE products SET on_hand = on_hand - 1"),
        ("payments", "INSERT INTO payments VALUES ('CHARGED')"),
        ("shipments", "DELETE FROM shipments WHERE rowid = 1"),
        ("notifications", "UPDATE mails SET status = 'DUE' WHERE rowid = 2"),
        ("payments", "DELETE FROM inbox WHERE rowid = 1"),
        ("shipments", "INSERT INTO outbox VALUES (NULL)"),
    ],
)
def test_a_missing_or_repeated_effect_is_named(databases: Path, name: str, statement: str) -> None:
    change(databases, name, statement)

    with pytest.raises(ShopError, match=f"{name} has .* instead of .*: SELECT"):
        check_effects(url_of(databases), 2, 2)
