"""Checkouts: 1,000 customers with 1.00 EUR each want one of 100 items of which one unit is on hand, all at once.

The shape is that of the consistency test in TU Delft's benchmark of microservices, github.com/delftdata/
wdm-project-benchmark: 100 must succeed, no stock may be left, 100 EUR must be spent, and what the customers were told
must be what the databases have. There the items are drawn at random; here each is wanted by as many customers.
"""

import random
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from yardsticks.hundred_items import ITEMS, PRICE

from checkout.checker.client_log import ClientLog, ClientRequest
from checkout.checker.collect.shop import of_shop
from checkout.checker.witnesses import Witnesses
from checkout.load.clients import LoadResult, run_clients
from checkout.load.rest import wait_for_rest
from checkout.load.workload import Kind, Purchase, order_body
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor
from checkout.settings import Settings

CUSTOMERS = 1_000
ACCEPTED = "accepted"
REST_WITHIN = 120.0  # seconds


class CountingLog(ClientLog):
    """A client log that sets `is_half` when half of the orders are accepted."""

    def __init__(self, path: Path, half: int) -> None:
        super().__init__(path)
        self._left, self.is_half = half, threading.Event()

    def write(self, request: ClientRequest) -> None:
        super().write(request)
        self._left -= (request.method, request.status) == ("POST", 201)
        if self._left <= 0:
            self.is_half.set()


@dataclass
class Checkouts:
    """One run: what the customers did and saw, and the witnesses in the end."""

    load: LoadResult
    witnesses: Witnesses

    @property
    def statuses(self) -> dict[str, str]:
        """The statuses of the orders in the database of Orders, by id."""
        return {row["id"]: row["status"] for row in self.witnesses.databases["orders"]["orders"]}

    def figures(self) -> dict[str, object]:
        """What the yardstick asks for: approved orders, units left, EUR spent, wrong replies, and what it took."""
        charged = [charge for charge in self.witnesses.charges or () if charge["status"] == "charged"]
        products = self.witnesses.databases["stock"]["products"]
        told, stored = self.load.statuses, self.statuses
        return {
            "customers": len(self.load.orders), "unknown": len(self.load.unknown),
            "approved": Counter(stored.values())["APPROVED"], "rejected": Counter(stored.values())["REJECTED"],
            "units left": sum(row["on_hand"] for row in products),
            "units reserved": sum(row["reserved"] for row in products),
            "EUR spent": sum(charge["amount"] for charge in charged), "charges": len(charged),
            "customers charged": len({charge["order"] for charge in charged}),
            "parcels": len(self.witnesses.parcels or ()),
            "wrong replies": len(told.items() ^ stored.items()),
        }  # fmt: skip


EXPECTED = {
    "customers": CUSTOMERS, "unknown": 0, "approved": ITEMS, "rejected": CUSTOMERS - ITEMS, "units left": 0,
    "units reserved": 0, "EUR spent": ITEMS * PRICE, "charges": ITEMS, "customers charged": ITEMS, "parcels": ITEMS,
    "wrong replies": 0,
}  # fmt: skip


def purchases(seed: int) -> Sequence[Purchase]:
    """A purchase of each customer, in an order that the seed decides."""
    chance = random.Random(seed)
    skus = [1 + number % ITEMS for number in range(CUSTOMERS)]
    chance.shuffle(skus)
    return [
        Purchase(
            Kind.APPROVED, str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            order_body([{"sku": sku, "quantity": 1}], f"Customer {number}"), follows=True,
        )
        for number, sku in enumerate(skus)
    ]  # fmt: skip


def run_checkouts(store: Supervisor, folder: Path, seed: int, kills_orders: bool) -> Checkouts:
    """Makes all checkouts at once. With `kills_orders`, Orders is killed and started again when half are accepted."""
    shop, log = find_shop(store.settings.home), CountingLog(folder / "client.jsonl", CUSTOMERS // 2)
    loads: list[LoadResult] = []
    url = store.settings.url("gateway")
    customers = threading.Thread(
        target=lambda: loads.append(run_clients(url, purchases(seed), CUSTOMERS, CUSTOMERS, log))
    )
    with closing(log):
        customers.start()
        if kills_orders:
            assert log.is_half.wait(REST_WITHIN), "half of the orders are not accepted"
            store.processes["orders-1"].pid.kill_with_children()
            store.launch("orders-1")
        customers.join()
    wait_for_rest(shop, REST_WITHIN)
    received = {sku: 1 for sku in range(1, ITEMS + 1)}
    return Checkouts(loads[0], of_shop(find_shop(store.settings.home), folder / "client.jsonl", received=received))


@contextmanager
def running_store(settings: Settings) -> Iterator[Supervisor]:
    """A store on processes until the end of the block; its topics are deleted then."""
    store = Supervisor(settings, {}, lambda what, share: None)
    store.start()
    try:
        yield store
    finally:
        store.stop()
        with closing(KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)) as broker:
            broker.delete()
