"""Notifications: sends e-mails to the customer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text

from checkout.fields import OrderLine
from checkout.framework.service import NoReply, Service, on, reply_to, unanswered
from checkout.framework.sql import fetch, put, status_type
from checkout.messages import (
    Message,
    OrderApproved,
    OrderCancelled,
    PaymentFailed,
    PaymentRefunded,
    ProductsReservationFailed,
    SendEmail,
)
from checkout.replies import EmailRefused, EmailSent


class MailStatus(StrEnum):
    """The reply of the mail server, if any. NO_ADDRESS: the order has no e-mail address, nothing is sent."""

    REQUESTED = "REQUESTED"
    SENT = "SENT"
    REFUSED = "REFUSED"
    NO_ADDRESS = "NO ADDRESS"
    GIVEN_UP = "GIVEN UP"


METADATA = MetaData()
MAILS = Table(
    "mails",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("status", status_type(MailStatus)),
    Column("reason", Text),
)
SUBJECTS = {
    "approved": "Your order is on its way",
    "unavailable": "We are sorry: we cannot deliver your order",
    "denied": "We are sorry: your payment was denied",
    "cancelled": "Your order is cancelled",
    "refunded": "Your payment is refunded",
}


@dataclass
class Mail:
    """One e-mail about an order; an order has at most one of each kind."""

    order_id: str
    kind: str
    status: MailStatus = MailStatus.REQUESTED
    reason: str | None = None


class Notifications(Service):
    """Steps 13-14; 6-7 when something is sold out, 11-12 when the payment was denied or the order is cancelled."""

    name = "notifications"
    tables = METADATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[tuple[str, str], Mail]:
        """The e-mails about these orders, by order id and kind."""
        rows = fetch(db, MAILS, MAILS.c.order_id, (message.id for message in messages))
        return {(row.order_id, row.kind): Mail(**row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[tuple[str, str], Mail]) -> None:
        put(db, MAILS, [vars(mail) for mail in state.values()])

    @on(OrderApproved)
    def confirm(self, mails: dict[tuple[str, str], Mail], order: OrderApproved) -> Iterator[Message]:
        """Steps 13-14: confirm the order to the customer."""
        products = "\n".join(map(_line, order.products))
        total = order.total if order.total is not None else order.payment.total
        # A foreign Orders service may omit the total.
        paid = f"\n\nYou paid {total} EUR." if total is not None else ""
        text = f"your order is approved and on its way:\n\n{products}{paid}"
        yield from self._send(mails, order, "approved", text)

    @on(ProductsReservationFailed)
    def apologize(self, mails: dict[tuple[str, str], Mail], refusal: ProductsReservationFailed) -> Iterator[Message]:
        """Steps 6-7, sold out: apologize to the customer."""
        text = f"we are sorry, we cannot deliver your order: {refusal.message}.\nNothing was charged."
        yield from self._send(mails, refusal, "unavailable", text)

    @on(PaymentFailed)
    def report_denial(self, mails: dict[tuple[str, str], Mail], refusal: PaymentFailed) -> Iterator[Message]:
        """Steps 11-12, payment denied: send the reason to the customer, who may know that the order is cancelled."""
        if (refusal.id, "cancelled") in mails:
            return
        text = f"we are sorry, your payment was denied: {refusal.message}.\nNothing was charged."
        yield from self._send(mails, refusal, "denied", text)

    @on(OrderCancelled)
    def report_cancellation(self, mails: dict[tuple[str, str], Mail], order: OrderCancelled) -> Iterator[Message]:
        """Steps 11-12, cancelled: send the reason to the customer."""
        text = f"your order is cancelled: {order.message}.\nIf your card was charged, you get the amount back."
        yield from self._send(mails, order, "cancelled", text)

    @on(PaymentRefunded)
    def report_refund(self, mails: dict[tuple[str, str], Mail], refund: PaymentRefunded) -> Iterator[Message]:
        """Steps 16-17, late payment: send the amount to the customer."""
        amount = f"{refund.total} EUR" if refund.total is not None else "the whole amount"
        yield from self._send(mails, refund, "refunded", f"your order is cancelled, and you got {amount} back.")

    @reply_to(SendEmail)
    def note(self, mails: dict[tuple[str, str], Mail], reply: EmailSent | EmailRefused) -> None:
        """After the e-mail: store whether the mail server accepted it."""
        mail = mails[reply.id, reply.kind]
        mail.status = MailStatus.SENT if isinstance(reply, EmailSent) else MailStatus.REFUSED
        mail.reason = reply.reason if isinstance(reply, EmailRefused) else None

    @unanswered(SendEmail)
    def give_up(self, mails: dict[tuple[str, str], Mail], call: NoReply) -> None:
        """After the e-mail: store that the mail server did not accept it in time."""
        mail = mails[call.id, call.call.kind]
        mail.status, mail.reason = MailStatus.GIVEN_UP, call.reason

    def _send(
        self,
        mails: dict[tuple[str, str], Mail],
        message: OrderApproved | ProductsReservationFailed | PaymentFailed | OrderCancelled | PaymentRefunded,
        kind: str,
        text: str,
    ) -> Iterator[Message]:
        mail = mails[message.id, kind] = Mail(message.id, kind)
        if message.customer_email is None:
            mail.status = MailStatus.NO_ADDRESS
            return
        name = message.customer_name or "customer"
        body = f"Dear {name},\n\n{text}\n\nYour order: {message.id}\nAwesome Online Store\n"
        yield SendEmail(message.id, kind, name, message.customer_email, SUBJECTS[kind], body)


def _line(line: OrderLine) -> str:
    price = f", {line.price} EUR each" if line.price is not None else ""
    return f"  {line.description}{price}"
