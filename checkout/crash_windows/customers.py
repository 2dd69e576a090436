"""Customers: order all the time while services crash, and write down what they were told."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from checkout.checker.client_log import ClientLog
from checkout.load.clients import run_clients
from checkout.load.workload import Workload
from checkout.processes.supervisor import Supervisor
from checkout.processes.switches import set_switches

CONCURRENT, RATE = 8, 8.0  # customers, and orders per second
MOST_ORDERS = 1_000_000


class Customers:
    """The customers of one store, whose orders are those of a seed."""

    def __init__(self, store: Supervisor, seed: int) -> None:
        self._settings, self._workload = store.settings, Workload(seed)
        self.log_path = store.settings.home / "client.jsonl"
        self._log = ClientLog(self.log_path)
        self._systems: set[str] = set()  # with switches
        self.orders = 0

    @contextmanager
    def ordering(self) -> Iterator[None]:
        """Customers order inside of the block, and wait for the answers at its end."""
        enough, gateway = threading.Event(), self._settings.url("gateway")
        with ThreadPoolExecutor(1) as pool:
            arguments = (gateway, self._workload, MOST_ORDERS, CONCURRENT, self._log, RATE, enough.is_set)
            load = pool.submit(run_clients, *arguments)
            try:
                yield
            finally:
                enough.set()
            self.orders += len(load.result().orders)

    def set_switches(self, switches: Mapping[str, Mapping[str, object]]) -> None:
        """Sets the fault switches of external systems."""
        for system, values in switches.items():
            set_switches(self._settings.url(system), values)
            self._systems.add(system)

    def reset_switches(self) -> None:
        """Resets all switches that were set."""
        self.set_switches({system: {} for system in self._systems})
        self._systems.clear()

    def close(self) -> None:
        """Closes the log."""
        self._log.close()
