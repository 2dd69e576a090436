"""Extra services: a fourth consumer of approved orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text

from checkout.domain import is_amount
from checkout.framework.service import Service, on
from checkout.framework.sql import fetch, put
from checkout.messages import OrderApproved

LOYALTY_DATA = MetaData()
POINTS = Table("points", LOYALTY_DATA, Column("customer", Text, primary_key=True), Column("points", Integer))
REWARDED_ORDERS = Table(
    "counted", LOYALTY_DATA, Column("order_id", String(36), primary_key=True), Column("points", Integer)
)


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
