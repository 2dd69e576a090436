"""Shipments: has the parcel brought to the customer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text

from checkout.fields import OrderLine
from checkout.framework.service import Service, on, reply_to
from checkout.framework.sql import fetch, put
from checkout.messages import BookParcel, Message, OrderApproved, ParcelBooked, ParcelRefused

METADATA = MetaData()
SHIPMENTS = Table(
    "shipments",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("status", String(10)),
    Column("parcel", Text),
    Column("reason", Text),
)


@dataclass
class Shipment:
    """The delivery of one order, and the shipment company's number for it."""

    order_id: str
    status: str = "ASKED"
    parcel: str | None = None
    reason: str | None = None


class Shipments(Service):
    """Steps 13-14."""

    name = "shipments"
    tables = METADATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Shipment]:
        """The shipments of these orders, by order id."""
        rows = fetch(db, SHIPMENTS, SHIPMENTS.c.order_id, (message.id for message in messages))
        return {row.order_id: Shipment(**row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, Shipment]) -> None:
        """Writes them back."""
        put(db, SHIPMENTS, [vars(shipment) for shipment in state.values()])

    @on(OrderApproved)
    def ship(self, shipments: dict[str, Shipment], order: OrderApproved) -> Iterator[Message]:
        """Steps 13-14: ask the shipment company to bring the products."""
        shipments[order.id] = Shipment(order.id)
        contents = [OrderLine(sku=line.sku, name=line.name, quantity=line.quantity) for line in order.products]
        yield BookParcel(order.id, order.customer_name, contents)

    @reply_to(BookParcel)
    def note(self, shipments: dict[str, Shipment], reply: ParcelBooked | ParcelRefused) -> None:
        """After step 14: keep the parcel's number, or why there is none."""
        shipment = shipments[reply.id]
        if isinstance(reply, ParcelRefused):
            shipment.status, shipment.reason = "REFUSED", reply.reason
        else:
            shipment.status, shipment.parcel = "BOOKED", reply.parcel
