"""Databases: reads all rows of the services' databases, without the table definitions of the services."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from checkout.checker.collect.rows import Tables, read_tables
from checkout.checker.facts import GROUPS
from checkout.errors import CheckoutError
from checkout.processes.shop_file import ShopFile
from checkout.settings import Settings


class DatabaseUnavailable(CheckoutError):
    """A database of the store cannot be read; the message names it and the remedy."""

    exit_code = 3


def of_store(shop: ShopFile) -> dict[str, Tables]:
    """The tables of a store's services that have a database. Raises DatabaseUnavailable."""
    try:
        return of_databases(database_urls(shop))
    except SQLAlchemyError as error:
        where = make_url(shop.database_url).render_as_string() if shop.database_url else f"{shop.home}/databases"
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        remedy = "start PostgreSQL and the store again" if shop.database_url else "start the store again"
        raise DatabaseUnavailable(f"the databases at {where} cannot be read: {reason}: {remedy}") from error


def of_databases(urls: Mapping[str, URL | str]) -> dict[str, Tables]:
    """The tables of databases, given by service as SQLAlchemy URLs. Each database is read in one transaction."""
    found = {}
    for service, url in urls.items():
        with open_database(url) as db:
            found[service] = read_tables(db)
    return found


def database_urls(shop: ShopFile) -> dict[str, URL]:
    """The URLs of the services' databases that exist; of SQLite files to be read only.

    Raises SQLAlchemyError when PostgreSQL does not answer.
    """
    if shop.database_url:
        from checkout.processes.postgres import services_with_database, url_of  # an optional package

        settings = Settings(database_url=shop.database_url, prefix=shop.prefix)
        return {service: url_of(settings, service) for service in services_with_database(settings, GROUPS)}
    paths = {service: Path(shop.home) / "databases" / f"{service}.db" for service in GROUPS}
    return {service: read_only(path) for service, path in paths.items() if path.exists()}


def read_only(path: Path) -> URL:
    """The URL of a SQLite file to be read only."""
    return make_url(f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true")


def open_database(url: URL | str) -> Connection:
    """Opens a connection whose statements all see the same state."""
    url = make_url(url)
    options: dict[str, Any] = {} if url.drivername.startswith("sqlite") else {"isolation_level": "REPEATABLE READ"}
    db = create_engine(url, poolclass=NullPool, **options).connect()
    if url.drivername.startswith("sqlite"):
        db.exec_driver_sql("BEGIN")  # Python's driver begins no transaction to read
    return db
