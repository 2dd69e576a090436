"""Good run: every story of the store once in memory, with a client log, and its witnesses."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sample import order_id, place_order
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.checker.client_log import ClientRequest, RequestOutcome
from checkout.checker.collect.memory import of_memory
from checkout.checker.witnesses import Witnesses
from checkout.framework.message import encode
from checkout.messages import CancelOrder, PlaceOrder

ORDERS = "/api/v1/order-management/orders"
APPROVED, SOLD_OUT, DENIED, CANCELLED, LATE = map(order_id, range(1, 6))
REFUSED_REFUND, REFUSED_PARCEL, FOREIGN, UNKNOWN = map(order_id, range(6, 10))
SECRET = "canary-4711"
RECEIVED = {1: 100, 2: 40, 3: 0, 4: 5, 5: 10}  # units of each product at the start


@dataclass
class Shopping:
    """Customers of an in-memory shop; `requests` is their client log."""

    shop: InMemoryShop
    requests: list[ClientRequest] = field(default_factory=list)

    def place(self, id: str, sku: int = 1, quantity: int = 2) -> None:
        """Requests an order; nothing but its intake happens."""
        body = {
            "customerName": "Ada", "customerEmail": "ada@example.org",
            "products": [{"sku": sku, "quantity": quantity}], "payment": {"paymentMethod": "CREDIT"},
        }  # fmt: skip
        order = place_order(id, sku, quantity)
        order = PlaceOrder(*[getattr(order, name) for name in order.__struct_fields__[:5]], datetime.now(UTC), "print")
        self._request("POST", ORDERS, order, f"key-{id[-1]}", body)

    def cancel(self, id: str) -> None:
        """Requests the cancellation of an order."""
        self._request("POST", f"{ORDERS}/{id}/cancellation", CancelOrder(id))

    def look(self, id: str) -> None:
        """Reads an order."""
        started = datetime.now(UTC)
        order = self.shop.state("orders", CancelOrder(id))[id]
        self.add(started, "GET", f"{ORDERS}/{id}", order=id, status=200, response={"id": id, "status": order.status})

    def run(self, *names: str) -> None:
        """Runs these workers once each, one after the other."""
        for name in names:
            run_once(self.shop.workers[name])

    def add(self, started: datetime, method: str, path: str, **fields: Any) -> None:
        """Writes a request to the client log."""
        outcome = RequestOutcome.OK if fields["status"] < 300 else RequestOutcome.FAIL
        made = ClientRequest(
            started=started, ended=datetime.now(UTC), method=method, path=path, outcome=outcome, **fields
        )
        self.requests.append(made)

    def _request(self, method: str, path: str, message: Any, key: str | None = None, body: Any = None) -> None:
        started = datetime.now(UTC)
        self.shop.place(message)
        response = {"id": message.id}
        self.add(started, method, path, key=key, body=body, order=message.id, status=201, response=response)


def good_witnesses(shopping: Shopping) -> Witnesses:
    """Runs the stories one after the other and returns the witnesses."""
    shop = shopping.shop
    for story in (_simple, _cancelled, _late_payment, _refused_refund, _refused_parcel, _foreign, _dead_letter):
        story(shopping)
        shop.run()
    for id in (APPROVED, DENIED, LATE):
        shopping.look(id)
    return of_memory(
        shop.broker, shop.databases, shop.simulators, shopping.requests, lost_replies=0, received=RECEIVED,
        secrets=[SECRET], texts=lambda: [("logs/orders-1.log", "order 4711 is APPROVED")],
    )  # fmt: skip


def _simple(shopping: Shopping) -> None:
    for id, sku in ((APPROVED, 1), (SOLD_OUT, 3), (DENIED, 4)):
        shopping.place(id, sku)
        shopping.look(id)


def _cancelled(shopping: Shopping) -> None:
    shopping.place(CANCELLED)
    shopping.cancel(CANCELLED)


def _late_payment(shopping: Shopping, id: str = LATE) -> None:
    shopping.place(id)
    shopping.run("stock", "orders")
    shopping.cancel(id)


def _refused_refund(shopping: Shopping) -> None:
    _late_payment(shopping, REFUSED_REFUND)
    shopping.shop.simulators.payment_broker.switches.refuse_refunds = "the card is closed"


def _refused_parcel(shopping: Shopping) -> None:
    shopping.shop.simulators.payment_broker.switches.refuse_refunds = None
    shopping.shop.simulators.shipment_company.switches.refuse = "too heavy"
    shopping.place(REFUSED_PARCEL)


def _foreign(shopping: Shopping) -> None:
    # An order that another Orders has accepted: no key, no quantity, no e-mail address.
    shopping.shop.simulators.shipment_company.switches.refuse = None
    lines = [{"sku": 2, "name": None, "price": None}] * 2
    order = {"id": FOREIGN, "customerName": "Bob", "products": lines, "payment": {"paymentMethod": "DEBIT"}}
    shopping.shop.publish("order.new-order-received", json.dumps(order).encode())


def _dead_letter(shopping: Shopping) -> None:
    shopping.shop.publish("order.new-order-received", b"no JSON", key=b"k", headers=[("h", b"1")])
    received = place_order(APPROVED)
    repeat = shopping.shop.records("order.new-order-received")[0]
    assert repeat.key == received.id.encode()
    shopping.shop.publish(repeat.topic, repeat.value, key=repeat.key, headers=repeat.headers)
    shopping.shop.publish("payment.order-payment-processed", encode(CancelOrder(UNKNOWN)))  # of an unknown order
