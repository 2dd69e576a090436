"""Past: what the journal says happened, hop by hop, and how the store stood after each."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from checkout.domain import NEXT, DomainError, OrderStatus
from checkout.fields import OrderLine
from checkout.framework.message import KAFKA
from checkout.framework.service import Service
from checkout.journal.hop import Hop, Outcome
from checkout.lab.engine.order_names import Names
from checkout.lab.engine.requests import NAMES
from checkout.messages import BY_NAME, BookParcel, PlaceOrder, SendEmail
from checkout.services.orders import Order, Orders
from checkout.services.stock import CATALOGUE, Stock, StockState

LAB = "lab"  # who does what the learner does: no container, and no arrow
SELL_OUT = "SellOut"
ELEMENTS = {
    "web": "the web app", "gateway": "the gateway", "kafka": "Kafka", "payment_broker": "the payment broker",
    "shipment_company": "the shipment company", "customer": "the customer",
}  # fmt: skip
Row = dict[str, Any]


class Scene(msgspec.Struct):
    """How the store stood after a hop: rows as a person reads them, amounts as text."""

    orders: list[Row]
    stock: list[Row]
    mailbox: list[Row]
    parcels: list[Row]


class Moment(msgspec.Struct):
    """One hop, where it came to stand, what its reader has left there, and the store after it."""

    number: int
    hop: Hop
    order: str
    place: str
    lag: int | None
    sentence: str
    scene: Scene

    def __repr__(self) -> str:
        return f"{self.sentence} {self.place}".rstrip()


class Past:
    """Reads a journal and nothing else: the state comes from the services' own handlers, fed as they were."""

    def __init__(self, names: Names) -> None:
        self.moments: list[Moment] = []
        self._names, self._ends, self._read = names, dict[tuple[Any, ...], int](), dict[tuple[Any, ...], int]()
        self._orders: dict[str, Order] = {}
        self._shelves = StockState({product.sku: replace(product) for product in CATALOGUE}, {})
        self._mails: dict[tuple[str, str], Row] = {}
        self._parcels: dict[str, Row] = {}

    def add(self, hop: Hop) -> Moment:
        """One more hop happened."""
        message = _message(hop) if hop.outcome == Outcome.APPLIED else None
        if message is not None:
            self._apply(hop, message)
        order, place = self._names.of(hop.order), where(hop)
        told = sentence(hop, order)
        moment = Moment(len(self.moments) + 1, hop, order, place, self._lag(hop), told, self._scene())
        self.moments.append(moment)
        return moment

    def open_orders(self) -> list[Row]:
        """The orders that are neither approved nor rejected."""
        rows = self.moments[-1].scene.orders if self.moments else []
        return [row for row in rows if NEXT[OrderStatus(row["status"])]]

    def _apply(self, hop: Hop, message: Any) -> None:
        if hop.sender == LAB and hop.message == SELL_OUT:
            product = self._shelves.products[message["sku"]]
            product.on_hand = product.reserved
        elif hop.to == "orders":
            _handled(Orders, self._orders, message)
        elif hop.to == "stock":
            _handled(Stock, self._shelves, message)
        elif isinstance(message, SendEmail):
            self._receive(message)
        elif isinstance(message, BookParcel):
            contents = _products(message.products)
            self._parcels[message.id] = {"order": message.id, "customer": message.customer_name, "products": contents}

    def _receive(self, letter: SendEmail) -> None:
        said = {"order": letter.id, "to": letter.customer_email, "subject": letter.subject, "text": letter.text}
        mail = self._mails.setdefault((letter.id, letter.kind), said | {"copies": 0})
        mail["copies"] += 1

    def _lag(self, hop: Hop) -> int | None:
        place = (hop.topic, hop.partition)
        if hop.offset is None:
            return None
        if hop.to == KAFKA:
            self._ends[place] = max(self._ends.get(place, 0), hop.offset + 1)
            return None
        self._read[hop.group, *place] = max(self._read.get((hop.group, *place), 0), hop.offset + 1)
        return max(0, self._ends.get(place, 0) - self._read[hop.group, *place])

    def _scene(self) -> Scene:
        named = self._names.named
        return Scene(
            named([order_row(order) for order in self._orders.values()]),
            [stock_row(product) for product in self._shelves.products.values()],
            named([dict(mail) for mail in self._mails.values()]),
            named([dict(parcel) for parcel in self._parcels.values()]),
        )


def _handled(service: type[Service], state: Any, message: Any) -> None:
    handler = service.handlers.get(type(message))
    if handler:
        try:
            list(handler(service(), state, message) or ())
        except DomainError:  # another store's journal may begin in the middle
            return


def _message(hop: Hop) -> Any:
    payload = bytes(hop.payload)
    kind = None if payload == b"null" else BY_NAME.get(hop.message)
    if kind is None:
        return msgspec.json.decode(payload) if hop.sender == LAB else None
    if kind is PlaceOrder and hop.to != "orders":
        return None
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.MsgspecError:
        return None


def order_row(order: Any) -> Row:
    """An order as a person reads it."""
    total = None if order.total is None else f"{order.total:.2f}"
    return {"order": order.id, "status": str(order.status), "reason": order.reason, "total": total,
            "customer": order.customer_name, "products": _products(order.products)}  # fmt: skip


def stock_row(product: Any) -> Row:
    """A product as a person reads it."""
    return {"sku": product.sku, "product": product.name, "price": f"{product.price:.2f}", "on_hand": product.on_hand,
            "reserved": product.reserved, "available": product.available}  # fmt: skip


def _products(lines: Iterable[OrderLine]) -> str:
    return ", ".join(f"{line.quantity} x {line.name or NAMES.get(line.sku) or f'product {line.sku}'}" for line in lines)


def where(hop: Hop) -> str:
    """A hop's coordinates on Kafka, or whom it asked and the answer."""
    if hop.topic:
        return f"{hop.topic}[{hop.partition}]@{hop.offset}"
    return f"{hop.technology}: {hop.status}" if hop.status else hop.technology


def sentence(hop: Hop, order: str) -> str:
    """A hop in words."""
    step = f"Step {hop.step}: " if hop.step else ""
    if hop.sender == LAB:
        return f"The lab: {hop.technology}."
    about, ends = f"{hop.message} of {order}" if order else hop.message, (element(hop.sender), element(hop.to))
    verb = "publishes on" if hop.to == KAFKA else "hands" if hop.sender == KAFKA else "sends"
    told = f"{ends[0]} {verb} {ends[1]} {about}" if hop.to == KAFKA else f"{ends[0]} {verb} {about} to {ends[1]}"
    outcome = "" if hop.outcome == Outcome.APPLIED else f" ({hop.outcome})"
    return f"{step}{told[0].upper()}{told[1:]}{outcome}."


def element(alias: str) -> str:
    """An element as a word of a sentence."""
    return ELEMENTS.get(alias) or alias.replace("_", " ").title()


def view_of(moments: Sequence[Moment], order: str = "") -> str:
    """The view that draws what became of the last order, or of the one that is named."""
    from checkout.registry import story_of

    told = [moment for moment in moments if moment.order]
    last = order or (told[-1].order if told else "")
    return story_of(moment.hop.message for moment in told if moment.order == last)
