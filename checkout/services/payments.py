"""Payments: charges the customer and publishes the result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from litestar import get
from litestar.params import FromQuery
from sqlalchemy import Column, Connection, MetaData, String, Table, Text

from checkout.domain import LARGEST_AMOUNT, PaymentMethod, is_amount
from checkout.framework.intake import RouteContext
from checkout.framework.service import Service, on, reply_to
from checkout.framework.sql import Cents, Status, fetch, put
from checkout.messages import (
    PAYMENT_METHODS,
    CardCharged,
    CardDenied,
    ChargeCard,
    Message,
    PaymentFailed,
    PaymentProcessed,
    ProcessPayment,
)


class PaymentStatus(StrEnum):
    """The reply of the payment provider, if any."""

    REQUESTED = "REQUESTED"
    CHARGED = "CHARGED"
    DENIED = "DENIED"


METADATA = MetaData()
PAYMENTS = Table(
    "payments",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("customer_name", Text),
    Column("customer_email", Text),
    Column("total", Cents),
    Column("method", Status(PaymentMethod)),
    Column("status", Status(PaymentStatus)),
    Column("reason", Text),
)


@dataclass
class Payment:
    """The payment of one order; `total` in EUR, None when the amount was refused."""

    order_id: str
    customer_name: str
    customer_email: str | None
    total: Decimal | None
    method: PaymentMethod
    status: PaymentStatus = PaymentStatus.REQUESTED
    reason: str | None = None


class Payments(Service):
    """Steps 8-11."""

    name = "payments"
    tables = METADATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Payment]:
        """The payments of these orders, by order id."""
        rows = fetch(db, PAYMENTS, PAYMENTS.c.order_id, (message.id for message in messages))
        return {row.order_id: Payment(**row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, Payment]) -> None:
        put(db, PAYMENTS, [vars(payment) for payment in state.values()])

    @on(ProcessPayment)
    def charge(self, payments: dict[str, Payment], request: ProcessPayment) -> Iterator[Message]:
        """Steps 8-9: charge the card, or refuse an amount that cannot be charged."""
        total, method = request.payment.total, request.payment.payment_method
        amount = total if is_amount(total) else None
        payment = payments[request.id] = Payment(
            request.id, request.customer_name, request.customer_email, amount, method
        )
        if amount:
            yield ChargeCard(request.id, amount, method)
        else:
            yield self._refuse(payment, f"{total} is not an amount between 0.01 and {LARGEST_AMOUNT:,}.00 EUR")

    @reply_to(ChargeCard)
    def settle(self, payments: dict[str, Payment], reply: CardCharged | CardDenied) -> Iterator[Message]:
        """Step 10: publish the result."""
        payment = payments[reply.id]
        if isinstance(reply, CardDenied):
            yield self._refuse(payment, reply.reason)
        else:
            payment.status = PaymentStatus.CHARGED
            yield PaymentProcessed(payment.order_id)

    def _refuse(self, payment: Payment, reason: str) -> PaymentFailed:
        payment.status, payment.reason = PaymentStatus.DENIED, reason
        return PaymentFailed(payment.order_id, reason, payment.customer_name, payment.customer_email)

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Lists the payment methods."""

        @get(PAYMENT_METHODS, sync_to_thread=False)
        def list_methods(active: FromQuery[bool | None] = None) -> list[PaymentMethod]:
            return [] if active is False else list(PaymentMethod)

        return (list_methods,)
