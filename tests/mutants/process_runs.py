"""Process runs: real processes with a mutant, under load and with faults, and what the checker finds in the end."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import httpx
from mutants.examination import Verdict
from mutants.mutant import Mutant
from mutants.mutated_store import REGISTRY, VARIABLE
from waiting import wait_until

from checkout.checker.check import check
from checkout.checker.client_log import ClientLog
from checkout.checker.collect.shop import of_shop
from checkout.checker.results import Report
from checkout.load.clients import run_clients
from checkout.load.rest import NotAtRest, wait_for_rest
from checkout.load.workload import Kind, Workload
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor
from checkout.settings import read_settings

TESTS = Path(__file__).parents[1]
PURCHASES, CLIENTS, SEED = 60, 4, 1
REST_SECONDS = 30.0
LOST_REPLIES = 3  # of each external system
SWITCHES = {
    "payment_broker": "drop_after_charging", "shipment_company": "drop_after_booking",
    "mailbox": "drop_after_receiving",
}  # fmt: skip
CRASHES = ("W2", "W5")  # of Stock: before the commit of its database, and before the commit of its offsets

MUTANTS = (  # by name, those that this load shows in processes
    "the inbox is skipped", "offsets are committed before the effect", "records have the customer as key",
    "each charge has a new key", "each booking has a new key", "each e-mail has a new Message-ID",
    "a denied charge counts as paid", "a parcel has one of each product", "the client's price is trusted",
    "a total forgets the quantities", "what is not there is sold", "a denied payment releases nothing",
    "an order is approved without payment", "an order is split", "the key of a request is ignored",
    "another body with the same key is accepted",
)  # fmt: skip


@contextlib.contextmanager
def running_store(kafka: str, port_base: int, folder: Path, mutant: str = "") -> Iterator[Supervisor]:
    """A store on real processes, whose services have this mutant."""
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    own = {"home": folder, "bootstrap_servers": kafka, "prefix": f"mutant-{port_base}--", "port_base": port_base}
    settings = read_settings({}, registry=REGISTRY, **own)
    with patch.dict(os.environ, {"PYTHONPATH": path, VARIABLE: mutant}):
        store = Supervisor(settings, {}, lambda what, share: None)
        store.start()
        try:
            yield store
        finally:
            store.stop()
            with contextlib.closing(KafkaBroker(kafka, settings.prefix)) as broker:
                broker.delete()


def examine_in_processes(mutant: Mutant, kafka: str, new_port_base: Callable[[], int]) -> Verdict:
    """Runs the load on a store without the mutant, then on one with it."""
    return Verdict(load(kafka, new_port_base()), load(kafka, new_port_base(), mutant.name))


def load(kafka: str, port_base: int, mutant: str = "") -> Report:
    """Runs the load on a store with this mutant; what the checker finds."""
    with tempfile.TemporaryDirectory() as folder, running_store(kafka, port_base, Path(folder), mutant) as store:
        return report_of_load(store)


def report_of_load(store: Supervisor) -> Report:
    """Runs the load on a store while replies are lost and Stock crashes; what the checker finds at rest."""
    shop, path = find_shop(store.settings.home), store.settings.home / "client.jsonl"
    for system, switch in SWITCHES.items():
        httpx.put(f"{shop.address(system)}/switches", json={switch: LOST_REPLIES}).raise_for_status()
    purchases = Workload(SEED, dict.fromkeys(Kind, 1))
    with contextlib.closing(ClientLog(path)) as log:
        for window in CRASHES:
            launch(store, "stock-1", crash_at=window)
            run_clients(shop.address("gateway"), purchases, PURCHASES // len(CRASHES), CLIENTS, log)
            wait_until(lambda: "stock-1" in dict(store.crashed()), f"Stock has crashed at {window}")
            launch(store, "stock-1")
            store.wait_until_ready(["stock-1"])
    with contextlib.suppress(NotAtRest):  # the checker says what is not
        wait_for_rest(find_shop(store.settings.home), REST_SECONDS)
    return check(of_shop(find_shop(store.settings.home), path, lost_replies=LOST_REPLIES))


def launch(store: Supervisor, replica: str, **changes: str) -> None:
    """Kills a replica and starts it again, without waiting for it; `changes` override its settings."""
    store.processes[replica].pid.kill_with_children()
    store.launch(replica, **changes)
