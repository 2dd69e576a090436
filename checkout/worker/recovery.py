"""Recovery: finds the hops that a crash kept from the journal, in inbox and outbox."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from checkout.framework.message import MessageTypes
from checkout.framework.service import Service
from checkout.journal import journal
from checkout.journal.hop import Hop, Outcome
from checkout.messaging.log import Record, RecordMetadata
from checkout.worker import hops
from checkout.worker.calls.external_calls import GIVEN_UP, CallResult
from checkout.worker.database import ServiceDatabase
from checkout.worker.inbox import INBOX
from checkout.worker.outbox import OUTBOX, OutboxKind, outbox_row

OVERLAP = timedelta(minutes=1)  # far longer than one batch takes from its commit to its journal entries


def missing_hops(
    path: Path, database: ServiceDatabase, service: Service, message_types: MessageTypes, replica: str
) -> list[Hop]:
    """The hops of this replica that its journal file lacks, from one minute before the last hop of the file on."""
    written = journal.read_recent(path, OVERLAP)
    inbox, outbox = select(INBOX).where(INBOX.c.replica == replica), select(OUTBOX).where(OUTBOX.c.owner == replica)
    if written:
        since = written[-1].at - OVERLAP
        inbox, outbox = inbox.where(INBOX.c.at >= since), outbox.where(OUTBOX.c.done_at >= since)
    with database.read() as db:
        handled = db.execute(inbox).all()
        sent = db.execute(outbox.where(OUTBOX.c.done_at.is_not(None))).all()
    found = [_handled(row, service, message_types) for row in handled] + [_sent(row, message_types) for row in sent]
    known = {hop.identity for hop in written}
    return [hop for hop in found if hop and hop.identity not in known]


def _handled(row: Row[Any], service: Service, message_types: MessageTypes) -> Hop | None:
    fields = {"order": row.order_id, "correlation": row.correlation, "cause": row.cause}
    fields |= {"replica": row.replica, "at": row.at}
    if kind := message_types.by_topic.get(row.source):
        record = Record(row.source, row.partition, row.position, row.order_id.encode(), None)
        return hops.delivery(kind, record, service.name, Outcome.APPLIED, **fields)
    if kind := message_types.by_name.get(row.source):
        return hops.http_request(kind, kind.receiver, service.name, True, status="201", **fields)
    return None


def _sent(row: Row[Any], message_types: MessageTypes) -> Hop | None:
    sent = outbox_row(row)
    if sent.kind is OutboxKind.DEAD_LETTER or (sent.kind is OutboxKind.TOPIC and row.position is None):
        return None  # a dead letter has no hop, and a message that was too large was not sent
    kind = message_types.by_name[sent.message]
    if sent.kind is OutboxKind.TOPIC:
        return hops.publication(kind, sent, RecordMetadata(row.partition, row.position), sent.owner, row.done_at)
    result = CallResult(sent, row.url, row.status, None)
    outcome = Outcome.FAILED if result.status.startswith(GIVEN_UP) else Outcome.APPLIED
    return hops.external_call(kind, result, outcome, sent.owner, row.done_at)
