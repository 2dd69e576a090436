"""Payments: charges the customer and publishes the result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text

from checkout.domain import LARGEST_AMOUNT, PaymentMethod, is_amount
from checkout.framework.intake import RouteContext
from checkout.framework.service import NoReply, Service, on, reply_to, unanswered
from checkout.framework.sql import Cents, fetch, put, status_type
from checkout.messages import (
    PAYMENT_METHODS,
    ChargeCard,
    Message,
    PaymentFailed,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    ProcessPayment,
    RefundCard,
    RefundPayment,
)
from checkout.replies import CardDenied, ChargeReply, ChargeUnclear, RefundRefused, RefundReply


class PaymentStatus(StrEnum):
    """The last reply of the payment provider. NEEDS_OPERATOR: a charge is unclear, or a refund was refused."""

    REQUESTED = "REQUESTED"
    CHARGED = "CHARGED"
    DENIED = "DENIED"
    REFUND_REQUESTED = "REFUND_REQUESTED"
    REFUNDED = "REFUNDED"
    NEEDS_OPERATOR = "NEEDS_OPERATOR"


METADATA = MetaData()
PAYMENTS = Table(
    "payments",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("customer_name", Text),
    Column("customer_email", Text),
    Column("total", Cents),
    Column("method", status_type(PaymentMethod)),
    Column("status", status_type(PaymentStatus)),
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
    """Steps 8-11; 13-15 when the order was cancelled."""

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
    def settle(self, payments: dict[str, Payment], reply: ChargeReply) -> Iterator[Message]:
        """Step 10: publish the result."""
        payment = payments[reply.id]
        if isinstance(reply, ChargeUnclear):
            yield self._call_operator(payment, reply.reason)
        elif isinstance(reply, CardDenied):
            yield self._refuse(payment, reply.reason)
        else:
            payment.status = PaymentStatus.CHARGED
            yield PaymentProcessed(payment.order_id)

    @unanswered(ChargeCard)
    def give_up_charge(self, payments: dict[str, Payment], call: NoReply) -> Iterator[Message]:
        """Step 10: leave a charge whose outcome is unknown to an operator."""
        yield self._call_operator(payments[call.id], f"it is unknown whether the card was charged: {call.reason}")

    @on(RefundPayment)
    def refund(self, payments: dict[str, Payment], request: RefundPayment) -> Iterator[Message]:
        """Steps 13-14, late payment: refund the charge; without a charge an operator has to look."""
        payment = payments.get(request.id)
        if payment is None or payment.total is None:
            yield PaymentNeedsOperator(request.id, "a refund is requested, but Payments has charged nothing")
        elif payment.status is PaymentStatus.CHARGED:
            payment.status = PaymentStatus.REFUND_REQUESTED
            yield RefundCard(request.id, payment.total)
        else:
            yield self._call_operator(payment, f"a refund is requested, but the payment is {payment.status}")

    @reply_to(RefundCard)
    def settle_refund(self, payments: dict[str, Payment], reply: RefundReply) -> Iterator[Message]:
        """Step 15, late payment: publish the result of the refund."""
        payment = payments[reply.id]
        if isinstance(reply, RefundRefused):
            yield self._call_operator(payment, f"the refund was refused: {reply.reason}")
        else:
            payment.status = PaymentStatus.REFUNDED
            yield PaymentRefunded(payment.order_id, payment.total, payment.customer_name, payment.customer_email)

    @unanswered(RefundCard)
    def give_up_refund(self, payments: dict[str, Payment], call: NoReply) -> Iterator[Message]:
        """Step 15, late payment: leave a refund whose outcome is unknown to an operator."""
        yield self._call_operator(payments[call.id], f"it is unknown whether the card was refunded: {call.reason}")

    def _call_operator(self, payment: Payment, reason: str) -> PaymentNeedsOperator:
        payment.status, payment.reason = PaymentStatus.NEEDS_OPERATOR, reason
        return PaymentNeedsOperator(payment.order_id, reason)

    def _refuse(self, payment: Payment, reason: str) -> PaymentFailed:
        payment.status, payment.reason = PaymentStatus.DENIED, reason
        return PaymentFailed(payment.order_id, reason, payment.customer_name, payment.customer_email)

    def routes(self, context: RouteContext) -> Sequence[Any]:
        """Lists the payment methods."""
        from litestar import get  # only an HTTP server needs Litestar
        from litestar.params import FromQuery

        @get(PAYMENT_METHODS, sync_to_thread=False)
        def list_methods(active: FromQuery[bool | None] = None) -> list[PaymentMethod]:
            return [] if active is False else list(PaymentMethod)

        return (list_methods,)
