"""Outbox rows: external calls and messages of one order, as its service stores them."""

from decimal import Decimal
from typing import Any

from sample import ADA, EMAIL, FIRST, SPOONS
from sqlalchemy import Connection
from worker.inbox_rows import RESERVED

from checkout.domain import PaymentMethod
from checkout.framework.message import encode
from checkout.messages import BookParcel, ChargeCard, Message, RefundCard, SendEmail
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import OutboxKind, OutboxRow, RowNumbers, add_to_outbox, has_open_rows, last_number

CHARGE = ChargeCard(FIRST, Decimal("10.00"), PaymentMethod.CREDIT)
REFUND = RefundCard(FIRST, Decimal("10.00"))
PARCEL = BookParcel(FIRST, ADA, [SPOONS])
MAIL = SendEmail(FIRST, "approved", ADA, EMAIL, "Your order is on its way", "Dear Ada")


def external_call(message: Message) -> OutboxRow:
    return OutboxRow(
        kind=OutboxKind.EXTERNAL_CALL,
        order_id=message.id,
        destination=message.purpose,
        message=type(message).__name__,
        payload=encode(message),
        correlation="c-1",
        cause=None,
    )


def outbox_row(id: str = FIRST, destination: str = RESERVED, **changes: Any) -> OutboxRow:
    """A message to a topic."""
    fields = {"kind": OutboxKind.TOPIC, "message": "ProductsReserved", "payload": b"{}"}
    fields |= {"correlation": "c-1", "cause": "OrderReceived"}
    return OutboxRow(order_id=id, destination=destination, **fields | changes)


def add(db: Connection, rows: list[OutboxRow], owner: str) -> list[OutboxRow]:
    """Adds outbox rows of a replica, and returns them with their numbers."""
    add_to_outbox(db, rows, owner, RowNumbers(last_number(db), owner))
    return rows


def is_open(database: ServiceDatabase) -> bool:
    """Whether the outbox has a row that is not marked as done."""
    with database.read() as db:
        return has_open_rows(db)
