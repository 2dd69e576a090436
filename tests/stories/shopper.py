"""Shopper: a customer of a running store, with access to its journal and to the simulated external systems."""

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from checkout.cli.orders import following, journeys
from checkout.journal.hop import Hop, Outcome
from checkout.messages import CANCEL_ORDER, PLACE_ORDER, PRODUCTS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import SIMULATORS, Supervisor

RESULTS = Path(os.environ.get("CHECKOUT_TEST_RESULTS", ".test-results"))


class Shopper:
    """Places orders and reads their status, hops, charges, parcels and e-mails."""

    def __init__(self, store: Supervisor, wait_until: Callable[..., None]) -> None:
        self.store, self.wait_until = store, wait_until
        self.http = httpx.Client(timeout=10.0)

    def order(self, *lines: tuple[int, int], price: float | None = None, name: str = "Ada", **body: Any) -> str:
        """Places an order for (sku, quantity) lines and returns its id."""
        products = [{"sku": sku, "quantity": n} | ({"price": price} if price else {}) for sku, n in lines]
        payment = {"paymentMethod": "CREDIT"}
        fields = {"customerName": name, "customerEmail": "ada@example.org", "products": products, "payment": payment}
        body = fields | body
        key = {"Idempotency-Key": str(uuid.uuid4())}
        responses = [self.post(body, headers=key)]
        while responses[-1].status_code == 503 and len(responses) < 100:  # the response says: try again
            time.sleep(0.2)
            responses.append(self.post(body, headers=key))
        assert responses[-1].status_code == 201, responses[-1].text
        return str(responses[-1].json()["id"])

    def post(self, body: Any = None, **options: Any) -> httpx.Response:
        """Sends any request body to the gateway and returns the response."""
        options |= {} if body is None else {"json": body}
        return self.http.post(self.store.settings.url("gateway") + PLACE_ORDER, **options)

    def cancel(self, id: str) -> httpx.Response:
        """Asks the gateway to cancel an order and returns the response."""
        return self.http.post(self.store.settings.url("gateway") + CANCEL_ORDER.format(id=id))

    def read_order(self, id: str) -> dict[str, Any]:
        """The order as the gateway returns it."""
        found: dict[str, Any] = self.http.get(f"{self.store.settings.url('gateway')}{PLACE_ORDER}/{id}").json()
        return found

    def wait_for_end(self, *ids: str, seconds: float = 40) -> list[dict[str, Any]]:
        """Waits until every arrow of each order's story has happened, and returns the orders."""
        for id in ids:
            self.wait_until(lambda id=id: not self.missing(id), f"all arrows of order {id} have happened", seconds)
        return [self.read_order(id) for id in ids]

    def missing(self, id: str) -> list[tuple[int, str, str]]:
        """The arrows of the order's story that have not happened yet."""
        return following.missing(self.journey(id))

    def journey(self, id: str) -> list[Hop]:
        """The hops of an order."""
        return journeys.journey(id, self.store.settings.home / "journal")

    def arrows(self, id: str) -> list[tuple[int | None, str, str]]:
        """The applied hops of an order as (step, from, to)."""
        return sorted((hop.step or 0, hop.sender, hop.to) for hop in self.journey(id) if hop.outcome == Outcome.APPLIED)

    def save_journal(self, id: str, view: str, run: str = "one replica") -> None:
        """Saves the journal of an order; `scripts/test` compares it with the diagram `view`."""
        path = RESULTS / "journals" / view / f"{run.replace(' ', '-')}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(msgspec.json.encode(hop) + b"\n" for hop in self.journey(id)))

    def available(self, sku: int) -> int:
        """The available quantity of a product."""
        found = self.http.get(self.store.settings.url("gateway") + PRODUCTS).json()
        return next(int(product["available"]) for product in found if product["sku"] == sku)

    def mails(self, id: str) -> list[dict[str, Any]]:
        """The e-mails about an order in the mailbox."""
        return self._read("mailbox", "/mails", id)

    def charges(self, id: str) -> list[dict[str, Any]]:
        """The charges of an order in the ledger of the payment provider."""
        return self._read("payment_broker", "/charges", id)

    def refunds(self, id: str) -> list[dict[str, Any]]:
        """The refunds of an order in the ledger of the payment provider."""
        return self._read("payment_broker", "/refunds", id)

    def parcels(self, id: str) -> list[dict[str, Any]]:
        """The parcels of an order in the ledger of the shipment company."""
        return self._read("shipment_company", "/parcels", id)

    def set_switches(self, system: str, **switches: Any) -> None:
        """Sets the switches of an external system; without arguments all are reset."""
        self.http.put(self.store.settings.url(system) + "/switches", json=switches).raise_for_status()

    def broker(self) -> KafkaBroker:
        """The topics of this store."""
        return KafkaBroker(self.store.settings.bootstrap_servers, self.store.settings.prefix)

    def _read(self, system: str, path: str, id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(self.store.settings.url(system) + path, params={"order": id}).json()
        return found


def open_shopper(
    store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest
) -> Iterator[Shopper]:
    """Makes a shopper; afterwards resets all switches and, if a test has failed, copies the files of the store."""
    shopper = Shopper(store, wait_until)
    yield shopper
    for system in SIMULATORS:
        if any(process.name == system for process in store.processes.values()):
            shopper.set_switches(system)
    shopper.http.close()
    if request.session.testsfailed:
        folder_of_store = RESULTS / "stores" / store.settings.home.name
        for folder in ("logs", "journal"):
            shutil.copytree(store.settings.home / folder, folder_of_store / folder, dirs_exist_ok=True)
        shutil.copy(store.settings.home / "store.json", folder_of_store)
