"""Seams: where a replica can be killed, or be left without an answer, inside its verbs."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from checkout.journal.hop import Hop
from checkout.journal.journal import HopWriter
from checkout.messaging.forwarding_log import ForwardingLog
from checkout.messaging.log import LogUnavailable, Partition, ProducerRecord, Record, RecordMetadata
from checkout.messaging.memory_log import MemoryLog
from checkout.worker.calls.external_calls import Adapter, CallResult, Unanswered
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import OutboxRow


class Place(StrEnum):
    """A seam inside the verbs."""

    BEFORE_DATABASE = "before the commit of the database"
    AFTER_DATABASE = "after the commit of the database"
    BEFORE_SENDING = "before a record is sent"
    BEFORE_ACKNOWLEDGEMENT = "after the records are sent, before the acknowledgement"
    BEFORE_OFFSETS = "before the commit of the offsets"
    AFTER_OFFSETS = "after the commit of the offsets"
    BEFORE_CALL = "before an external call"
    BEFORE_REPLY = "after an external call, before its reply"
    BEFORE_JOURNAL = "before the journal is written"


PLACES = tuple(Place)
NO_BROKER, NO_DATABASE = "the broker does not answer", "disk I/O error"


class Crashed(BaseException):
    """The replica is killed here: nothing in it may catch this."""


class Seams:
    """The seams of one replica. `counts` gets the names of those at which something happened."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._place: Place | None = None
        self._left, self._is_crash = 0, True

    def arm(self, number: int, is_crash: bool) -> None:
        """At a place that the number chooses the replica is killed, or gets no answer, the first, second or third time.

        A place at which nothing can be unavailable is passed.
        """
        self._place, self._left, self._is_crash = PLACES[number % len(PLACES)], number // len(PLACES), is_crash

    def disarm(self) -> None:
        """Nothing happens at a seam any more."""
        self._place = None

    def cross(self, place: Place, failure: Exception | None = None) -> None:
        """Raises Crashed or `failure` if it is time to."""
        if self._place is not place or (failure is None and not self._is_crash):
            return
        self._left -= 1
        if self._left < 0:
            self._place = None
            self._counts[f"{'killed' if self._is_crash else 'no answer'} {place}"] += 1
            raise Crashed(place) if self._is_crash or failure is None else failure


class SeamedLog(ForwardingLog):
    """A `Log` with seams; `poll` returns records of the partition that was chosen, if any."""

    def __init__(self, log: MemoryLog, seams: Seams) -> None:
        super().__init__(log)
        self._memory_log, self._seams = log, seams
        self._choice: int | None = None

    def choose(self, number: int | None) -> None:
        """The next `poll` returns one record of a partition chosen by this number; None: all records."""
        self._choice = number

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """The next records, as chosen."""
        limit, assigned = max_records, self._memory_log.assigned
        if self._choice is not None and assigned:
            first = sorted(assigned)[self._choice % len(assigned)]
            assigned.sort(key=lambda partition: (partition != first, partition))
            limit = 1
        return self._log.poll(limit, 0.0)

    def wake(self) -> None:
        """Nothing waits."""

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends all records one by one, with a seam before each and before the acknowledgement."""
        sent = []
        for record in records:
            self._seams.cross(Place.BEFORE_SENDING, LogUnavailable(NO_BROKER))
            sent += self._log.send([record])
        self._seams.cross(Place.BEFORE_ACKNOWLEDGEMENT, LogUnavailable(NO_BROKER))
        return sent

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits, with a seam before and after."""
        self._seams.cross(Place.BEFORE_OFFSETS, LogUnavailable(NO_BROKER))
        self._log.commit(offsets)
        self._seams.cross(Place.AFTER_OFFSETS, LogUnavailable(NO_BROKER))


class SeamedDatabase:
    """A service's database as one replica uses it, with a seam before and after each commit."""

    def __init__(self, database: ServiceDatabase, seams: Seams) -> None:
        self._database, self._seams = database, seams
        self.engine, self.read = database.engine, database.read

    @contextlib.contextmanager
    def begin(self) -> Iterator[Any]:
        """Opens a write transaction."""
        with self._database.begin() as db:
            yield db
            self._seams.cross(Place.BEFORE_DATABASE, sqlite3.OperationalError(NO_DATABASE))
        self._seams.cross(Place.AFTER_DATABASE, sqlite3.OperationalError(NO_DATABASE))

    def close(self) -> None:
        """The database is used by others."""


class SeamedJournal:
    """A journal with a seam before each write: a crash keeps hops from it. Without `journal` nothing is written."""

    def __init__(self, journal: HopWriter | None, seams: Seams) -> None:
        self._journal, self._seams = journal, seams

    def write(self, hops: Iterable[Hop]) -> None:
        """Appends these hops."""
        self._seams.cross(Place.BEFORE_JOURNAL)
        if self._journal:
            self._journal.write(hops)

    def close(self) -> None:
        """The journal is used by others."""


def seamed(adapters: Mapping[str, Adapter], seams: Seams) -> dict[str, Adapter]:
    """The adapters with a seam before and after each call: after it the reply is lost."""

    def with_seams(name: str, adapter: Adapter) -> Adapter:
        def call(row: OutboxRow) -> CallResult:
            seams.cross(Place.BEFORE_CALL, Unanswered(name, "no connection"))
            result = adapter(row)
            seams.cross(Place.BEFORE_REPLY, Unanswered(name, "the reply is lost"))
            return result

        return call

    return {name: with_seams(name, adapter) for name, adapter in adapters.items()}
