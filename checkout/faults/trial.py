"""Trial: a store under load in which faults are injected, and what the checker says of it afterwards."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from checkout.checker.check import check
from checkout.checker.client_log import ClientLog
from checkout.checker.collect.shop import of_shop
from checkout.checker.facts import CALLS_AT_ONCE
from checkout.checker.results import Report
from checkout.faults.external_systems import FAULTS, MAILS
from checkout.faults.fault import Fault
from checkout.load.clients import LoadResult, run_clients
from checkout.load.rest import NotAtRest, wait_for_rest
from checkout.load.workload import Workload
from checkout.processes.shop_file import find_shop
from checkout.processes.supervisor import Supervisor

CONCURRENCY = 8  # clients
MAY_LOSE_REPLIES = ("notifications-", "broker-", "kafka")  # replicas and brokers
REST_WITHIN = 120.0  # seconds: longer than the pauses between the attempts of an external call


@dataclass
class Trial:
    """A running store with a gateway and the simulated systems; `seed` is that of the orders that are placed in it.

    `faults`: those that were injected so far.
    """

    store: Supervisor
    seed: int
    loads: list[LoadResult] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

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
        return check(of_shop(shop, self.client_log, lost_replies=lost_replies(self.faults)))


def lost_replies(faults: Iterable[Fault]) -> int | None:
    """How many e-mails these faults may have left without a reply; None after a mail server that drops connections.

    A replica of Notifications may lose replies at the begin and at the end of a fault, for which it may be restarted.
    So may all of them when they lose their brokers.
    """
    count = 0
    for fault in faults:
        system, switches = FAULTS.get(fault.name, ("", {}))
        if system == MAILS and "drop_after_receiving" in switches:
            return None
        count += sum(2 * CALLS_AT_ONCE for name in fault.affects if name.startswith(MAY_LOSE_REPLIES))
    return count
