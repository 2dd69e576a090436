"""Transactions: the fault of a replica that is paused while it has a transaction open on PostgreSQL."""

from contextlib import closing

from sqlalchemy import Connection, NullPool, create_engine, text

from checkout.faults.fault import Fault
from checkout.faults.replicas import paused
from checkout.processes.postgres import url_of
from checkout.processes.supervisor import Supervisor
from checkout.system.deadline import wait_until

CAUGHT_WITHIN = 30.0  # seconds
SEEN_WITHIN = 0.3  # seconds, in which another replica has ended its transaction
OPEN = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    " AND state_change < clock_timestamp() - interval '150 ms'"
)


def paused_in_transaction(store: Supervisor, replica: str) -> Fault:
    """SIGSTOP of a replica that has a transaction open; at the end it goes on where it was.

    `inject` stops and continues it in turn until it is caught in one, and raises TimeoutError if it has none.
    """
    pause = paused(store, replica)
    url = url_of(store.settings, replica.rpartition("-")[0])

    def inject() -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with closing(engine.connect()) as db:
            wait_until(lambda: _is_caught(pause, db), CAUGHT_WITHIN, pause=0.01)

    return Fault(f"{pause.name} in a transaction", [replica], inject, pause.heal)


def _is_caught(pause: Fault, db: Connection) -> bool:
    pause.inject()
    try:
        return bool(wait_until(lambda: db.scalar(OPEN), SEEN_WITHIN))
    except TimeoutError:
        pause.heal()
        return False
