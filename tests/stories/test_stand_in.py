"""Services of others in the place of ours, as docs/contract.md allows: an Orders, and a Stock that answers little."""

import json
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import checkout

from checkout.messages import PLACE_ORDER, PRODUCTS
from checkout.processes.supervisor import SIMULATORS, Supervisor

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RECEIVED, PAYMENT, APPROVED = "order.new-order-received", "order.process-order-payment", "order.new-order-approved"
RESERVED, NOT_RESERVED = "stock.order-products-reserved", "stock.order-products-reservation-failed"
SPOON = {"sku": 1, "name": None, "price": None}


@pytest.fixture(scope="module")
def store(new_store: Callable[..., Supervisor]) -> Supervisor:
    """A store without Orders, and without what stands before it."""
    return new_store((*SIMULATORS, "stock", "payments", "shipments", "notifications"))


@pytest.fixture(scope="module")
def told(store: Supervisor, wait_until: Callable[..., None]) -> Iterator["Told"]:
    """Two wooden spoons, ordered at the foreign Orders, when nothing more is to come."""
    program = [sys.executable, str(Path(__file__).with_name("foreign_orders.py"))]
    where = [store.settings.bootstrap_servers, store.settings.prefix]
    with subprocess.Popen([*program, *where], stdin=subprocess.PIPE, text=True) as orders:
        assert orders.stdin
        yield Told(store, orders.stdin, wait_until)
        orders.stdin.close()
        assert orders.wait(10) == 0


class Told:
    """What became of an order that the foreign Orders took, in the words of the store's commands."""

    def __init__(self, store: Supervisor, orders: Any, wait_until: Callable[..., None]) -> None:
        self.id, self._home, self._stock = str(uuid.uuid4()), store.settings.home, store.settings.url("stock")
        self.before = self.available()
        payment = {"paymentMethod": "CREDIT", "total": None}
        order = {"id": self.id, "customerName": "Grace", "products": [SPOON, SPOON], "payment": payment}
        print(json.dumps(order), file=orders, flush=True)
        wait_until(self._has_ended, "the foreign order has ended")

    def available(self) -> int:
        products = httpx.get(self._stock + PRODUCTS).json()
        return next(int(product["available"]) for product in products if product["sku"] == 1)

    def mails(self) -> list[tuple[str, str]]:
        with sqlite3.connect(f"file:{self._home}/databases/notifications.db?mode=ro", uri=True) as db:
            found = db.execute("SELECT kind, status FROM mails WHERE order_id = ?", [self.id]).fetchall()
        db.close()
        return found

    @cached_property
    def journey(self) -> list[dict[str, Any]]:
        return self._shown("journey", self.id)

    def messages(self) -> list[dict[str, Any]]:
        return self._shown("messages", "--order", self.id)

    def _shown(self, *command: str) -> list[dict[str, Any]]:
        shown = checkout(self._home, *command, "--json")
        assert shown.returncode == 0, shown.stderr
        found: list[dict[str, Any]] = json.loads(shown.stdout)
        return found

    def _has_ended(self) -> bool:
        lines = [line for file in (self._home / "journal").glob("*.jsonl") for line in file.read_text().splitlines()]
        ends = {"BookParcel", "OrderApproved"}
        told = [hop for hop in map(json.loads, lines) if hop["order"] == self.id]
        repeats = [hop for hop in told if hop["outcome"] == "duplicate"]
        heard = [hop["to"] for hop in told if hop["message"] in ends and hop["outcome"] == "applied"]
        return sorted(heard) == ["notifications", "shipment_company", "shipments", "stock"] and bool(repeats)


def test_an_order_taken_by_another_orders_is_charged_once_and_shipped(shopper: Any, told: Told) -> None:
    [charge] = shopper.charges(told.id)
    [parcel] = shopper.parcels(told.id)

    assert (charge["amount"], charge["status"], charge["attempts"]) == (10.00, "charged", 1)
    assert parcel["products"] == [{"sku": 1, "quantity": 1}] * 2
    assert told.available() == told.before - 2


def test_a_payment_request_that_another_orders_repeats_is_a_duplicate(told: Told) -> None:
    heard = [hop["outcome"] for hop in told.journey if hop["to"] == "payments"]

    assert heard == ["applied", "duplicate"]


def test_a_customer_without_an_address_is_recorded_and_gets_no_mail(shopper: Any, told: Told) -> None:
    assert told.mails() == [("approved", "NO ADDRESS")]
    assert shopper.mails(told.id) == []


def test_what_another_orders_has_published_is_in_the_journey_as_observed(told: Told) -> None:
    observed = [(hop["step"], hop["message"], hop["outcome"]) for hop in told.journey if hop["observed"]]
    ours = [hop["step"] for hop in told.journey if not hop["observed"] and hop["outcome"] == "applied"]

    assert observed == [
        (3, "OrderReceived", "applied"),
        (7, "ProcessPayment", "applied"),
        (7, "ProcessPayment", "duplicate"),
        (12, "OrderApproved", "applied"),
    ]
    assert ours == [4, 5, 8, 9, 10, 13, 13, 13, 14]


def test_the_messages_of_another_orders_are_listed_with_ours(told: Told) -> None:
    listed = [(message["topic"], message["from"], message["key"]) for message in told.messages()]

    assert sorted(listed) == sorted([
        (RECEIVED, "orders", None),
        (RESERVED, "stock", told.id),
        (PAYMENT, "orders", None),
        (PAYMENT, "orders", None),
        ("payment.order-payment-processed", "payments", told.id),
        (APPROVED, "orders", None),
    ])


@pytest.mark.parametrize(
    ("price", "named"),
    [
        ('"NaN"', "NaN"),
        ('"Infinity"', "Infinity"),
        ("1.0E7", "10000000.00"),
        ("-5.00", "-5.00"),
        ("0.30000000000000004", "0.30"),
    ],
)
def test_a_price_that_is_not_the_catalogues_is_refused_whatever_it_is(peer: Any, price: str, named: str) -> None:
    id = str(uuid.uuid4())

    peer.send(RECEIVED, foreign_order(id, price))

    refusal = peer.wait_for(id, NOT_RESERVED)
    assert json.loads(refusal.value)["message"] == f"the price of Wooden spoon is 5.00, not {named}"
    assert peer.about(id, RESERVED) == []


@pytest.mark.parametrize("price", ["null", "5", "5.000000000000001", "4.9950000000000001", '"5.00"'])
def test_a_price_that_is_the_catalogues_when_rounded_or_unknown_is_accepted(peer: Any, price: str) -> None:
    id = str(uuid.uuid4())

    peer.send(RECEIVED, foreign_order(id, price))

    assert json.loads(peer.wait_for(id, RESERVED).value, parse_float=Decimal)["total"] == Decimal("5.00")


def test_entries_of_one_product_are_counted(peer: Any) -> None:
    id = str(uuid.uuid4())
    mug = {"sku": 2}

    peer.send(RECEIVED, foreign_order(id, "null", mug, mug))

    reserved = json.loads(peer.wait_for(id, RESERVED).value)
    assert [(line["sku"], line["quantity"]) for line in reserved["products"]] == [(1, 1), (2, 1), (2, 1)]
    assert reserved["total"] == 22.00


def foreign_order(id: str, price: str, *others: dict[str, int]) -> bytes:
    order = {"id": id, "customerName": "Grace", "payment": {"paymentMethod": "DEBIT", "total": None}}
    text = json.dumps(order | {"products": [{"sku": 1, "name": None, "price": "PRICE"}, *others]})
    return text.replace('"PRICE"', price).encode()


@pytest.fixture(scope="module")
def orders_alone(new_store: Callable[..., Supervisor]) -> Supervisor:
    """Our Orders, with nobody to answer it."""
    return new_store(("orders",))


def test_a_stock_that_names_no_price_ends_the_order_unpaid(orders_alone: Supervisor, new_peer: Any) -> None:
    peer, address = new_peer(orders_alone), orders_alone.settings.url("orders") + PLACE_ORDER
    wanted = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
              "products": [{"sku": 1, "quantity": 1, "price": 5.00}]}
    id = httpx.post(address, json=wanted).json()["id"]

    peer.send(RESERVED, json.dumps({"id": id}).encode())

    peer.wait_until(lambda: httpx.get(f"{address}/{id}").json()["status"] == "REJECTED", f"{id} is rejected")
    assert httpx.get(f"{address}/{id}").json()["reason"] == "Stock named no price"
    assert peer.about(id, PAYMENT) == []


def test_orders_adopts_an_order_it_has_never_seen_from_a_full_answer(orders_alone: Supervisor, new_peer: Any) -> None:
    peer, id = new_peer(orders_alone), str(uuid.uuid4())
    spoon = {"sku": 1, "name": "Wooden spoon", "price": 5.00, "quantity": 1}
    answer = {"id": id, "customerName": "Grace", "payment": {"paymentMethod": "DEBIT"}, "products": [spoon]}

    peer.send(RESERVED, json.dumps(answer | {"total": 5.00}).encode())

    request = json.loads(peer.wait_for(id, PAYMENT).value)
    order = httpx.get(f"{orders_alone.settings.url('orders')}{PLACE_ORDER}/{id}").json()
    assert request["payment"] == {"paymentMethod": "DEBIT", "total": 5.00}
    assert (order["status"], order["customerName"], order["products"]) == ("RESERVED", "Grace", [spoon])


def test_an_unknown_order_with_only_an_id_is_dead_lettered(orders_alone: Supervisor, new_peer: Any) -> None:
    peer, id = new_peer(orders_alone), str(uuid.uuid4())

    peer.send(RESERVED, json.dumps({"id": id}).encode())

    letter = peer.wait_for(id, f"{RESERVED}.orders.dlt")
    assert json.loads(letter.value) == {"id": id}
    assert dict(letter.headers)["dlt_error"].decode() == f"there is no order {id}"
