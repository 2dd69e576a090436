"""Ages: which orders are older than the retention, so that some of their rows and records may be deleted."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from checkout.checker.client_log import ClientRequest
from checkout.checker.messages import Topics
from checkout.checker.witnesses import Row, Witnesses
from checkout.messaging.log import Record

START = datetime.fromtimestamp(0, UTC)


class Ages:
    """The age of orders: since their row says that they were placed, or since their first record or request."""

    def __init__(
        self, witnesses: Witnesses, topics: Topics, orders: Mapping[str, Row],
        accepted: Mapping[str, Iterable[ClientRequest]],
    ) -> None:  # fmt: skip
        read_at = witnesses.read_at or max(map(_time_of, witnesses.records), default=START)
        self._kept_since = max(START, read_at - timedelta(seconds=witnesses.retention_seconds))
        self._is_deleting = any(lag.begin for lags in witnesses.lags.values() for lag in lags.values())
        self._first = {order: min(r.started for r in requests) for order, requests in accepted.items()}
        copies = ((order, each) for (_, order), found in topics.copies.items() for each in found)
        self._first |= _oldest((order, _time_of(each.record)) for order, each in copies)
        self._first |= {order: row["placed_at"] for order, row in orders.items() if row["placed_at"]}

    def is_old(self, order: str) -> bool:
        """Whether an order is older than the retention. One without a date is, if Kafka has deleted records."""
        first = self._first.get(order)
        return self._is_deleting if first is None else first < self._kept_since

    def is_old_record(self, record: Record) -> bool:
        """Whether a record is older than the retention."""
        return START < _time_of(record) < self._kept_since


def _time_of(record: Record) -> datetime:
    return datetime.fromtimestamp(max(0, record.timestamp) / 1e3, UTC)


def _oldest(times: Iterator[tuple[str, datetime]]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for order, time in times:
        if time > START:
            found[order] = min(time, found.get(order, time))
    return found
