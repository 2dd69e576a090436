"""Projection: the hops of a journal, and the state of the store after each of them."""

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec

from checkout.domain import OPEN, DomainError, OrderStatus
from checkout.framework.message import KAFKA
from checkout.framework.service import Service
from checkout.journal.hop import Hop
from checkout.lab.engine.order_names import OrderNames
from checkout.lab.history.lag import AssumedLag, ConsumerLag
from checkout.lab.history.moment import TABLES, Moment
from checkout.lab.history.row_versions import Row, RowVersions
from checkout.lab.history.sentences import LAB, order_lines
from checkout.lab.partitions.partition_history import PartitionHistory
from checkout.messages import BY_NAME, BookParcel, PlaceOrder, SendEmail
from checkout.services.orders import Orders
from checkout.services.orders_table import Order
from checkout.services.stock import CATALOGUE, Stock
from checkout.services.stock_table import StockState
from checkout.stories import step_of, story_of

SELL_OUT = "SellOut"


class Projection:
    """Derives the state from the journal alone, by calling the services' own handlers with its messages.

    `lag` receives the commits of a lab; without it they are assumed, see AssumedLag. `is_store`: else the run is that
    of another system, of which only the hops are shown. `has_real_times`: else those of a fixed clock.
    """

    def __init__(
        self, names: OrderNames, lag: ConsumerLag | None = None, is_store: bool = True, has_real_times: bool = False
    ) -> None:
        self.moments: list[Moment] = []
        self._is_store, self.has_real_times = is_store, has_real_times
        self.lag = lag or AssumedLag()
        self.names = names
        self.tables = {name: RowVersions() for name in TABLES}
        self.partitions = PartitionHistory(names, assumed=lag is None)
        self.lag.on_commit = self.partitions.commit
        self._last_as_added: Moment | None = None
        self._numbers: dict[str, list[int]] = {}  # of the moments of an order, by its name
        self._messages: dict[str, set[str]] = {}  # by order
        self._orders: dict[str, Order] = {}
        self._stock = StockState({product.sku: replace(product) for product in CATALOGUE}, {})

    def add(self, hop: Hop) -> None:
        """Appends the moment of one more hop."""
        hop, number, order = self._numbered(hop), len(self.moments) + 1, self.names.of(hop.order)
        message = _message(hop) if self._is_store and hop.is_applied else None
        if number == 1 and self._is_store:
            self._put_stock(number)
        if message is not None:
            self._apply(number, hop, message)
        self.lag.observe(hop)
        if self._last_as_added:
            self.moments[-1] = self._last_as_added  # without later commits
        if order:
            self._numbers.setdefault(order, []).append(number)
        self.partitions.observe(hop, order)
        moment = self._last_as_added = Moment(number, hop, order, self._lag(hop), self.lag.totals(), self.tables)
        self.moments.append(moment)

    def commit(self, group: str, partition: tuple[str, int], offset: int) -> None:
        """Applies a commit that the broker has accepted: the lag of the last moment follows."""
        self.lag.commit(group, partition, offset)
        if self.moments:
            last = self.moments[-1]
            lag, totals = self._lag(last.hop), self.lag.totals()
            if (lag, totals) != (last.lag, last.totals):
                self.moments[-1] = msgspec.structs.replace(last, lag=lag, totals=totals)

    def open_orders(self) -> list[Row]:
        """The orders that Orders has still to decide."""
        return [row for row in self.orders() if OrderStatus(row["status"]) in OPEN]

    def orders(self) -> list[Row]:
        """The orders after the last hop."""
        return self.tables["orders"].rows(len(self.moments))

    @property
    def order_names(self) -> list[str]:
        """The names of the orders that have hops, in the order of their first hop."""
        return list(self._numbers)

    def numbers_of(self, order: str) -> list[int]:
        """The numbers of the moments of an order, given by its name."""
        return self._numbers.get(order, [])

    def view(self, order: str = "") -> str:
        """The name of the diagram view of an order's story; without an order, of the one that moved last."""
        order = order or next((moment.order for moment in reversed(self.moments) if moment.order), "")
        return story_of(self.moments[number - 1].hop.message for number in self.numbers_of(order))

    def _numbered(self, hop: Hop) -> Hop:
        """The hop with its step in the story that its order belongs to so far."""
        if not (self._is_store and hop.order):
            return hop
        messages = self._messages.setdefault(hop.order, set())
        if hop.is_applied:
            messages.add(hop.message)
        return hop if hop.step is not None else msgspec.structs.replace(hop, step=step_of(hop, story_of(messages)))

    def _apply(self, number: int, hop: Hop, message: Any) -> None:
        if hop.sender == LAB and hop.message == SELL_OUT:
            product = self._stock.products[message["sku"]]
            product.on_hand = product.reserved
            self._put_stock(number)
        elif hop.to == "orders":
            _call_handler(Orders, self._orders, message)
            if order := self._orders.get(message.id):
                self._put(number, "orders", message.id, order_row(order))
        elif hop.to == "stock":
            _call_handler(Stock, self._stock, message)
            self._put_stock(number)
        elif isinstance(message, SendEmail):
            row = {"order": message.id, "to": message.customer_email, "subject": message.subject, "text": message.text}
            key = message.id, message.kind
            copies = self.tables["mailbox"].latest(key).get("copies", 0)
            self._put(number, "mailbox", key, row | {"copies": copies + 1})
        elif isinstance(message, BookParcel):
            contents = order_lines(message.products)
            row = {"order": message.id, "customer": message.customer_name, "products": contents}
            self._put(number, "parcels", message.id, row)

    def _put(self, number: int, table: str, key: Hashable, row: Row) -> None:
        self.tables[table].put(number, key, self.names.rows([row])[0])

    def _put_stock(self, number: int) -> None:
        for sku, product in self._stock.products.items():
            self.tables["stock"].put(number, sku, stock_row(product))

    def _lag(self, hop: Hop) -> int | None:
        if hop.topic is None or hop.partition is None or hop.sender != KAFKA:
            return None
        return self.lag.of(hop.group or hop.to, (hop.topic, hop.partition))


def _call_handler(service: type[Service], state: Any, message: Any) -> None:
    handler = service.handlers.get(type(message))
    if handler:
        with suppress(DomainError):  # the journal of another store may begin in the middle of a story
            list(handler(service(), state, message) or ())


def _message(hop: Hop) -> Any:
    kind: Any = Any if hop.sender == LAB else BY_NAME.get(hop.message)
    if kind is None or (kind is PlaceOrder and hop.to != "orders"):
        return None
    with suppress(msgspec.MsgspecError):
        return msgspec.json.decode(bytes(hop.payload), type=kind)
    return None


def order_row(order: Any) -> Row:
    """An order as a row for display."""
    total = None if order.total is None else f"{order.total:.2f}"
    return {"order": order.id, "status": str(order.status), "reason": order.reason, "total": total,
            "customer": order.customer_name, "products": order_lines(order.products)}  # fmt: skip


def stock_row(product: Any) -> Row:
    """A product as a row for display."""
    return {"sku": product.sku, "product": product.name, "price": f"{product.price:.2f}", "on_hand": product.on_hand,
            "reserved": product.reserved, "available": product.available}  # fmt: skip
