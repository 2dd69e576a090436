"""Claims: which open outbox rows a replica sends - its own after a restart, and those of a replica that has gone."""

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, func, select

from checkout.journal.hop import utc_now
from checkout.worker import outbox
from checkout.worker.database import DATABASE_UNAVAILABLE, ServiceDatabase
from checkout.worker.outbox import OutboxRow

LEASE = timedelta(seconds=15)  # after which another replica may claim the rows of one that does not renew its lease
INTERVAL = 5.0  # seconds between two claims, and between two renewals of the lease
LIMIT = 1_000  # rows of one claim


class Claims:
    """The claims of one replica. `now` returns the time, `clock` monotonic seconds."""

    def __init__(
        self, database: ServiceDatabase, replica: str, now: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._database, self._replica, self._now, self._clock = database, replica, now, clock
        self._next, self._after = clock(), 0

    @property
    def are_due(self) -> bool:
        """Whether `take` would read the database now."""
        return self._clock() >= self._next

    def take(self, in_progress: Collection[tuple[str, str]]) -> list[OutboxRow]:
        """Renews the lease and returns the open rows to send, without those whose identity is in `in_progress`.

        The replica's own rows are read in turn, `LIMIT` at a time, so that rows of a commit whose outcome was unknown
        are found, too.
        """
        with self._database.begin() as db:
            at = _renew_lease(db, self._replica, self._now)
            own = outbox.own_rows(db, self._replica, self._after, LIMIT)
            others = outbox.claim_rows(db, self._replica, at - LEASE, LIMIT)
        self._after = own[-1].number if len(own) == LIMIT else 0
        unknown = [row for row in own if row.identity not in in_progress]
        self._next = self._clock() + (0.0 if unknown and self._after else INTERVAL)
        return unknown + others


def keep_lease(database: ServiceDatabase, replica: str, stopping: threading.Event) -> None:
    """Renews the lease in a thread of its own until `stopping`, also while the replica is busy.

    A process that is paused loses it.
    """

    def renew() -> None:
        while not stopping.wait(INTERVAL):
            try:
                with database.engine.begin() as db:
                    _renew_lease(db, replica, utc_now)
            except DATABASE_UNAVAILABLE:
                continue  # the worker says so

    threading.Thread(target=renew, name="lease", daemon=True).start()


def _renew_lease(db: Connection, replica: str, now: Callable[[], datetime]) -> datetime:
    # On PostgreSQL the server's time: the clocks of two machines may differ by more than a lease.
    at = cast(datetime, db.scalar(select(func.clock_timestamp()))) if db.dialect.name == "postgresql" else now()
    outbox.renew_lease(db, replica, at)
    return at
