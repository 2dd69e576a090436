"""Recall: after a crash, finds the hops that inbox and outbox know and the journal lacks."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from checkout.journal import journal
from checkout.journal.hop import APPLIED, Hop, earlier
from checkout.messages import BY_NAME, TOPICS
from checkout.messaging.log import Record, RecordMetadata
from checkout.worker import hops
from checkout.worker.database import INBOX, OUTBOX, OutboxRow, ServiceDatabase
from checkout.worker.external_calls import CallResult

MARGIN = timedelta(minutes=1)  # far more than one batch lasts between its commit and its lines


def missing_hops(path: Path, database: ServiceDatabase, service: str, replica: str) -> list[Hop]:
    """What this replica did after the last lines of its journal, and a crash kept it from writing down."""
    told = list(journal.read_file(path)) if path.exists() else []
    since = earlier(told[-1].at, MARGIN) if told else ""
    with database.read() as db:
        taken = db.execute(select(INBOX).where(INBOX.c.replica == replica, INBOX.c.at >= since)).all()
        sent = db.execute(select(OUTBOX).where(OUTBOX.c.owner == replica, OUTBOX.c.done_at >= since)).all()
    known = {hop.place for hop in told}
    found = [_taken(row, service, replica) for row in taken] + [_sent(row, replica) for row in sent]
    return [hop for hop in found if hop and hop.place not in known]


def _taken(row: Row[Any], service: str, replica: str) -> Hop | None:
    about = {"order": row.order_id, "correlation": row.correlation, "replica": replica, "at": row.at}
    if row.source in TOPICS:
        record = Record(row.source, row.partition, row.position, row.order_id.encode(), None)
        return hops.delivered(row.source, record, service, APPLIED, **about)
    if row.source in BY_NAME:
        kind = BY_NAME[row.source]
        return hops.requested(kind, kind.via, service, True, status="201", **about)
    return None


def _sent(row: Row[Any], replica: str) -> Hop | None:
    if not row.message:
        return None
    values = {name: row._mapping[name] for name in OutboxRow.__struct_fields__}
    if row.destination in TOPICS:
        return hops.sent(OutboxRow(**values), RecordMetadata(row.partition, row.position), replica, row.done_at)
    answer = CallResult(OutboxRow(**values), row.url, row.status, None)
    return hops.called(answer, APPLIED, replica=replica, at=row.done_at)
