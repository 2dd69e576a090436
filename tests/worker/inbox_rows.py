"""Inbox rows: handled messages, as a worker stores them."""

from datetime import UTC, datetime

from sample import FIRST

from checkout.worker.inbox import InboxRow

T1 = datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)
RECEIVED, RESERVED = "order.new-order-received", "stock.order-products-reserved"


def inbox_row(id: str = FIRST, source: str = RECEIVED) -> InboxRow:
    return InboxRow(source, id, 0, 12, "PlaceOrder", "c-1")
