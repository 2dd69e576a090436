"""Projection: the hops of a journal, and the state of the store after each of them."""

from collections.abc import Sequence
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
from checkout.lab.history.sentences import LAB, order_lines, place_of, sentence
from checkout.messages import BY_NAME, BookParcel, PlaceOrder, SendEmail
from checkout.registry import STORE, Registry
from checkout.services.orders import Orders
from checkout.services.orders_table import Order
from checkout.services.stock import CATALOGUE, Stock
from checkout.services.stock_table import StockState
from checkout.stories import step_of, story_of

SELL_OUT = "SellOut"
Row = dict[str, Any]


class StoreState(msgspec.Struct):
    """The state of the store after a hop, as rows for display: amounts are text, orders have names."""

    orders: list[Row]
    stock: list[Row]
    mailbox: list[Row]
    parcels: list[Row]


class Moment(msgspec.Struct):
    """One hop and the state after it.

    `place`: coordinates of the record, or technology and status of a call. `lag`: of the receiving group on the
    record's partition, in records; None where no group receives a record. `group_lags`: the lag of each group over
    all partitions. Both are as of the hop; in the last moment of a lab they follow later commits.
    """

    number: int
    hop: Hop
    order: str
    place: str
    lag: int | None
    sentence: str
    state: StoreState
    group_lags: dict[str, int]

    def __repr__(self) -> str:
        return f"{self.sentence} {self.place}".rstrip()


class Projection:
    """Derives the state from the journal alone, by calling the services' own handlers with its messages.

    `lag` receives the commits of a lab; without it they are assumed, see AssumedLag.
    """

    def __init__(self, names: OrderNames, lag: ConsumerLag | None = None, registry: Registry = STORE) -> None:
        self.moments: list[Moment] = []
        self._has_state = registry is STORE  # of another system only the hops are shown
        self.lag = lag or AssumedLag()
        self.names = names
        self._last_as_added: Moment | None = None
        self._messages: dict[str, set[str]] = {}  # by order
        self._orders: dict[str, Order] = {}
        self._stock = StockState({product.sku: replace(product) for product in CATALOGUE}, {})
        self._mails: dict[tuple[str, str], Row] = {}
        self._parcels: dict[str, Row] = {}

    def add(self, hop: Hop) -> None:
        """Appends the moment of one more hop."""
        hop = self._numbered(hop)
        message = _message(hop) if self._has_state and hop.is_applied else None
        if message is not None:
            self._apply(hop, message)
        self.lag.observe(hop)
        if self._last_as_added:
            self.moments[-1] = self._last_as_added  # without later commits
        order = self.names.of(hop.order)
        moment = self._last_as_added = Moment(
            len(self.moments) + 1, hop, order, place_of(hop), self._lag(hop), sentence(hop, order), self._state(),
            self.lag.by_group(),
        )  # fmt: skip
        self.moments.append(moment)

    def commit(self, group: str, partition: tuple[str, int], offset: int) -> None:
        """Applies a commit that the broker has accepted: the lag of the last moment follows."""
        self.lag.commit(group, partition, offset)
        if self.moments:
            last = self.moments[-1]
            lag, group_lags = self._lag(last.hop), self.lag.by_group()
            if (lag, group_lags) != (last.lag, last.group_lags):
                self.moments[-1] = msgspec.structs.replace(last, lag=lag, group_lags=group_lags)

    def open_orders(self) -> list[Row]:
        """The orders that Orders has still to decide."""
        rows = self.moments[-1].state.orders if self.moments else []
        return [row for row in rows if OrderStatus(row["status"]) in OPEN]

    def _numbered(self, hop: Hop) -> Hop:
        """The hop with its step in the story that its order belongs to so far."""
        if not (self._has_state and hop.order):
            return hop
        messages = self._messages.setdefault(hop.order, set())
        if hop.is_applied:
            messages.add(hop.message)
        return hop if hop.step is not None else msgspec.structs.replace(hop, step=step_of(hop, story_of(messages)))

    def _apply(self, hop: Hop, message: Any) -> None:
        if hop.sender == LAB and hop.message == SELL_OUT:
            product = self._stock.products[message["sku"]]
            product.on_hand = product.reserved
        elif hop.to == "orders":
            _call_handler(Orders, self._orders, message)
        elif hop.to == "stock":
            _call_handler(Stock, self._stock, message)
        elif isinstance(message, SendEmail):
            row = {"order": message.id, "to": message.customer_email, "subject": message.subject, "text": message.text}
            self._mails.setdefault((message.id, message.kind), row | {"copies": 0})["copies"] += 1
        elif isinstance(message, BookParcel):
            contents = order_lines(message.products)
            self._parcels[message.id] = {"order": message.id, "customer": message.customer_name, "products": contents}

    def _lag(self, hop: Hop) -> int | None:
        if hop.topic is None or hop.partition is None or hop.sender != KAFKA:
            return None
        return self.lag.of(hop.group or hop.to, (hop.topic, hop.partition))

    def _state(self) -> StoreState:
        return StoreState(
            self.names.rows(map(order_row, self._orders.values())),
            list(map(stock_row, self._stock.products.values())) if self._has_state else [],
            self.names.rows(self._mails.values()),
            self.names.rows(self._parcels.values()),
        )


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


def moments_of(moments: Sequence[Moment], order: str = "") -> list[Moment]:
    """The moments of an order; without an order, of the one that moved last."""
    order = order or next((moment.order for moment in reversed(moments) if moment.order), "")
    return [moment for moment in moments if order and moment.order == order]


def view_of(moments: Sequence[Moment], order: str = "") -> str:
    """The name of the diagram view of an order's story; without an order, of the one that moved last."""
    return story_of(moment.hop.message for moment in moments_of(moments, order))
