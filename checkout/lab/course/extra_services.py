"""Guests: services that take the place of ours or join them: a batch system, a function, a fourth listener."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, select

from checkout.domain import LARGEST_AMOUNT, PaymentMethod, is_amount
from checkout.framework.service import Service, Tick, every, on, reply_to
from checkout.framework.sql import Cents, fetch, put
from checkout.messages import (
    CardCharged,
    CardDenied,
    ChargeCard,
    Message,
    OrderApproved,
    PaymentFailed,
    PaymentProcessed,
    ProcessPayment,
)

HOUR = 3600.0  # seconds
BATCH_DATA = MetaData()
JOBS = Table(
    "jobs",
    BATCH_DATA,
    Column("order_id", String(36), primary_key=True),
    Column("customer_name", Text),
    Column("customer_email", Text),
    Column("amount", Cents),
    Column("method", String(10)),
    Column("state", String(10)),
)
LOYALTY_DATA = MetaData()
POINTS = Table("points", LOYALTY_DATA, Column("customer", Text, primary_key=True), Column("points", Integer))
COUNTED = Table("counted", LOYALTY_DATA, Column("order_id", String(36), primary_key=True), Column("points", Integer))


@dataclass
class Job:
    """One payment in the batch system's book: NOTED, then ASKED, then PAID or UNPAID."""

    order_id: str
    customer_name: str
    customer_email: str | None
    amount: Decimal | None
    method: str
    state: str = "NOTED"

    def refuse(self, reason: str) -> PaymentFailed:
        """Ends the job without money."""
        self.state = "UNPAID"
        return PaymentFailed(self.order_id, reason, self.customer_name, self.customer_email)


class LegacyPayments(Service):
    """Steps 8-11 as a batch system does them: it notes what is asked, and once an hour has it all charged."""

    name = "payments"
    tables = BATCH_DATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Job]:
        """The jobs of these orders, by order id; when the hour has come, all that wait too."""
        rows = fetch(db, JOBS, JOBS.c.order_id, (message.id for message in messages))
        if any(isinstance(message, Tick) for message in messages):
            waiting = select(JOBS).where(JOBS.c.state == "NOTED").order_by(JOBS.c.order_id)
            rows += db.execute(waiting.with_for_update()).all()
        return {row.order_id: Job(**row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, Job]) -> None:
        """Writes them back."""
        put(db, JOBS, [vars(job) for job in state.values()])

    @on(ProcessPayment)
    def note(self, jobs: dict[str, Job], request: ProcessPayment) -> Iterator[Message]:
        """Step 8: note it for the next run."""
        total, method = request.payment.total, request.payment.payment_method
        amount = total if is_amount(total) else None
        job = jobs[request.id] = Job(request.id, request.customer_name, request.customer_email, amount, method)
        if not amount:
            yield job.refuse(_no_amount(total))

    @every(HOUR)
    def charge_all(self, jobs: dict[str, Job], tick: Tick) -> Iterator[Message]:
        """Step 9, once an hour: ask the payment broker for the money of all that wait."""
        for job in jobs.values():
            if job.state == "NOTED" and job.amount:
                job.state = "ASKED"
                yield ChargeCard(job.order_id, job.amount, PaymentMethod(job.method))

    @reply_to(ChargeCard)
    def settle(self, jobs: dict[str, Job], reply: CardCharged | CardDenied) -> Iterator[Message]:
        """Step 10: say how it went."""
        job = jobs[reply.id]
        if isinstance(reply, CardDenied):
            yield job.refuse(reply.reason)
        else:
            job.state = "PAID"
            yield PaymentProcessed(job.order_id)


class PaymentFunction(Service):
    """Steps 8-11 as a function in a cloud does them: no table, so that each call knows only what it is given."""

    name = "payments"
    tables = MetaData()

    @on(ProcessPayment)
    def charge(self, nothing: None, request: ProcessPayment) -> Iterator[Message]:
        """Steps 8-9: ask the payment broker for the money."""
        total = request.payment.total
        if total and is_amount(total):
            yield ChargeCard(request.id, total, request.payment.payment_method)
        else:
            yield PaymentFailed(request.id, _no_amount(total), request.customer_name, request.customer_email)

    @reply_to(ChargeCard)
    def settle(self, nothing: None, reply: CardCharged | CardDenied) -> Iterator[Message]:
        """Step 10: say how it went, but no longer whose it was, so nobody can write to the customer."""
        if isinstance(reply, CardDenied):
            yield PaymentFailed(reply.id, reply.reason)
        else:
            yield PaymentProcessed(reply.id)


@dataclass
class Accounts:
    """The points of the customers and of the orders that a batch of messages concerns."""

    points: dict[str, int]
    counted: dict[str, int]


class Loyalty(Service):
    """Step 13, a fourth time: gives the customer a point for every whole EUR of an approved order."""

    name = "loyalty"
    tables = LOYALTY_DATA

    def load(self, db: Connection, messages: Sequence[Any]) -> Accounts:
        """The orders counted already, and their customers' points."""
        counted = fetch(db, COUNTED, COUNTED.c.order_id, (message.id for message in messages))
        points = fetch(db, POINTS, POINTS.c.customer, map(_customer, messages))
        return Accounts({row.customer: row.points for row in points}, {row.order_id: row.points for row in counted})

    def save(self, db: Connection, state: Accounts) -> None:
        """Writes both back."""
        put(db, POINTS, [{"customer": customer, "points": points} for customer, points in state.points.items()])
        put(db, COUNTED, [{"order_id": id, "points": points} for id, points in state.counted.items()])

    @on(OrderApproved)
    def reward(self, accounts: Accounts, order: OrderApproved) -> None:
        """Step 13: count the order, once."""
        if order.id in accounts.counted:
            return
        total, customer = order.total if order.total is not None else order.payment.total, _customer(order)
        earned = accounts.counted[order.id] = int(total) if total and is_amount(total) else 0
        accounts.points[customer] = accounts.points.get(customer, 0) + earned


def _customer(order: OrderApproved) -> str:
    return order.customer_email or order.customer_name


def _no_amount(total: Decimal | None) -> str:
    return f"{total} is not an amount between 0.01 and {LARGEST_AMOUNT:,}.00 EUR"
