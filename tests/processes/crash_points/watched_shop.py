"""Watched shop: a shop in memory, one of whose workers has a crash point, and its fixtures."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from worker.in_memory_shop import InMemoryShop, run_once

from checkout.journal.journal import Journal
from checkout.messages import MESSAGE_TYPES, PlaceOrder
from checkout.processes.crash_points.crash_point import CrashPoint
from checkout.processes.crash_points.watch import watch
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.worker import Worker


class Killed(BaseException):
    """Stands for the end of the process."""


class WatchedShop:
    """A shop in memory, with a worker that `Killed` ends at its crash point."""

    def __init__(self, shop: InMemoryShop, path: Path) -> None:
        self.shop, self.path, self._intake = shop, path, shop.intake
        self._watched: list[tuple[Any, str]] = []  # objects with methods of their own

    def watch(self, name: str, setting: str) -> None:
        """Starts a worker with this crash point."""
        shop, replica = self.shop, f"{name}-1"
        service, database = shop.services[name], shop.databases[name]
        shop.workers[name].log.abandon()
        shop.workers[name].journal.close()
        log = shop.broker.join(name, list(service.topics()), replica)
        calls = ExternalCalls(shop.simulators.adapters(), 0)
        given = shop.intake if PlaceOrder in service.handlers else None
        log, intake = watch(CrashPoint(setting, replica, self.path, kill), service, log, database, calls, given)
        shop.intake = intake or shop.intake
        self._watched += [(service, "save"), (database, "begin")]
        parts = (service, MESSAGE_TYPES, log, database, Journal(None), calls, intake, replica)
        shop.workers[name] = Worker(*parts)

    def run_until_killed(self) -> None:
        """Runs all workers until one of them is killed. Fails when none is."""
        with pytest.raises(Killed):
            for _ in range(30):
                for worker in list(self.shop.workers.values()):
                    run_once(worker)

    def restart(self, name: str) -> None:
        """Starts a killed worker without a crash point, and runs all until no work is left."""
        self.close()
        self.shop.intake = self._intake
        self.shop.crash(name)
        self.shop.run()

    def close(self) -> None:
        """Takes the crash points away: other tests use the databases, too."""
        while self._watched:
            delattr(*self._watched.pop())


def kill() -> None:
    """Ends a worker."""
    raise Killed


@pytest.fixture
def watched_shop(shop: InMemoryShop, tmp_path: Path) -> Iterator[WatchedShop]:
    """A shop whose workers can have crash points."""
    watched_shop = WatchedShop(shop, tmp_path / "crashes.jsonl")
    yield watched_shop
    watched_shop.close()


@pytest.fixture
def new_point(tmp_path: Path) -> Callable[[str], CrashPoint]:
    """Makes a crash point that raises `Killed`."""
    return lambda setting: CrashPoint(setting, "payments-1", tmp_path / "crashes.jsonl", kill)
