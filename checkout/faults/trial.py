"""Trial: a store under load in which faults are injected, and what the checker says of it afterwards."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from checkout.checker.check import check
from checkout.checker.client_log import ClientLog
from checkout.checker.collect.shop import of_shop
from checkout.checker.results import Report
from checkout.load.clients import LoadResult, run_clients
from checkout.load.rest import NotAtRest, wait_for_rest
from checkout.load.workload import Workload
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor

CONCURRENCY = 8  # clients
REST_WITHIN = 120.0  # seconds: longer than the pauses between the attempts of an external call


@dataclass
class Trial:
    """A running store with a gateway and the simulated systems; `seed` is that of the orders that are placed in it."""

    store: Supervisor
    seed: int
    loads: list[LoadResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._workload = Workload(self.seed)
        self.client_log = self.store.settings.home / "clients.jsonl"

    @contextmanager
    def load(
        self, orders: int, rate: float | None = None, until: Callable[[], bool] | None = None
    ) -> Iterator[None]:
        """Clients place so many orders, `rate` per second, during the block, which ends when all are placed.

        They stop earlier when `until` returns true.
        """
        with closing(ClientLog(self.client_log)) as log:
            clients = threading.Thread(target=self._run_clients, args=[orders, rate, log, until], name="clients")
            clients.start()
            try:
                yield
            finally:
                clients.join()

    def _run_clients(
        self, orders: int, rate: float | None, log: ClientLog, until: Callable[[], bool] | None
    ) -> None:
        gateway = self.store.settings.url("gateway")
        self.loads.append(run_clients(gateway, self._workload, orders, CONCURRENCY, log, rate, until))

    def check(self, timeout: float = REST_WITHIN) -> Report:
        """Waits until the store is at rest, and says so if it is not in time; then checks all invariants."""
        shop = find_shop(Path(self.store.settings.home))
        try:
            wait_for_rest(shop, timeout)
        except NotAtRest as error:  # what was left undone breaks an invariant
            print(error)
        return check(of_shop(shop, self.client_log))
