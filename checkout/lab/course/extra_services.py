"""Extra services: two replacements of Payments, and a fourth consumer of approved orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, select

from checkout.domain import LARGEST_AMOUNT, PaymentMethod, is_amount
from checkout.framework.service import Service, Tick, every, on, reply_to
from checkout.framework.sql import Cents, fetch, put
from checkout.messages import ChargeCard, Message, OrderApproved, PaymentFailed, PaymentProcessed, ProcessPayment
from checkout.replies import CardCharged, CardDenied

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
REWARDED_ORDERS = Table(
    "counted", LOYALTY_DATA, Column("order_id", String(36), primary_key=True), Column("points", Integer)
)


@dataclass
class Job:
    """One payment of the batch system. Its state is NOTED, then ASKED, then PAID or UNPAID."""

    order_id: str
    customer_name: str
    customer_email: str | None
    amount: Decimal | None
    method: str
    state: str = "NOTED"

    def refuse(self, reason: str) -> PaymentFailed:
        """Ends the job without a payment."""
        self.state = "UNPAID"
        return PaymentFailed(self.order_id, reason, self.customer_name, self.customer_email)


class LegacyPayments(Service):
    """Steps 8-11 as a batch system: it stores requests, and charges them all once an hour."""

    name = "payments"
    tables = BATCH_DATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Job]:
        """The jobs of these orders by order id; for a tick also all that are not charged yet."""
        rows = fetch(db, JOBS, JOBS.c.order_id, (message.id for message in messages))
        if any(isinstance(message, Tick) for message in messages):
            waiting = select(JOBS).where(JOBS.c.state == "NOTED").order_by(JOBS.c.order_id)
            rows += db.execute(waiting.with_for_update()).all()
        return {row.order_id: Job(**row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, Job]) -> None:
        """Stores the jobs."""
        put(db, JOBS, [vars(job) for job in state.values()])

    @on(ProcessPayment)
    def note(self, jobs: dict[str, Job], request: ProcessPayment) -> Iterator[Message]:
        """Step 8: store the request for the next run."""
        total, method = request.payment.total, request.payment.payment_method
        amount = total if is_amount(total) else None
        job = jobs[request.id] = Job(request.id, request.customer_name, request.customer_email, amount, method)
        if not amount:
            yield job.refuse(_no_amount(total))

    @every(HOUR)
    def charge_all(self, jobs: dict[str, Job], tick: Tick) -> Iterator[Message]:
        """Step 9, once an hour: charge all stored requests."""
        for job in jobs.values():
            if job.state == "NOTED" and job.amount:
                job.state = "ASKED"
                yield ChargeCard(job.order_id, job.amount, PaymentMethod(job.method))

    @reply_to(ChargeCard)
    def settle(self, jobs: dict[str, Job], reply: CardCharged | CardDenied) -> Iterator[Message]:
        """Step 10: publish the outcome."""
        job = jobs[reply.id]
        if isinstance(reply, CardDenied):
            yield job.refuse(reply.reason)
        else:
            job.state = "PAID"
            yield PaymentProcessed(job.order_id)


class PaymentFunction(Service):
    """Steps 8-11 as a cloud function: without tables, a call knows only its own message."""

    name = "payments"
    tables = MetaData()

    @on(ProcessPayment)
    def charge(self, nothing: None, request: ProcessPayment) -> Iterator[Message]:
        """Steps 8-9: charge the card."""
        total = request.payment.total
        if total and is_amount(total):
            yield ChargeCard(request.id, total, request.payment.payment_method)
        else:
            yield PaymentFailed(request.id, _no_amount(total), request.customer_name, request.customer_email)

    @reply_to(ChargeCard)
    def settle(self, nothing: None, reply: CardCharged | CardDenied) -> Iterator[Message]:
        """Step 10: publish the outcome, without the customer, so no e-mail can be sent."""
        if isinstance(reply, CardDenied):
            yield PaymentFailed(reply.id, reply.reason)
        else:
            yield PaymentProcessed(reply.id)


@dataclass
class Accounts:
    """The points by customer and by order, of the customers and orders in a batch of messages."""

    points: dict[str, int]
    orders: dict[str, int]


class Loyalty(Service):
    """Step 13, as a fourth consumer group: one point for each whole EUR of an approved order."""

    name = "loyalty"
    tables = LOYALTY_DATA

    def load(self, db: Connection, messages: Sequence[Any]) -> Accounts:
        """The points of these orders, where they have been given, and of their customers."""
        orders = fetch(db, REWARDED_ORDERS, REWARDED_ORDERS.c.order_id, (message.id for message in messages))
        points = fetch(db, POINTS, POINTS.c.customer, map(_customer, messages))
        return Accounts({row.customer: row.points for row in points}, {row.order_id: row.points for row in orders})

    def save(self, db: Connection, state: Accounts) -> None:
        """Stores both."""
        put(db, POINTS, [{"customer": customer, "points": points} for customer, points in state.points.items()])
        put(db, REWARDED_ORDERS, [{"order_id": id, "points": points} for id, points in state.orders.items()])

    @on(OrderApproved)
    def reward(self, accounts: Accounts, order: OrderApproved) -> None:
        """Step 13: give the points of an order, once."""
        if order.id in accounts.orders:
            return
        total, customer = order.total if order.total is not None else order.payment.total, _customer(order)
        earned = accounts.orders[order.id] = int(total) if total and is_amount(total) else 0
        accounts.points[customer] = accounts.points.get(customer, 0) + earned


def _customer(order: OrderApproved) -> str:
    return order.customer_email or order.customer_name


def _no_amount(total: Decimal | None) -> str:
    return f"{total} is not an amount between 0.01 and {LARGEST_AMOUNT:,}.00 EUR"
