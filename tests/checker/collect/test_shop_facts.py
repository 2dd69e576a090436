"""Shop facts: what the checker takes from `store.json` - units at the start, times, and secrets to look for."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from checkout.checker.collect.databases import DatabaseUnavailable, of_store
from checkout.checker.collect.shop import _received, _secrets
from checkout.checker.facts import RECEIVED
from checkout.processes.shop_file import ShopFile, find_shop
from checkout.services.stock import CATALOGUE
from checkout.settings import KafkaSecurity

TOKEN = "a-token-of-an-operator"


@pytest.fixture
def shop(tmp_path: Path) -> ShopFile:
    return ShopFile("127.0.0.1:1", "", str(tmp_path), 8000, 1, "", TOKEN, [])


def test_the_units_at_the_start_are_those_of_the_catalogue_or_of_the_setting(shop: ShopFile) -> None:
    assert _received(shop) is None
    assert _received(replace(shop, units=0)) == RECEIVED
    assert _received(replace(shop, units=7)) == dict.fromkeys(RECEIVED, 7)


def test_the_checker_knows_the_catalogue_of_a_new_store() -> None:
    assert {product.sku: product.on_hand for product in CATALOGUE} == RECEIVED


def test_an_ordinary_password_is_looked_for_in_addresses_only(shop: ShopFile) -> None:
    ordinary = replace(shop, database_url="postgresql://checkout:checkout@db.example.org/")
    long = replace(shop, database_url="postgresql://checkout:correct-horse@db.example.org/")

    assert _secrets(shop) == ([TOKEN], 0)
    assert _secrets(ordinary) == ([TOKEN, ":checkout@"], 1)
    assert _secrets(long) == ([TOKEN, "correct-horse", ":correct-horse@"], 0)


def test_short_passwords_of_kafka_are_counted(shop: ShopFile, tmp_path: Path) -> None:
    (tmp_path / "a.password").write_text("checkout\n")
    secured = replace(shop, kafka_security=KafkaSecurity(password_file=str(tmp_path / "a.password")))

    assert _secrets(replace(secured, operator_token="letmein")) == ([], 2)


def test_a_store_file_of_an_earlier_version_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(
        '{"bootstrap_servers": "", "prefix": "", "home": "", "port_base": 1, "partitions": 1, "database_url": "", '
        '"operator_token": "", "processes": []}'
    )

    assert find_shop(tmp_path).units is None


def test_databases_of_a_server_that_is_away_are_named_without_the_password(shop: ShopFile) -> None:
    away = replace(shop, database_url="postgresql://checkout:correct-horse@127.0.0.1:1/")

    with pytest.raises(DatabaseUnavailable) as raised:
        of_store(away)

    assert str(raised.value).startswith("the databases at postgresql://checkout:***@127.0.0.1:1/ cannot be read: ")
    assert (raised.value.exit_code, "horse" in str(raised.value)) == (3, False)


def test_a_file_that_is_no_database_is_named(shop: ShopFile, tmp_path: Path) -> None:
    (tmp_path / "databases").mkdir()
    (tmp_path / "databases" / "stock.db").write_bytes(b"no database" * 1_000)

    with pytest.raises(DatabaseUnavailable, match="databases cannot be read: file is not a database"):
        of_store(shop)
