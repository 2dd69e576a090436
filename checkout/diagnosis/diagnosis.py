"""Diagnosis: why an order is where it is, from the databases of the services and the consumer groups."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from checkout.diagnosis.waits import OPERATOR, RunningSystem, SentMessage, Wait, waits_of
from checkout.domain import OPEN, OrderStatus
from checkout.framework.message import KAFKA
from checkout.journal.hop import Hop
from checkout.services.orders_table import ORDERS
from checkout.stories import story_of
from checkout.worker.inbox import INBOX
from checkout.worker.outbox import OUTBOX, OutboxKind


class Diagnosis(msgspec.Struct, kw_only=True):
    """An order: its status and reason (empty where Orders does not know it), its story, and what it waits for."""

    order: str
    status: str
    reason: str
    story: str
    waits: list[Wait]
    sentence: str = ""


class UnknownOrder(LookupError):
    """No service and no topic knows the order."""


def diagnose(order: str, system: RunningSystem) -> Diagnosis:
    """What an order waits for, and the same as a sentence. Raises UnknownOrder."""
    rows = {name: _rows(order, database) for name, database in system.databases.items()}
    handled = {name: {row.source: row for row in inbox} for name, (_, inbox) in rows.items()}
    sent = [_sent(name, row, handled, system.hops) for name, (outbox, _) in rows.items() for row in outbox]
    sent += _sent_by_others(order, system)
    status, reason = _status(order, system)
    if not sent and not status:
        raise UnknownOrder(f"no service knows an order {order}")
    story = story_of([each.row.message for each in sent] + [hop.message for hop in system.hops if hop.is_applied])
    waits = [wait for each in sent for wait in waits_of(each, handled, story, system)]
    waits.sort(key=lambda wait: wait.step or 99)
    found = Diagnosis(order=order, status=status, reason=reason or "", story=story, waits=waits)
    found.sentence = _sentence(found, sent, handled)
    return found


class ForeignRow(msgspec.Struct):
    """What an outbox row would say of a record of a service without a database."""

    kind: OutboxKind
    message: str
    destination: str
    cause: str | None
    done_at: datetime | None = None
    status: str | None = None
    owner: str = ""


def _rows(order: str, database: Callable[[], AbstractContextManager[Connection]]) -> tuple[list[Any], list[Any]]:
    with database() as db:
        outbox = select(OUTBOX).where(OUTBOX.c.order_id == order, OUTBOX.c.kind != OutboxKind.DEAD_LETTER)
        inbox = select(INBOX).where(INBOX.c.order_id == order)
        return list(db.execute(outbox.order_by(OUTBOX.c.number))), list(db.execute(inbox.order_by(INBOX.c.at)))


def _sent(service: str, row: Any, handled: Mapping[str, Mapping[str, Any]], hops: Sequence[Hop]) -> SentMessage:
    # A row is marked some time after its record was sent: the journal and those who have read it know more.
    if row.position is not None or row.done_at is not None:
        return SentMessage(service, row, row.partition, row.position)
    for hop in hops:
        if hop.to == KAFKA and hop.is_applied and (hop.sender, hop.topic) == (service, row.destination):
            return SentMessage(service, row, hop.partition, hop.offset)
    read = next((rows[row.destination] for rows in handled.values() if row.destination in rows), None)
    return SentMessage(service, row, read and read.partition, read and read.position)


def _sent_by_others(order: str, system: RunningSystem) -> Iterator[SentMessage]:
    # A topic is read only where its sender has no outbox: reading all takes long.
    types = system.registry.message_types.by_topic
    topics = [topic for topic, kind in types.items() if kind.sender not in system.databases]
    for record in system.broker.read(topics) if system.broker and topics else ():
        if record.key == order.encode():
            kind = types[record.topic]
            row = ForeignRow(OutboxKind.TOPIC, kind.__name__, record.topic, kind.only_cause)
            yield SentMessage(kind.sender, row, record.partition, record.offset)


def _status(order: str, system: RunningSystem) -> tuple[str, str | None]:
    if "orders" not in system.databases or ORDERS.metadata is not system.registry.by_name["orders"].tables:
        return "", None
    with system.databases["orders"]() as db:
        row = db.execute(select(ORDERS.c.status, ORDERS.c.reason).where(ORDERS.c.id == order)).one_or_none()
    return (str(row.status), row.reason) if row else ("", None)


def _sentence(found: Diagnosis, sent: Sequence[SentMessage], handled: Mapping[str, Mapping[str, Any]]) -> str:
    needs_operator = found.status == OrderStatus.NEEDS_OPERATOR
    waits = [str(wait) for wait in found.waits if not (needs_operator and wait.kind == OPERATOR)]
    if not waits and not needs_operator:
        if found.status and OrderStatus(found.status) not in OPEN:
            waits = ["nothing waits for it"]
        else:
            waits = [f"nothing is under way: {_silence(sent, handled)}"]
    state = f"is {found.status}{f' ({found.reason})' if found.reason else ''}" if found.status else ""
    if needs_operator:
        state = f"needs an operator: {found.reason}"
    return f"Order {found.order} {', and '.join([*([state] if state else []), *waits])}."


def _silence(sent: Sequence[SentMessage], handled: Mapping[str, Mapping[str, Any]]) -> str:
    causes = {each.row.cause for each in sent}
    unanswered = [each for each in sent if each.row.message not in causes and each.position is not None]
    for each in reversed(unanswered):
        readers = [name for name, rows in handled.items() if each.row.destination in rows]
        return f"{' and '.join(readers) or 'its reader'} has handled {each.row.message}, and has sent nothing since"
    return "no outbox holds a message for it"
