"""Watched log: the crash points of receiving, sending and committing."""

from collections.abc import Callable, Mapping, Sequence

from checkout.messages import (
    OrderReceived,
    PaymentFailed,
    PaymentNeedsOperator,
    PaymentProcessed,
    PaymentRefunded,
    ReservationExpired,
)
from checkout.messaging.forwarding_log import ForwardingLog
from checkout.messaging.log import Log, Partition, ProducerRecord, Record, RecordMetadata
from checkout.processes.crash_points.crash_point import CrashPoint

RESULTS = {  # what the points of Payments end with, by the topic on which the result of a call is published
    PaymentProcessed.topic: "-charge", PaymentFailed.topic: "-charge",
    PaymentRefunded.topic: "-refund", PaymentNeedsOperator.topic: "-refund",
}


class WatchedLog(ForwardingLog):
    """A `Log` with the points W0, W1 and W5 to W7, and those of sending: W3, W4, G2, G3, P4, T1 and T2."""

    def __init__(self, point: CrashPoint, log: Log, sends_calls: bool, on_sent: Callable[[], object]) -> None:
        """With `sends_calls` the points W3 to W5 are about external calls. `on_sent` is called after each `send`."""
        super().__init__(log)
        self._point, self._sends_calls, self._on_sent = point, sends_calls, on_sent
        self._had_assignment = self._is_committed = self._is_idle = False
        self._is_acknowledged = False  # something was sent and acknowledged since the last commit

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Polls. W0: partitions are assigned. W1: it has records. W7: offsets are committed, and nothing was to do."""
        if self._is_idle:
            self._is_committed = self._is_idle = False
            self._point.reach("W7")
        records = self._log.poll(max_records, timeout)
        has_assignment = bool(self._log.assignment())
        if has_assignment and not self._had_assignment:
            self._point.reach("W0")
        self._had_assignment = has_assignment
        if records:
            self._point.reach("W1")
        self._is_idle = self._is_committed and not records
        return records

    def send(self, records: Sequence[ProducerRecord]) -> list[RecordMetadata]:
        """Sends. W4: half of the records have arrived, and the worker knows of none."""
        before, after = self._points_of({record.topic for record in records})
        for window in before:
            self._point.reach(window)
        if "W3" in before:
            self._point.reach("W4", lambda: self._log.send(records[: (len(records) + 1) // 2]))
        sent = self._log.send(records)
        for window in after:
            self._point.reach(window)
        self._on_sent()
        self._is_acknowledged = self._is_acknowledged or "W3" in before
        return sent

    def acknowledge_call(self) -> None:
        """An external call is answered."""
        self._is_acknowledged = self._is_acknowledged or self._sends_calls

    def _points_of(self, topics: set[str]) -> tuple[list[str], list[str]]:
        before = [] if self._sends_calls or topics == {OrderReceived.topic} else ["W3"]
        before += ["G2"] * (OrderReceived.topic in topics) + ["T1"] * (ReservationExpired.topic in topics)
        before += [f"P4{call}" for topic, call in RESULTS.items() if topic in topics]
        after = ["G3"] * (OrderReceived.topic in topics) + ["T2"] * (ReservationExpired.topic in topics)
        return before, after

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Commits. W5: what was sent is acknowledged, no offset is committed. W6: the commit is not answered yet."""
        if self._is_acknowledged:
            self._point.reach("W5")
        self._point.reach("W6", lambda: self._log.commit(offsets))
        self._log.commit(offsets)
        self._is_acknowledged, self._is_committed = False, True
