"""Inbox: the table of handled messages, with which a worker drops repeats."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import DDL, BigInteger, Column, Connection, Integer, MetaData, String, Table, Text, event, select

from checkout.framework.sql import DIALECTS, UtcTime, among, find, insert_into, utc_text, write

METADATA = MetaData()
INBOX = Table(
    "inbox",
    METADATA,
    Column("order_id", String(200), primary_key=True),  # first in the key, because messages are looked up by order
    Column("source", String(120), primary_key=True),  # the topic, or the purpose of an external call
    Column("partition", Integer),
    Column("position", BigInteger),
    Column("cause", String(60)),
    Column("correlation", Text),
    Column("replica", String(60)),
    Column("at", UtcTime),
    Column("digest", BigInteger),  # CRC-32 of the record's value: a repeat with another one is reported
)
# By time, for the deletion of old rows; SQLite finds them by their row ids.
BY_TIME = DDL("CREATE INDEX inbox_at ON inbox USING brin (at)").execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
event.listen(INBOX, "after_create", BY_TIME)
_SELECTED = select(INBOX.c.source, INBOX.c.order_id, INBOX.c.digest)
HANDLED = {name: _SELECTED.where(among(INBOX.c.order_id, name)) for name in DIALECTS}


class InboxRow(msgspec.Struct):
    """One handled message."""

    source: str
    order_id: str
    partition: int | None
    position: int | None
    cause: str | None
    correlation: str
    replica: str = ""
    at: str = ""
    digest: int | None = None


INSERT = {name: insert_into(INBOX, InboxRow.__struct_fields__, name) for name in DIALECTS}


def find_handled(db: Connection, order_ids: Iterable[str]) -> dict[tuple[str, str], int | None]:
    """The handled messages of these orders: their digests by (source, order id)."""
    ids = list(set(order_ids))
    rows = find(db, HANDLED[db.dialect.name], ids) if ids else []
    return {(source, id): digest for source, id, digest in rows}


def add_to_inbox(db: Connection, rows: Sequence[InboxRow], replica: str, at: datetime) -> None:
    """Inserts messages handled by this replica. Raises IntegrityError where another replica has inserted one."""
    stored_at = utc_text(at)
    for row in rows:
        row.replica, row.at = replica, stored_at
    write(db, INSERT[db.dialect.name], rows, InboxRow.__struct_fields__)
