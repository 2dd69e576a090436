"""Foreign services: an Orders service of another author in place of ours, and messages of a minimal Stock service."""

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
    """A store without Orders, gateway and web app."""
    return new_store((*SIMULATORS, "stock", "payments", "shipments", "notifications"))


@pytest.fixture(scope="module")
def foreign_order(store: Supervisor, wait_until: Callable[..., None]) -> Iterator["ForeignOrder"]:
    """An order of two wooden spoons, placed with the foreign Orders service and complete."""
    program = [sys.executable, str(Path(__file__).with_name("foreign_orders.py"))]
    arguments = [store.settings.bootstrap_servers, store.settings.prefix]
    with subprocess.Popen([*program, *arguments], stdin=subprocess.PIPE, text=True) as orders:
        assert orders.stdin
        yield ForeignOrder(store, orders.stdin, wait_until)
        orders.stdin.close()
        assert orders.wait(10) == 0


class ForeignOrder:
    """Places an order with the foreign Orders service and waits until it is complete. Reads it with `checkout`."""

    def __init__(self, store: Supervisor, orders: Any, wait_until: Callable[..., None]) -> None:
        self.id, self._home, self._stock = str(uuid.uuid4()), store.settings.home, store.settings.url("stock")
        self.available_before = self.available()
        payment = {"paymentMethod": "CREDIT", "total": None}
        order = {"id": self.id, "customerName": "Grace", "products": [SPOON, SPOON], "payment": payment}
        print(json.dumps(order), file=orders, flush=True)
        wait_until(self._is_complete, "the foreign order is complete")

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
        return self._output_of("journey", self.id)

    def messages(self) -> list[dict[str, Any]]:
        return self._output_of("messages", "--order", self.id)

    def _output_of(self, *command: str) -> list[dict[str, Any]]:
        result = checkout(self._home, *command, "--json")
        assert result.returncode == 0, result.stderr
        found: list[dict[str, Any]] = json.loads(result.stdout)
        return found

    def _is_complete(self) -> bool:
        lines = [line for file in (self._home / "journal").glob("*.jsonl") for line in file.read_text().splitlines()]
        last_messages = {"BookParcel", "OrderApproved"}
        hops = [hop for hop in map(json.loads, lines) if hop["order"] == self.id]
        repeats = [hop for hop in hops if hop["outcome"] == "duplicate"]
        receivers = [hop["to"] for hop in hops if hop["message"] in last_messages and hop["outcome"] == "applied"]
        return sorted(receivers) == ["notifications", "shipment_company", "shipments", "stock"] and bool(repeats)


def test_an_order_of_a_foreign_orders_service_is_charged_once_and_shipped(
    shopper: Any, foreign_order: ForeignOrder
) -> None:
    [charge] = shopper.charges(foreign_order.id)
    [parcel] = shopper.parcels(foreign_order.id)

    assert (charge["amount"], charge["status"], charge["attempts"]) == (10.00, "charged", 1)
    assert parcel["products"] == [{"sku": 1, "quantity": 1}] * 2
    assert foreign_order.available() == foreign_order.available_before - 2


def test_a_payment_request_repeated_by_a_foreign_orders_service_is_a_duplicate(foreign_order: ForeignOrder) -> None:
    outcomes = [hop["outcome"] for hop in foreign_order.journey if hop["to"] == "payments"]

    assert outcomes == ["applied", "duplicate"]


def test_an_order_without_an_address_is_recorded_and_gets_no_email(shopper: Any, foreign_order: ForeignOrder) -> None:
    assert foreign_order.mails() == [("approved", "NO ADDRESS")]
    assert shopper.mails(foreign_order.id) == []


def test_the_messages_of_a_foreign_orders_service_are_observed_in_the_journey(foreign_order: ForeignOrder) -> None:
    observed = [(hop["step"], hop["message"], hop["outcome"]) for hop in foreign_order.journey if hop["observed"]]
    ours = [hop["step"] for hop in foreign_order.journey if not hop["observed"] and hop["outcome"] == "applied"]

    assert observed == [
        (3, "OrderReceived", "applied"),
        (7, "ProcessPayment", "applied"),
        (7, "ProcessPayment", "duplicate"),
        (12, "OrderApproved", "applied"),
    ]
    assert sorted(ours) == [4, 5, 8, 9, 10, 13, 13, 13, 14]  # 14 of one service may come before 13 of another


def test_the_messages_of_a_foreign_orders_service_are_listed(foreign_order: ForeignOrder) -> None:
    listed = [(message["topic"], message["from"], message["key"]) for message in foreign_order.messages()]

    assert sorted(listed) == sorted([
        (RECEIVED, "orders", None),
        (RESERVED, "stock", foreign_order.id),
        (PAYMENT, "orders", None),
        (PAYMENT, "orders", None),
        ("payment.order-payment-processed", "payments", foreign_order.id),
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
def test_a_price_that_differs_from_the_catalogue_is_refused(
    external_client: Any, price: str, named: str
) -> None:
    id = str(uuid.uuid4())

    external_client.send(RECEIVED, foreign_order_json(id, price))

    refusal = external_client.wait_for(id, NOT_RESERVED)
    assert json.loads(refusal.value)["message"] == f"the price of Wooden spoon is 5.00, not {named}"
    assert external_client.records_about(id, RESERVED) == []


@pytest.mark.parametrize("price", ["null", "5", "5.000000000000001", "4.9950000000000001", '"5.00"'])
def test_a_price_is_accepted_if_it_is_missing_or_rounds_to_the_price_of_the_catalogue(
    external_client: Any, price: str
) -> None:
    id = str(uuid.uuid4())

    external_client.send(RECEIVED, foreign_order_json(id, price))

    assert json.loads(external_client.wait_for(id, RESERVED).value, parse_float=Decimal)["total"] == Decimal("5.00")


def test_several_lines_of_one_product_are_all_reserved(external_client: Any) -> None:
    id = str(uuid.uuid4())
    mug = {"sku": 2}

    external_client.send(RECEIVED, foreign_order_json(id, "null", mug, mug))

    reserved = json.loads(external_client.wait_for(id, RESERVED).value)
    assert [(line["sku"], line["quantity"]) for line in reserved["products"]] == [(1, 1), (2, 1), (2, 1)]
    assert reserved["total"] == 22.00


def foreign_order_json(id: str, price: str, *others: dict[str, int]) -> bytes:
    order = {"id": id, "customerName": "Grace", "payment": {"paymentMethod": "DEBIT", "total": None}}
    text = json.dumps(order | {"products": [{"sku": 1, "name": None, "price": "PRICE"}, *others]})
    return text.replace('"PRICE"', price).encode()


@pytest.fixture(scope="module")
def orders_alone(new_store: Callable[..., Supervisor]) -> Supervisor:
    """Our Orders service without any other service."""
    return new_store(("orders",))


def test_an_order_without_a_total_from_a_foreign_stock_service_is_rejected(
    orders_alone: Supervisor, new_external_client: Any
) -> None:
    external_client, address = new_external_client(orders_alone), orders_alone.settings.url("orders") + PLACE_ORDER
    order = {"customerName": "Ada", "customerEmail": "ada@example.org", "payment": {"paymentMethod": "CREDIT"},
             "products": [{"sku": 1, "quantity": 1, "price": 5.00}]}
    id = httpx.post(address, json=order).json()["id"]

    external_client.send(RESERVED, json.dumps({"id": id}).encode())

    external_client.wait_until(lambda: httpx.get(f"{address}/{id}").json()["status"] == "REJECTED", f"{id} is rejected")
    assert httpx.get(f"{address}/{id}").json()["reason"] == "Stock named no price"
    assert external_client.records_about(id, PAYMENT) == []


def test_orders_adopts_an_unknown_order_from_a_complete_reservation(
    orders_alone: Supervisor, new_external_client: Any
) -> None:
    external_client, id = new_external_client(orders_alone), str(uuid.uuid4())
    spoon = {"sku": 1, "name": "Wooden spoon", "price": 5.00, "quantity": 1}
    reservation = {"id": id, "customerName": "Grace", "payment": {"paymentMethod": "DEBIT"}, "products": [spoon]}

    external_client.send(RESERVED, json.dumps(reservation | {"total": 5.00}).encode())

    request = json.loads(external_client.wait_for(id, PAYMENT).value)
    order = httpx.get(f"{orders_alone.settings.url('orders')}{PLACE_ORDER}/{id}").json()
    assert request["payment"] == {"paymentMethod": "DEBIT", "total": 5.00}
    assert (order["status"], order["customerName"], order["products"]) == ("RESERVED", "Grace", [spoon])


def test_a_reservation_of_an_unknown_order_with_only_an_id_is_dead_lettered(
    orders_alone: Supervisor, new_external_client: Any
) -> None:
    external_client, id = new_external_client(orders_alone), str(uuid.uuid4())

    external_client.send(RESERVED, json.dumps({"id": id}).encode())

    dead_letter = external_client.wait_for(id, f"{RESERVED}.orders.dlt")
    assert json.loads(dead_letter.value) == {"id": id}
    assert dict(dead_letter.headers)["dlt_error"].decode() == f"there is no order {id}"
