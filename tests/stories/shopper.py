"""Shopper: a customer of a running store, with eyes on its witnesses."""

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

from checkout.cli import journeys
from checkout.journal.hop import Hop, Outcome
from checkout.messages import PLACE_ORDER, PRODUCTS
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import SIMULATORS, Supervisor

RESULTS = Path(os.environ.get("CHECKOUT_TEST_RESULTS", ".test-results"))


class Shopper:
    """A customer of a running store, with eyes on its witnesses: broker, ledger, mailbox, journal."""

    def __init__(self, store: Supervisor, wait_until: Callable[..., None]) -> None:
        self.store, self.wait_until = store, wait_until
        self.http = httpx.Client(timeout=10.0)

    def order(self, *lines: tuple[int, int], price: float | None = None, name: str = "Ada", **body: Any) -> str:
        """Places an order for (sku, quantity) lines and returns its id."""
        products = [{"sku": sku, "quantity": n} | ({"price": price} if price else {}) for sku, n in lines]
        payment = {"paymentMethod": "CREDIT"}
        said = {"customerName": name, "customerEmail": "ada@example.org", "products": products, "payment": payment}
        body = said | body
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = [self.post(body, headers=key)]
        while answers[-1].status_code == 503 and len(answers) < 100:  # as the answer says
            time.sleep(0.2)
            answers.append(self.post(body, headers=key))
        assert answers[-1].status_code == 201, answers[-1].text
        return str(answers[-1].json()["id"])

    def post(self, body: Any = None, **options: Any) -> httpx.Response:
        """Sends an order to the gateway, however wrong."""
        options |= {} if body is None else {"json": body}
        return self.http.post(self.store.settings.url("gateway") + PLACE_ORDER, **options)

    def status(self, id: str) -> dict[str, Any]:
        """How the order stands."""
        found: dict[str, Any] = self.http.get(f"{self.store.settings.url('gateway')}{PLACE_ORDER}/{id}").json()
        return found

    def wait_for_end(self, *ids: str, seconds: float = 40) -> list[dict[str, Any]]:
        """Waits until every arrow of each order's story has happened, and returns how the orders stand."""
        for id in ids:
            self.wait_until(lambda id=id: not self.missing(id), f"order {id} has ended", seconds)
        return [self.status(id) for id in ids]

    def missing(self, id: str) -> list[tuple[int, str, str]]:
        """The arrows that the order has still to go."""
        return journeys.missing(self.journey(id))

    def journey(self, id: str) -> list[Hop]:
        """The order's hops."""
        return journeys.journey(id, self.store.settings.home / "journal")

    def arrows(self, id: str) -> list[tuple[int | None, str, str]]:
        """The applied hops of an order as (step, from, to)."""
        return sorted((hop.step or 0, hop.sender, hop.to) for hop in self.journey(id) if hop.outcome == Outcome.APPLIED)

    def record(self, id: str, view: str, run: str = "one replica") -> None:
        """Keeps the order's journal for the diagrams, which `scripts/test` holds against it."""
        path = RESULTS / "journals" / view / f"{run.replace(' ', '-')}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(msgspec.json.encode(hop) + b"\n" for hop in self.journey(id)))

    def available(self, sku: int) -> int:
        """How many of a product can be bought now."""
        found = self.http.get(self.store.settings.url("gateway") + PRODUCTS).json()
        return next(int(product["available"]) for product in found if product["sku"] == sku)

    def mails(self, id: str) -> list[dict[str, Any]]:
        """The letters about an order that the mailbox has got."""
        return self._ask("mailbox", "/mails", id)

    def charges(self, id: str) -> list[dict[str, Any]]:
        """What the payment broker's ledger says of an order."""
        return self._ask("payment_broker", "/charges", id)

    def parcels(self, id: str) -> list[dict[str, Any]]:
        """What the shipment company has booked for an order."""
        return self._ask("shipment_company", "/parcels", id)

    def switch(self, system: str, **switches: Any) -> None:
        """Sets the switches of an outside system; none sets all back."""
        self.http.put(self.store.settings.url(system) + "/switches", json=switches).raise_for_status()

    def broker(self) -> KafkaBroker:
        """The topics of this store."""
        return KafkaBroker(self.store.settings.bootstrap_servers, self.store.settings.prefix)

    def _ask(self, system: str, path: str, id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get(self.store.settings.url(system) + path, params={"order": id}).json()
        return found


def shopping(
    store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest
) -> Iterator[Shopper]:
    """A shopper whose outside systems behave again afterwards; after a failure the store's files are kept."""
    customer = Shopper(store, wait_until)
    yield customer
    for system in SIMULATORS:
        if any(process.name == system for process in store.processes.values()):
            customer.switch(system)
    customer.http.close()
    if request.session.testsfailed:
        kept = RESULTS / "stores" / store.settings.home.name
        for folder in ("logs", "journal"):
            shutil.copytree(store.settings.home / folder, kept / folder, dirs_exist_ok=True)
        shutil.copy(store.settings.home / "store.json", kept)
