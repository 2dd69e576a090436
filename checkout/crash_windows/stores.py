"""Stores: a store of one replica of each service on SQLite, and one of two on PostgreSQL."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from checkout.processes.postgres import local_postgres
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.settings import Settings

PARTITIONS = 3
STOCK = 1_000_000  # units of each product: the customers must not run out of them


@contextmanager
def running_store(settings: Settings, replicas: int) -> Iterator[Supervisor]:
    """Runs a store of so many replicas of each service until the end of the block.

    Several replicas need PostgreSQL; without `settings.database_url` a local server is started below the home.
    """
    settings = msgspec.structs.replace(settings, partitions=PARTITIONS, stock=STOCK)
    with ExitStack() as stack:
        if replicas > 1 and not settings.database_url:
            url = stack.enter_context(local_postgres(settings.home))
            settings = msgspec.structs.replace(settings, database_url=url)
        store = Supervisor(settings, dict.fromkeys(KAFKA_SERVICES, replicas), lambda what, share: None)
        store.start()
        stack.callback(store.stop)
        yield store
