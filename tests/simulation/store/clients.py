"""Clients: the requests of a simulated store's customers, each with what its client knows of the outcome."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.domain import DomainError, TooLate, UnknownOrder
from checkout.fields import OrderRequest
from checkout.framework.intake import Intake, PendingRequest
from checkout.ids import id_of_key
from checkout.journal.hop import Hop, Outcome, compact
from checkout.lab.engine.clock import ORDERS as SALT
from checkout.messages import CANCEL_ORDER, PLACE_ORDER, CancelOrder, PlaceOrder
from checkout.services.orders_table import ORDERS, Order, check_same_body, order_of, to_message
from checkout.worker import hops
from checkout.worker.database import ServiceDatabase

CARTS: tuple[tuple[str, list[dict[str, Any]]], ...] = (
    ("a wooden spoon", [{"sku": 1, "quantity": 1}]),
    ("two oak tables, too dear", [{"sku": 4, "quantity": 2}]),
    ("a garden gnome, sold out", [{"sku": 3, "quantity": 1}]),
    ("two wooden spoons and a mug", [{"sku": 1, "quantity": 2}, {"sku": 2, "quantity": 1}]),
    ("two wooden spoons on two lines", [{"sku": 1, "quantity": 1}, {"sku": 1, "quantity": 1}]),
    ("a mug at a wrong price", [{"sku": 2, "quantity": 1, "price": 0.01}]),
    ("a mug and an unknown product", [{"sku": 2, "quantity": 1}, {"sku": 999, "quantity": 1}]),
    ("an oak table", [{"sku": 4, "quantity": 1}]),
    ("a mug at its price", [{"sku": 2, "quantity": 1, "price": 8.5}]),
    ("a kettle and a spoon", [{"sku": 5, "quantity": 1}, {"sku": 1, "quantity": 1}]),
)


class Request(PendingRequest):
    """A request on its way to Orders, and what its client knows of it."""

    def __init__(self, client: "Clients", message: PlaceOrder | CancelOrder, entry: ClientRequest) -> None:
        no_loop: Any = None
        super().__init__(message, message.id, "simulation", entry.path, no_loop, no_loop)
        self.entry, self._client, self.is_open = entry, client, True

    def settle(self, outcome: Outcome) -> None:
        """Orders has committed it: answers 201, or refuses a repeat with another body."""
        if self.is_open:
            self._client.answer(self, None if outcome is Outcome.APPLIED else self._difference())

    def fail(self, error: Exception) -> None:
        """Orders has refused it."""
        if self.is_open:
            self._client.answer(self, error)

    def lose(self) -> None:
        """Its client gets no response."""
        if self.is_open:
            self._client.end(self.entry, RequestOutcome.INFO, 503)
            self.is_open = False

    def _difference(self) -> Exception | None:
        order = self._client.find(self.message.id)
        if isinstance(self.message, PlaceOrder) and order:
            try:
                check_same_body(order, self.message)
            except DomainError as error:
                return error
        return None


class Clients(Intake):
    """The clients and the intake of Orders, which hands out their requests."""

    def __init__(
        self, database: ServiceDatabase, now: Callable[[], datetime], write_hop: Callable[[Hop], object]
    ) -> None:
        super().__init__()
        self.log: list[ClientRequest] = []
        self.orders: list[tuple[str, str, dict[str, Any]]] = []  # idempotency key, order id, body
        self._database, self._now, self._write_hop = database, now, write_hop
        self._waiting_requests: list[Request] = []
        self._sent: list[Request] = []

    def take(self, limit: int) -> list[PendingRequest]:
        """The requests that wait."""
        taken = self._waiting_requests[:limit]
        del self._waiting_requests[:limit]
        return list(taken)

    def place(self, cart: int, is_open: bool) -> str:
        """A new order; `is_open`: whether Orders can be reached."""
        name, products = CARTS[cart % len(CARTS)]
        number = len(self.orders) + 1
        key = f"key-{number}"
        body = {
            "customerName": "Ada", "customerEmail": "ada@example.org", "products": products,
            "payment": {"paymentMethod": "CREDIT"},
        }  # fmt: skip
        self.orders.append((key, id_of_key(SALT, key), body))
        self._post(key, body, is_open)
        return f"order-{number}, {name}"

    def repeat(self, number: int, is_other: bool, is_open: bool) -> str:
        """An order again with the same key; `is_other`: with another body."""
        if not self.orders:
            return ""
        key, _, body = self.orders[number % len(self.orders)]
        self._post(key, body | {"customerName": "Eve"} if is_other else body, is_open)
        return f"order-{number % len(self.orders) + 1}" + is_other * ", with another body"

    def cancel(self, number: int, is_open: bool) -> str:
        """The cancellation of an order."""
        if not self.orders:
            return ""
        _, id, _ = self.orders[number % len(self.orders)]
        self._cancel(id, is_open)
        return f"order-{number % len(self.orders) + 1}"

    def read(self, number: int) -> str:
        """Reads an order as `GET` does."""
        if not self.orders:
            return ""
        _, id, _ = self.orders[number % len(self.orders)]
        entry = self._begin("GET", f"{PLACE_ORDER}/{id}", order=id)
        if order := self.find(id):
            entry.response = {"id": id, "status": str(order.status), "reason": order.reason}
            entry.response["total"] = None if order.total is None else float(order.total)
        self.end(entry, RequestOutcome.OK if order else RequestOutcome.FAIL, 200 if order else 404)
        return f"order-{number % len(self.orders) + 1}: {order.status if order else 'not there'}"

    def lose_all(self) -> None:
        """No open request gets a response: Orders is killed, or the gateway waits no longer."""
        for request in self._sent:
            request.lose()
        self._sent = []

    def drop_waiting(self) -> None:
        """The requests that Orders has not taken are lost with its process."""
        self._waiting_requests = []
        self.lose_all()

    def ask_again(self) -> bool:
        """Repeats, with the same key, what no client knows the outcome of; returns whether there was any."""
        known = {_about(each) for each in self.log if each.outcome is not RequestOutcome.INFO}
        unknown = {_about(each): each for each in self.log if _about(each) not in known}
        for entry in unknown.values():
            if entry.key:
                self._post(entry.key, entry.body, True)
            else:
                self._cancel(str(entry.order), True)
        return bool(unknown)

    def find(self, id: str) -> Order | None:
        """The order in the database of Orders."""
        with self._database.read() as db:
            row = db.execute(select(ORDERS).where(ORDERS.c.id == id)).one_or_none()
        return order_of(row) if row else None

    def answer(self, request: Request, error: Exception | None) -> None:
        """Ends a request with the response of Orders."""
        request.is_open, entry = False, request.entry
        if isinstance(error, DomainError):
            status = {TooLate: 409, UnknownOrder: 404}.get(type(error), 422)
            self.end(entry, RequestOutcome.FAIL, status, {"message": str(error)})
        elif error:
            self.end(entry, RequestOutcome.INFO, 500)
        else:
            entry.order = request.message.id
            self.end(entry, RequestOutcome.OK, 201, {"id": entry.order})
            self._write_hop(_arrival(request, self._now()))

    def end(self, entry: ClientRequest, outcome: RequestOutcome, status: int, response: Any = None) -> None:
        """Notes what the client knows."""
        entry.outcome, entry.status, entry.ended = outcome, status, self._now()
        entry.response = response if response is not None else entry.response

    def _post(self, key: str, body: dict[str, Any], is_open: bool) -> None:
        entry = self._begin("POST", PLACE_ORDER, key=key, body=body)
        self._submit(to_message(id_of_key(SALT, key), msgspec.convert(body, OrderRequest), self._now()), entry, is_open)

    def _cancel(self, id: str, is_open: bool) -> None:
        entry = self._begin("POST", CANCEL_ORDER.format(id=id), order=id)
        if is_open and self.find(id) is None:
            self.end(entry, RequestOutcome.FAIL, 404, {"message": f"there is no order {id}"})
        else:
            self._submit(CancelOrder(id), entry, is_open)

    def _submit(self, message: PlaceOrder | CancelOrder, entry: ClientRequest, is_open: bool) -> None:
        request = Request(self, message, entry)
        self._sent.append(request)
        if is_open:
            self._waiting_requests.append(request)
        else:
            request.lose()

    def _begin(self, method: str, path: str, **fields: Any) -> ClientRequest:
        at = self._now()
        entry = ClientRequest(started=at, ended=at, method=method, path=path, outcome=RequestOutcome.INFO, **fields)
        self.log.append(entry)
        return entry

    @property
    def waiting(self) -> Sequence[Request]:
        """The requests that Orders has not taken."""
        return self._waiting_requests


def _about(entry: ClientRequest) -> tuple[str, str, bytes]:
    return entry.path, entry.key or "", msgspec.json.encode(entry.body)


def _arrival(request: Request, at: datetime) -> Hop:
    body = msgspec.json.encode(request.entry.body)
    return hops.http_request(
        type(request.message), "web", "gateway", False, at=at, order=request.message.id, status="201",
        correlation=request.correlation, replica="gateway-1", url=request.url, client="simulation",
        payload=compact(body),
    )  # fmt: skip
