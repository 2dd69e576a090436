"""Retention: deletes old rows of a service's inbox and outbox, some at a time, and old parts of its journal."""

import contextlib
import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from checkout.framework.sql import utc_text
from checkout.journal.parts import delete_old_parts
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import REPLICA_BITS

LIMIT = 1_000  # rows per statement, which takes some milliseconds
INTERVAL = 10.0  # seconds until the next look, when all old rows are deleted

# On SQLite the row id grows with time, so the oldest rows are found without an index; on PostgreSQL by a BRIN index.
OLDEST_IN_INBOX = {
    "sqlite": "rowid IN (SELECT rowid FROM inbox ORDER BY rowid LIMIT :limit) AND at < :before",
    "postgresql": "ctid IN (SELECT ctid FROM inbox WHERE at < :before LIMIT :limit FOR UPDATE SKIP LOCKED)",
}
# Open rows stay, however old they are; dead letters go like other rows, their records stay in their topics.
DONE_IN_OUTBOX = "SELECT number FROM outbox WHERE number < :number AND done_at IS NOT NULL ORDER BY number LIMIT :limit"
SKIP_LOCKED = {"sqlite": "", "postgresql": " FOR UPDATE SKIP LOCKED"}


class Retention:
    """Deletes what is older than `seconds` from inbox and outbox, and closed parts of the journal at `journal`.

    Only the thread of the worker may call it.
    """

    def __init__(
        self, database: ServiceDatabase, journal: Path, seconds: float, now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._database, self._journal, self._seconds, self._now, self._clock = database, journal, seconds, now, clock
        self._due_at = -math.inf

    def prune(self) -> int:
        """Deletes at most LIMIT rows of each table, if it is time to; returns how many rows it has deleted."""
        if self._clock() < self._due_at:
            return 0
        before = self._now() - timedelta(seconds=self._seconds)
        number = int(before.timestamp() * 1_000_000) << REPLICA_BITS
        values: dict[str, Any] = {"before": utc_text(before), "number": number, "limit": LIMIT}
        with self._database.begin() as db:
            dialect = db.dialect.name
            done = f"number IN ({DONE_IN_OUTBOX}{SKIP_LOCKED[dialect]})"
            statements = f"DELETE FROM inbox WHERE {OLDEST_IN_INBOX[dialect]}", f"DELETE FROM outbox WHERE {done}"
            counts = [db.execute(text(statement), values).rowcount for statement in statements]
        with contextlib.suppress(OSError):  # the journal itself reports a disk that cannot be written
            delete_old_parts(self._journal, self._seconds)
        self._due_at = self._clock() + (0.0 if max(counts) == LIMIT else INTERVAL)
        return sum(counts)
