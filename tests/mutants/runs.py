"""Runs: the smallest stories of an observed shop that tell a mutant from its unmutated twin."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from litestar import Litestar, Response, post
from mutants.observed_shop import TOKEN, ObservedShop

from checkout.framework.http_app import json_response, read_json
from checkout.framework.http_errors import AnyRequest
from checkout.framework.http_server import serve_in_thread
from checkout.framework.service import on
from checkout.messages import Message, ProcessPayment
from checkout.services.payments import Payments
from checkout.services.stock import Stock
from checkout.simulators.payment_broker import Charge, PaymentBroker
from checkout.simulators.payment_broker_http import app as application
from checkout.worker.calls.adapters import HttpAdapter

SPOON, KETTLE, TABLE = 1, 5, 4
HOLD = 60.0  # seconds


def buy(shop: ObservedShop) -> None:
    """An order is delivered, and the customer looks at it three times."""
    order = shop.order().order
    shop.read(order)
    shop.run()
    for _ in range(3):
        shop.read(order)


def buy_two_products(shop: ObservedShop) -> None:
    """An order of two lines is delivered."""
    shop.order((SPOON, 2), (KETTLE, 1))
    shop.run()


def buy_at_an_own_price(shop: ObservedShop) -> None:
    """A customer names a price of one cent."""
    body = {"products": [{"sku": KETTLE, "quantity": 1, "price": 0.01}]}
    shop.order(**body)
    shop.run()


def buy_too_much(shop: ObservedShop) -> None:
    """Of ten kettles eleven are ordered."""
    shop.order((KETTLE, 11))
    shop.run()


def be_denied(shop: ObservedShop) -> None:
    """A payment is denied."""
    shop.order((TABLE, 2))
    shop.run()


def repeat_a_request(shop: ObservedShop) -> None:
    """A request comes twice with the same key."""
    for _ in range(2):
        shop.order(key="key-1")
    shop.run()


def use_a_key_again(shop: ObservedShop) -> None:
    """A request with the key of another order is refused."""
    shop.order(key="key-1")
    shop.order((SPOON, 3), key="key-1")
    shop.run()


def lose_the_reply_of_a_charge(shop: ObservedShop) -> None:
    """The payment provider charges the card, and its reply is lost."""
    shop.simulators.payment_broker.switches.drop_after_charging = 1
    shop.order()
    shop.run()


def lose_the_reply_of_a_parcel(shop: ObservedShop) -> None:
    """The shipment company books the parcel, and its reply is lost."""
    shop.simulators.shipment_company.switches.drop_after_booking = 1
    shop.order()
    shop.run()


def lose_the_reply_of_an_email(shop: ObservedShop) -> None:
    """The mail server keeps the e-mail, and its reply is lost."""
    shop.simulators.mailbox.switches.drop_after_receiving = 1
    shop.lost_replies = 1
    shop.order()
    shop.run()


def refuse_the_parcel(shop: ObservedShop) -> None:
    """The shipment company refuses the parcel of an approved order: its payment is returned."""
    shop.simulators.shipment_company.switches.refuse = "no such street"
    shop.order()
    shop.run()


def cancel_while_the_card_is_charged(shop: ObservedShop) -> None:
    """A customer cancels while the card is charged: the payment is returned."""
    order = shop.order().order
    shop.work("stock", "orders")
    shop.workers["payments"].poll()
    shop.cancel(order)
    shop.run()


def cancel_before_the_reservation(shop: ObservedShop) -> None:
    """A customer cancels before Orders knows that the products are reserved: nothing is charged."""
    order = shop.order().order
    shop.work("stock")
    shop.cancel(order)
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
    shop.order()
    shop.run()


def send_rubbish(shop: ObservedShop) -> None:
    """A record that cannot be read arrives among the orders."""
    shop.order()
    shop.publish("order.new-order-received", b"not JSON, and nothing like it", headers=[("their-header", b"1")])
    shop.run()


def pay_too_late(shop: ObservedShop) -> None:
    """The payment provider does not answer until the reservation has expired."""
    shop.simulators.payment_broker.switches.fail = 1
    shop.order()
    shop.work("stock", "orders", "payments")
    shop.clock.ahead += 10 * HOLD
    shop.work("stock", "orders")
    shop.run()


def forgetful_stock() -> Stock:
    """Stock whose reservations expire after a minute."""
    return Stock(hold=HOLD)


def list_all_orders(shop: ObservedShop) -> None:
    """The operator lists all orders."""
    shop.order()
    shop.ask("GET", "/api/v1/order-management/orders", headers={"Authorization": f"Bearer {TOKEN}"})
    shop.run()


def be_redirected(shop: ObservedShop) -> None:
    """The payment provider sends the first request to another provider, which is not the store's."""
    with redirecting_provider(shop.simulators.payment_broker) as url:
        adapter = HttpAdapter(url)
        with closing(adapter._client):
            shop.adapters["ChargeCard"] = adapter.charge
            shop.crash("payments")
            shop.order()
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
