"""Runs: the smallest stories of an observed shop that tell a mutant from its unmutated twin."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import Litestar, Response, post
from mutants.observed_shop import TOKEN, ObservedShop
from worker.in_memory_shop import run_once

from checkout.framework.http_app import json_response, read_json
from checkout.framework.http_errors import AnyRequest
from checkout.framework.http_server import serve_in_thread
from checkout.framework.service import on
from checkout.messages import Message, ProcessPayment
from checkout.services.payments import Payments
from checkout.simulators.payment_broker import Charge, PaymentBroker
from checkout.simulators.payment_broker import app as application
from checkout.worker.calls.adapters import HttpAdapter

SPOON, KETTLE, TABLE = 1, 5, 4
HOLD = 60.0  # seconds


def buy(shop: ObservedShop) -> None:
    """An order is delivered, and the customer looks at it three times."""
    order = shop.place().order
    shop.read(order)
    shop.run()
    for _ in range(3):
        shop.read(order)


def buy_two_products(shop: ObservedShop) -> None:
    """An order of two lines is delivered."""
    shop.place((SPOON, 2), (KETTLE, 1))
    shop.run()


def buy_at_an_own_price(shop: ObservedShop) -> None:
    """A customer names a price of one cent."""
    body = {"products": [{"sku": KETTLE, "quantity": 1, "price": 0.01}]}
    shop.place(**body)
    shop.run()


def buy_too_much(shop: ObservedShop) -> None:
    """Of ten kettles eleven are ordered."""
    shop.place((KETTLE, 11))
    shop.run()


def be_denied(shop: ObservedShop) -> None:
    """A payment is denied."""
    shop.place((TABLE, 2))
    shop.run()


def repeat_a_request(shop: ObservedShop) -> None:
    """A request comes twice with the same key."""
    for _ in range(2):
        shop.place(key="key-1")
    shop.run()


def use_a_key_again(shop: ObservedShop) -> None:
    """A request with the key of another order is refused."""
    shop.place(key="key-1")
    shop.place((SPOON, 3), key="key-1")
    shop.run()


def lose_the_reply_of_a_charge(shop: ObservedShop) -> None:
    """The payment provider charges the card, and its reply is lost."""
    shop.simulators.payment_broker.switches.drop_after_charging = 1
    shop.place()
    shop.run()


def lose_the_reply_of_a_parcel(shop: ObservedShop) -> None:
    """The shipment company books the parcel, and its reply is lost."""
    shop.simulators.shipment_company.switches.drop_after_booking = 1
    shop.place()
    shop.run()


def lose_the_reply_of_an_email(shop: ObservedShop) -> None:
    """The mail server keeps the e-mail, and its reply is lost."""
    shop.simulators.mailbox.switches.drop_after_receiving = 1
    shop.lost_replies = 1
    shop.place()
    shop.run()


def refuse_the_parcel(shop: ObservedShop) -> None:
    """The shipment company refuses the parcel of an approved order: its payment is returned."""
    shop.simulators.shipment_company.switches.refuse = "no such street"
    shop.place()
    shop.run()


def cancel_while_the_card_is_charged(shop: ObservedShop) -> None:
    """A customer cancels while the card is charged: the payment is returned."""
    order = shop.place().order
    shop.work("stock", "orders")
    shop.workers["payments"].poll()
    shop.cancel(order)
    shop.run()


def cancel_before_the_reservation(shop: ObservedShop) -> None:
    """A customer cancels before Orders knows that the products are reserved: nothing is charged."""
    order = shop.place().order
    shop.work("stock")
    shop.cancel(order)
    shop.run()


def crash_when_it_is_paid_and_cancel(shop: ObservedShop) -> None:
    """Orders crashes in the commit of an approval, and the customer cancels before it is tried again."""
    order = shop.place().order
    shop.work("stock", "orders", "payments", "payments")
    with shop.crashing("orders"):
        shop.work("orders")
    shop.cancel(order)
    shop.run()


def crash_when_an_order_arrives(shop: ObservedShop) -> None:
    """Orders crashes in the commit of a new order; the customer does not ask again."""
    with shop.crashing("orders"):
        shop.place()
    shop.run()


def crash_after_poll(shop: ObservedShop) -> None:
    """Stock crashes with an order that it has not handled."""
    shop.place()
    shop.workers["stock"].poll()
    shop.crash("stock")
    shop.run()


def crash_after_publish(shop: ObservedShop) -> None:
    """Stock crashes before it commits the offset of an order that it has handled."""
    shop.place()
    worker = shop.workers["stock"]
    for verb in (worker.poll, worker.handle, worker.publish):
        verb()
    shop.crash("stock")
    shop.run()


def crash_when_it_has_sent_the_email(shop: ObservedShop) -> None:
    """Notifications crashes in the commit before which no e-mail may leave."""
    shop.place((3, 1))
    shop.work("stock")
    with shop.crashing("notifications"):
        shop.work("notifications")
    shop.run()


class FaultyPayments(Payments):
    """Payments whose first request fails: with an error that a second attempt does not have."""

    def __init__(self) -> None:
        self.errors = [RuntimeError("no memory")]

    @on(ProcessPayment)
    def charge(self, payments: dict[str, Any], request: ProcessPayment) -> Iterator[Message]:
        if self.errors:
            raise self.errors.pop()
        return Payments.charge(self, payments, request)


def fail_once(shop: ObservedShop) -> None:
    """A handler fails, and succeeds when it is called again."""
    shop.place()
    shop.run()


def send_rubbish(shop: ObservedShop) -> None:
    """A record that cannot be read arrives among the orders."""
    order = shop.place().order
    rubbish = json.dumps({"id": order, "products": "many"}).encode()
    shop.publish("order.new-order-received", rubbish, key=b"rubbish", headers=[("kafka_correlationId", b"c-1")])
    shop.run()


def pay_too_late(shop: ObservedShop) -> None:
    """The payment provider does not answer until the reservation has expired."""
    shop.simulators.payment_broker.switches.fail = 1
    shop.place()
    shop.work("stock", "orders", "payments")
    shop.clock.ahead += 2 * HOLD
    shop.work("stock", "orders")
    shop.run()


def list_all_orders(shop: ObservedShop) -> None:
    """The operator lists all orders."""
    shop.place()
    shop.ask("GET", "/api/v1/order-management/orders", headers={"Authorization": f"Bearer {TOKEN}"})
    shop.run()


def pause_a_replica(shop: ObservedShop) -> None:
    """A replica of Notifications pauses for two seconds before it sends an e-mail; another one runs meanwhile."""
    shop.place((3, 1))
    shop.work("stock")
    first = shop.workers["notifications"]
    first.poll()
    first.handle()
    shop.clock.ahead += 2.0
    second = shop.start_second("notifications")
    run_once(second)
    first.publish()
    first.commit()
    run_once(second)
    second.log.close()
    shop.run()


def be_redirected(shop: ObservedShop) -> None:
    """The payment provider sends the first request to another provider, which is not the store's."""
    with redirecting_provider(shop.simulators.payment_broker) as url:
        shop.adapters["ChargeCard"] = HttpAdapter(url).charge
        shop.crash("payments")
        shop.place()
        shop.run()


@contextmanager
def redirecting_provider(provider: PaymentBroker) -> Iterator[str]:
    """A server of this provider whose first request is redirected to a provider that nobody knows."""
    others = ["/charges"]

    @post("/charges", status_code=201)
    async def charge(request: AnyRequest) -> Response[Any]:
        if others:
            return Response(None, status_code=307, headers={"location": stranger + others.pop()})
        made = provider.charge(request.headers["idempotency-key"], await read_json(request, Charge))
        return json_response(made, 201)

    with (
        serve_in_thread(application(PaymentBroker())) as stranger,
        serve_in_thread(Litestar([charge], openapi_config=None, logging_config=None)) as url,
    ):
        yield url
