"""Outbox rows: the external calls of one order, as its service stores them."""

from decimal import Decimal

from sample import ADA, EMAIL, FIRST, SPOONS

from checkout.domain import PaymentMethod
from checkout.framework.message import encode
from checkout.messages import BookParcel, ChargeCard, Message, SendEmail
from checkout.worker.outbox import OutboxKind, OutboxRow

CHARGE = ChargeCard(FIRST, Decimal("10.00"), PaymentMethod.CREDIT)
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
