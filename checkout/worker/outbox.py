"""Outbox: the table of messages to send, with the result of each."""

import time
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    update,
)

from checkout.framework.sql import DIALECTS, UtcTime, among, insert_into, put, values_of, write

REPLICA_BITS = 8  # of a row's number
METADATA = MetaData()
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("kind", String(20)),
    Column("order_id", String(200)),
    Column("destination", String(200)),  # the topic, or the purpose of an external call
    Column("message", String(60)),
    Column("payload", LargeBinary),
    Column("correlation", Text),
    Column("cause", String(60)),
    Column("cause_id", Text),  # the id of the hop whose handling produced the message
    Column("wanted_partition", Integer),
    Column("key", LargeBinary),
    Column("headers", LargeBinary),
    Column("owner", String(60)),
    Column("partition", Integer),
    Column("position", BigInteger),
    Column("url", Text),
    Column("status", Text),
    Column("done_at", UtcTime),
)
LEASES = Table(
    "leases",
    METADATA,
    Column("replica", String(60), primary_key=True),
    Column("renewed_at", UtcTime),
)
OPEN = OUTBOX.c.done_at.is_(None)
DEAD_LETTER = OUTBOX.c.kind == text("'dead letter'")
# An index on random order ids costs more than all other work on this table: only dead letters have one.
Index("outbox_open", OUTBOX.c.number, sqlite_where=OPEN, postgresql_where=OPEN)
Index(
    "outbox_dead_letters", OUTBOX.c.order_id, OUTBOX.c.destination, unique=True,
    sqlite_where=DEAD_LETTER, postgresql_where=DEAD_LETTER,
)  # fmt: skip


class OutboxKind(StrEnum):
    """The destination of an outbox row: a topic, an external system, or a dead-letter topic."""

    TOPIC = "topic"
    EXTERNAL_CALL = "external call"
    DEAD_LETTER = "dead letter"


class OutboxRow(msgspec.Struct, kw_only=True):
    """One message to send.

    `headers` (MessagePack): those of a dead letter's record, else the version and the trace context of a message.
    """

    kind: OutboxKind
    order_id: str
    destination: str
    message: str
    payload: bytes | None
    correlation: str
    cause: str | None
    cause_id: str | None = None
    wanted_partition: int | None = None
    key: bytes | None = None
    headers: bytes | None = None
    number: int = 0
    owner: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """An order has at most one message per destination."""
        return self.order_id, self.destination

    def age(self) -> float:
        """Seconds since the row was stored; 0 if it is not."""
        return max(0.0, time.time() - (self.number >> REPLICA_BITS) / 1e6) if self.number else 0.0


class OutboxResult(msgspec.Struct):
    """The result of an outbox row: the position of the record, or the response to the call."""

    of_row: int
    done_at: str
    partition: int | None = None
    position: int | None = None
    url: str | None = None
    status: str | None = None


class RowNumbers:
    """Gives outbox rows numbers that grow with time, and differ between the replicas of a service.

    `last`: the highest number in the outbox, or 0. `replica`: a name that ends with a number below 256.
    """

    def __init__(self, last: int, replica: str) -> None:
        self._last, self._replica = last >> REPLICA_BITS, int(replica.rpartition("-")[2])

    def __next__(self) -> int:
        """Returns the next number."""
        self._last = max(self._last + 1, time.time_ns() // 1_000)
        return self._last << REPLICA_BITS | self._replica


INSERT = {
    name: insert_into(OUTBOX, OutboxRow.__struct_fields__, name).on_conflict_do_nothing(
        index_elements=[OUTBOX.c.order_id, OUTBOX.c.destination], index_where=DEAD_LETTER
    )
    for name in DIALECTS
}
_OPEN_ROWS = select(*(OUTBOX.c[name] for name in OutboxRow.__struct_fields__)).where(OPEN).order_by(OUTBOX.c.number)
RESULT = {"of_row": OUTBOX.c.number} | {name: OUTBOX.c[name] for name in OutboxResult.__struct_fields__[1:]}
GIVEN: dict[str, Any] = {"sqlite": {name: bindparam(name) for name in RESULT}, "postgresql": values_of(RESULT).c}
MARK_DONE = {
    dialect: update(OUTBOX).where(OUTBOX.c.number == given["of_row"]).values({n: given[n] for n in list(RESULT)[1:]})
    for dialect, given in GIVEN.items()
}


def last_number(db: Connection) -> int:
    """The highest number of a row; 0 if there is none."""
    return db.scalar(select(func.max(OUTBOX.c.number))) or 0


def last_positions(db: Connection) -> dict[tuple[str, int], int]:
    """The highest offset in each partition among the records of the last rows."""
    last = select(OUTBOX).order_by(OUTBOX.c.number.desc()).limit(1_000).subquery()
    query = select(last.c.destination, last.c.partition, func.max(last.c.position)).where(last.c.position.is_not(None))
    rows = db.execute(query.group_by(last.c.destination, last.c.partition))
    return {(topic, partition): position for topic, partition, position in rows}


def add_to_outbox(db: Connection, rows: Sequence[OutboxRow], owner: str, numbers: RowNumbers) -> None:
    """Inserts messages to be sent by this replica, and numbers them; a dead letter that is there is skipped."""
    for row in rows:
        row.number, row.owner = next(numbers), owner
    write(db, INSERT[db.dialect.name], rows, OutboxRow.__struct_fields__)


def mark_done(db: Connection, results: Sequence[OutboxResult]) -> None:
    """Stores the results of outbox rows; a row with a result is not sent again."""
    write(db, MARK_DONE[db.dialect.name], results, OutboxResult.__struct_fields__)


def has_open_rows(db: Connection) -> bool:
    """Whether any row is not marked as done."""
    return db.execute(select(OUTBOX.c.number).where(OPEN).limit(1)).first() is not None


def renew_lease(db: Connection, replica: str, at: datetime) -> None:
    """Notes that a replica is alive: until its lease ends, no other one claims its rows."""
    put(db, LEASES, [{"replica": replica, "renewed_at": at}])


def own_rows(db: Connection, owner: str, after: int, limit: int) -> list[OutboxRow]:
    """At most `limit` open rows of a replica with a number above `after`, in order."""
    query = _OPEN_ROWS.where((OUTBOX.c.owner == owner) & (OUTBOX.c.number > after)).limit(limit)
    return [outbox_row(row) for row in db.execute(query)]


def claim_rows(db: Connection, owner: str, ended: datetime, limit: int) -> list[OutboxRow]:
    """Claims at most `limit` open rows of replicas whose lease was not renewed since `ended`; returns them in order."""
    alive = select(LEASES.c.replica).where(LEASES.c.renewed_at >= ended)
    query = _OPEN_ROWS.where((OUTBOX.c.owner != owner) & OUTBOX.c.owner.not_in(alive)).limit(limit)
    found = db.execute(query.with_for_update(skip_locked=True, of=OUTBOX)).all()
    if found:
        claimed = update(OUTBOX).where(among(OUTBOX.c.number, db.dialect.name))
        db.execute(claimed.values(owner=owner), {"keys": [row.number for row in found]})
    return [outbox_row(row) for row in found]


def outbox_row(row: Row[Any]) -> OutboxRow:
    """The `OutboxRow` of a database row."""
    values = {name: row._mapping[name] for name in OutboxRow.__struct_fields__}
    return OutboxRow(**values | {"kind": OutboxKind(row.kind)})
