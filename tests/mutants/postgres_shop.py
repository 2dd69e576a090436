"""PostgreSQL shop: an observed shop whose replicas share a database, and the mutants that only they show."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from mutants.examination import Databases
from mutants.mutant import Mutant
from mutants.observed_shop import ObservedShop
from sqlalchemy import Connection, Select, event, select
from waiting import wait_until
from worker.in_memory_shop import run_once

from checkout.framework import sql
from checkout.framework.service import Service
from checkout.messages import OrderReceived
from checkout.processes.postgres import create_databases, url_of
from checkout.registry import STORE
from checkout.services.stock import Stock
from checkout.settings import Settings
from checkout.worker.database import ServiceDatabase
from checkout.worker.worker import Worker

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
RECEIVED = "order.new-order-received"
LOCK = Select.with_for_update


class SharedDatabases:
    """The databases of Stock and Notifications on a PostgreSQL server, to which each replica connects."""

    def __init__(self, server: str, others: Databases) -> None:
        self.settings = Settings(database_url=server, prefix="mutants--")
        self._others, self._stack = others, ExitStack()

    def __enter__(self) -> "SharedDatabases":
        create_databases(self.settings, ["stock", "notifications"])
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def connect(self, service: str) -> ServiceDatabase:
        """A connection to the database of a service."""
        url = url_of(self.settings, service).render_as_string(hide_password=False)
        database = ServiceDatabase(url, STORE.by_name[service]())
        self._stack.callback(database.close)
        return database

    def new_shop(self, folder: Any, service: Service | None = None) -> "PostgresShop":
        """A shop whose Stock and Notifications have two replicas."""
        mine = {name: self.connect(name) for name in ("stock", "notifications")}
        return PostgresShop(self.connect, folder, {**self._others, **mine}, partitions=2, service=service)


class PostgresShop(ObservedShop):
    """An observed shop of which `connect` gives a replica its own connection to the shared database of its service."""

    def __init__(self, connect: Callable[[str], ServiceDatabase], *arguments: Any, **options: Any) -> None:
        self._connect = connect
        super().__init__(*arguments, **options)

    def start_two(self, service: str, *numbers: int) -> list[Worker]:
        """Starts two more replicas of a service."""
        return [self.start_further(f"{service}-{number}", self._connect(service)) for number in numbers]


class Meeting:
    """Where two replicas wait for each other; one of them goes on alone when the other waits for its lock."""

    def __init__(self) -> None:
        self._arrived = 0

    def wait(self, db: Connection) -> None:
        """Waits for the other replica. `db`: a connection of this one."""
        self._arrived += 1
        with db.engine.connect() as other:
            wait_until(lambda: self._arrived > 1 or _is_anyone_locked(other), "the other replica is there, or locked")


def _is_anyone_locked(db: Connection) -> bool:
    found = db.exec_driver_sql(WAITING).scalar()
    db.rollback()  # within one transaction PostgreSQL shows the same activity; a commit would count as an arrival
    return bool(found)


class MeetingStock(Stock):
    """Stock whose replicas, having loaded the products of an order, meet before they change them."""

    def __init__(self) -> None:
        super().__init__()
        self.meeting = Meeting()

    def load(self, db: Connection, messages: Sequence[Any]) -> Any:
        state = super().load(db, messages)
        if any(isinstance(message, OrderReceived) for message in messages):
            self.meeting.wait(db)
        return state


def at_once(*calls: Callable[[], object]) -> None:
    """Makes the calls in threads, and waits for all."""
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def reserve_at_once(shop: PostgresShop) -> None:
    """Two replicas of Stock reserve the same product at the same time, each for another order."""
    first, (second,) = shop.workers["stock"], shop.start_two("stock", 2)
    while {record.partition for record in shop.broker.read([RECEIVED])} != {0, 1}:
        shop.order()
    for worker in (first, second):
        worker.poll()
    at_once(first.handle, second.handle)
    shop.run()


def claim_at_once(shop: PostgresShop) -> None:
    """A replica of Notifications crashes before it sends an e-mail; two others claim its row at the same time."""
    shop.order((3, 1))
    shop.work("stock")
    dead = shop.workers["notifications"]
    dead.poll()
    dead.handle()
    dead.log.abandon()
    with dead.database.begin() as db:
        db.exec_driver_sql("UPDATE leases SET renewed_at = '2026-01-01T00:00:00.000000Z'")
    second, third = shop.start_two("notifications", 2, 3)
    with meeting_in_commit(second.database, third.database):
        at_once(second.poll, third.poll)
    shop.workers["notifications"] = second
    for worker in (second, third):
        run_once(worker)
    shop.broker.remove_member("notifications", "notifications-1")
    shop.run()


@contextmanager
def meeting_in_commit(*databases: ServiceDatabase) -> Iterator[None]:
    """Within this block replicas meet before they commit."""
    wait = Meeting().wait
    for database in databases:
        event.listen(database.engine, "commit", wait)
    yield
    for database in databases:
        event.remove(database.engine, "commit", wait)


def lock_no_rows() -> Any:
    """Rows are loaded without a lock."""
    return patch.object(sql, "_select_locked", lambda table, key, name: select(table).where(sql.among(key, name)))


def claim_without_a_lock() -> Any:
    """Open rows of the outbox are claimed without a lock."""

    def lock(query: Any, **how: Any) -> Any:
        return query if how.get("skip_locked") else LOCK(query, **how)

    return patch.object(Select, "with_for_update", lock)


ON_POSTGRES = (
    Mutant("rows are not locked", "I8", lock_no_rows, reserve_at_once, MeetingStock),
    Mutant("rows are claimed without a lock", "I11", claim_without_a_lock, claim_at_once),
)
