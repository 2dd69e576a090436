"""Store: the service's own database - its tables, the inbox, the outbox - on SQLite or PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.pool import StaticPool

from checkout.errors import CheckoutError
from checkout.framework.service import Service
from checkout.framework.sql import CHUNK, DIALECTS, write

DATABASE_AWAY = (OperationalError, InterfaceError)
METADATA = MetaData()
INBOX = Table(
    "inbox",
    METADATA,
    Column("source", String(120), primary_key=True),  # the topic, or what an outside call was for
    Column("order_id", String(200), primary_key=True),
    Column("partition", Integer),
    Column("position", BigInteger),
    Column("correlation", Text),
    Column("replica", String(60)),
    Column("at", String(32)),
)
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("order_id", String(200)),
    Column("destination", String(200)),  # the topic, or what an outside call is for
    Column("message", String(60)),
    Column("payload", LargeBinary),
    Column("correlation", Text),
    Column("cause", String(60)),
    Column("wanted_partition", Integer),
    Column("key", LargeBinary),
    Column("headers", LargeBinary),
    Column("owner", String(60)),
    Column("claimed_at", String(32)),
    Column("partition", Integer),
    Column("position", BigInteger),
    Column("url", Text),
    Column("status", Text),
    Column("done_at", String(32)),
)
Index("outbox_identity", OUTBOX.c.order_id, OUTBOX.c.destination, unique=True)
OPEN = OUTBOX.c.done_at.is_(None)
Index("outbox_open", OUTBOX.c.owner, sqlite_where=OPEN, postgresql_where=OPEN)


class OutboxRow(msgspec.Struct, kw_only=True):
    """A message on its way out: to a topic, to an outside system, or, with its own headers, to a dead-letter topic."""

    order_id: str
    destination: str
    message: str
    payload: bytes | None
    correlation: str
    cause: str | None
    wanted_partition: int | None = None
    key: bytes | None = None
    headers: bytes | None = None  # MessagePack
    owner: str = ""
    claimed_at: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """An order has at most one message per destination."""
        return self.order_id, self.destination


class InboxRow(msgspec.Struct):
    """A message taken in, so that a repeat is known."""

    source: str
    order_id: str
    partition: int | None
    position: int | None
    correlation: str
    replica: str
    at: str


class Done(msgspec.Struct):
    """What became of an outbox row: its place on a topic, or the outside system's answer."""

    of_order: str
    of_destination: str
    done_at: str
    partition: int | None = None
    position: int | None = None
    url: str | None = None
    status: str | None = None


TAKE_IN = insert(INBOX)
PUT_OUT = {name: dialect.insert(OUTBOX).on_conflict_do_nothing() for name, dialect in DIALECTS.items()}
ROW_FIELDS = [OUTBOX.c[name] for name in OutboxRow.__struct_fields__]
MARK = (
    update(OUTBOX)
    .where(OUTBOX.c.order_id == bindparam("of_order"), OUTBOX.c.destination == bindparam("of_destination"))
    .values({name: bindparam(name) for name in Done.__struct_fields__[2:]})
)


class IncompatibleDatabase(CheckoutError):
    """A database whose tables are not ours; the message names what is missing and the remedy."""


class ServiceDatabase:
    """One service's database; one writer at a time on SQLite, many on PostgreSQL."""

    def __init__(self, url: str, service: Service) -> None:
        self.engine = open_engine(url)
        self._readers = self.engine if url_is_memory(url) or not url.startswith("sqlite") else open_engine(url, False)
        with self.engine.begin() as db:
            if db.dialect.name == "postgresql":  # replicas that start together must not create a table twice
                db.execute(select(func.pg_advisory_xact_lock(1)))
            METADATA.create_all(db)
            service.tables.create_all(db)
            _check_columns(db, [*METADATA.sorted_tables, *service.tables.sorted_tables])
            service.seed(db)

    def begin(self) -> Any:
        """A transaction that writes; commits at the end of the block, rolls back on an error."""
        return self.engine.begin()

    def read(self) -> Any:
        """A connection that sees what is committed."""
        return self._readers.connect()

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()
        self._readers.dispose()


def _check_columns(db: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        found = {column["name"] for column in inspect(db).get_columns(table.name)}
        if missing := set(table.columns.keys()) - found:
            lack = f"its table {table.name} lacks {', '.join(sorted(missing))}"
            remedy = "move it away, or set CHECKOUT_HOME"
            raise IncompatibleDatabase(f"{db.engine.url} is of another version: {lack}: {remedy}")


def url_is_memory(url: str) -> bool:
    """Whether this is SQLite without a file."""
    return url in ("sqlite://", "sqlite:///:memory:")


def open_engine(url: str, writes: bool = True) -> Engine:
    """An engine whose commits survive a power cut; on SQLite its transactions take the write lock at once."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=4)
    memory = {"poolclass": StaticPool} if url_is_memory(url) else {}
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10}, **memory)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        db.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def known(db: Connection, ids: Iterable[str]) -> set[tuple[str, str]]:
    """Which messages about these orders the inbox holds, as (source, order id)."""
    wanted, found = sorted(set(ids)), set[tuple[str, str]]()
    for start in range(0, len(wanted), CHUNK):
        query = select(INBOX.c.source, INBOX.c.order_id).where(INBOX.c.order_id.in_(wanted[start : start + CHUNK]))
        found.update((row.source, row.order_id) for row in db.execute(query))
    return found


def take_in(db: Connection, rows: Sequence[InboxRow]) -> None:
    """Remembers these messages; fails where another replica has taken one in meanwhile."""
    write(db, TAKE_IN, rows, InboxRow.__struct_fields__)


def put_out(db: Connection, rows: Sequence[OutboxRow], owner: str, at: str) -> None:
    """Puts messages out for delivery; one that is there already (a dead letter after a crash) stays as it is."""
    for row in rows:
        row.owner, row.claimed_at = owner, at
    write(db, PUT_OUT[db.dialect.name], rows, OutboxRow.__struct_fields__)


def mark(db: Connection, done: Sequence[Done]) -> None:
    """Remembers what became of outbox rows."""
    write(db, MARK, done, Done.__struct_fields__)


def has_open_rows(database: ServiceDatabase) -> bool:
    """Whether anything in the outbox waits to be delivered."""
    with database.read() as db:
        return db.execute(select(OUTBOX.c.number).where(OPEN).limit(1)).first() is not None


def claim(db: Connection, owner: str, at: str, older_than: str) -> list[OutboxRow]:
    """Open rows of this owner, and those not claimed anew since `older_than`; all are this owner's now."""
    open_rows = OPEN & ((OUTBOX.c.owner == owner) | (OUTBOX.c.claimed_at < older_than))
    query = select(OUTBOX.c.number, *ROW_FIELDS).where(open_rows).order_by(OUTBOX.c.number)
    rows = db.execute(query.with_for_update(skip_locked=True)).all()
    numbers = [row.number for row in rows]
    for start in range(0, len(numbers), CHUNK):
        mine = OUTBOX.c.number.in_(numbers[start : start + CHUNK])
        db.execute(update(OUTBOX).where(mine).values(owner=owner, claimed_at=at))
    return [OutboxRow(**{name: row._mapping[name] for name in OutboxRow.__struct_fields__}) for row in rows]
