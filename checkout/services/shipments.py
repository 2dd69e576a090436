"""Shipments: books the parcel of an approved order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text

from checkout.fields import OrderLine
from checkout.framework.service import NoReply, Service, on, reply_to, unanswered
from checkout.framework.sql import fetch, put, status_type
from checkout.messages import BookParcel, Message, OrderApproved, ShipmentRefused
from checkout.replies import ParcelBooked, ParcelRefused


class ShipmentStatus(StrEnum):
    """The reply of the shipment company, if any."""

    REQUESTED = "REQUESTED"
    BOOKED = "BOOKED"
    REFUSED = "REFUSED"
    NEEDS_OPERATOR = "NEEDS_OPERATOR"


METADATA = MetaData()
SHIPMENTS = Table(
    "shipments",
    METADATA,
    Column("order_id", String(36), primary_key=True),
    Column("status", status_type(ShipmentStatus)),
    Column("parcel", Text),
    Column("reason", Text),
)


@dataclass
class Shipment:
    """The shipment of one order; `parcel` is the shipment company's number."""

    order_id: str
    status: ShipmentStatus = ShipmentStatus.REQUESTED
    parcel: str | None = None
    reason: str | None = None


class Shipments(Service):
    """Steps 13-14; 15 when the parcel is refused."""

    name = "shipments"
    tables = METADATA

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, Shipment]:
        """The shipments of these orders, by order id."""
        rows = fetch(db, SHIPMENTS, SHIPMENTS.c.order_id, (message.id for message in messages))
        return {row.order_id: Shipment(**row._mapping) for row in rows}

    def save(self, db: Connection, state: dict[str, Shipment]) -> None:
        put(db, SHIPMENTS, [vars(shipment) for shipment in state.values()])

    @on(OrderApproved)
    def ship(self, shipments: dict[str, Shipment], order: OrderApproved) -> Iterator[Message]:
        """Steps 13-14: book a parcel with the shipment company."""
        shipments[order.id] = Shipment(order.id)
        contents = [OrderLine(sku=line.sku, name=line.name, quantity=line.quantity) for line in order.products]
        yield BookParcel(order.id, order.customer_name, contents)

    @reply_to(BookParcel)
    def note(self, shipments: dict[str, Shipment], reply: ParcelBooked | ParcelRefused) -> Iterator[Message]:
        """Step 15, parcel refused: publish the reason; else store the parcel's number."""
        shipment = shipments[reply.id]
        if isinstance(reply, ParcelRefused):
            shipment.status, shipment.reason = ShipmentStatus.REFUSED, reply.reason
            yield ShipmentRefused(shipment.order_id, reply.reason)
        else:
            shipment.status, shipment.parcel = ShipmentStatus.BOOKED, reply.parcel

    @unanswered(BookParcel)
    def give_up(self, shipments: dict[str, Shipment], call: NoReply) -> None:
        """After step 14: leave a parcel whose booking is unknown to an operator."""
        shipment = shipments[call.id]
        shipment.status, shipment.reason = ShipmentStatus.NEEDS_OPERATOR, call.reason
