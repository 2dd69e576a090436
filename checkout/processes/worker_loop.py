"""Worker loop: calls the verbs of a worker until the process stops, also while Kafka or the database are away."""

import contextlib
import threading
from collections.abc import Sequence

from checkout.framework.sql import utc_text
from checkout.journal.hop import utc_now
from checkout.messaging.log import LogUnavailable, ReplicaReplaced
from checkout.worker.database import DATABASE_UNAVAILABLE
from checkout.worker.retention import Retention
from checkout.worker.worker import Worker

POLL_TIMEOUT = 1.0  # seconds
LONGEST_PAUSE = 2.0  # seconds between two attempts while broker or database are unavailable
UNAVAILABLE = (LogUnavailable, *DATABASE_UNAVAILABLE)


class WorkerLoop:
    """Calls the verbs of a worker in a loop, and waits while its broker or its database is unavailable."""

    def __init__(
        self, worker: Worker, retention: Retention, stopping: threading.Event, needs_partitions: bool
    ) -> None:
        self._worker, self._retention, self._stopping = worker, retention, stopping
        self._needs_partitions = needs_partitions
        self.is_ready = False

    def run(self) -> None:
        """Runs until `stopping` is set. Raises ReplicaReplaced."""
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                self._turn()
                pause = 0.0
            except ReplicaReplaced:  # would wait for ever, also when the other process has ended
                raise
            except UNAVAILABLE as error:
                self.is_ready = False
                pause = min(pause * 2 or 0.1, LONGEST_PAUSE)
                reason = (str(error) or repr(error)).splitlines()[0]
                self._print(f"{self._worker.replica} waits: {reason}")

    def _turn(self) -> None:
        # A verb that is blocked does not block the others: without Kafka, orders are still accepted.
        worker, errors = self._worker, list[Exception]()
        verbs = lambda: worker.poll(POLL_TIMEOUT), worker.handle, self._report_changes, worker.publish
        for verb in (*verbs, lambda: self._commit(errors), self._retention.prune):
            try:
                verb()
            except UNAVAILABLE as error:
                errors.append(error)
        if errors:
            raise errors[0]
        self.is_ready = bool(worker.log.assignment()) or not self._needs_partitions

    def _report_changes(self) -> None:
        for delivery in (delivery for delivery in self._worker.batch if delivery.is_changed):
            problem = f"a record of order {delivery.id} on {delivery.source} came again with other content: dropped"
            self._print(f"{self._worker.replica}: {problem}")

    def _print(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the disk with the log is full, and the store waits for space
            print(f"{utc_text(utc_now())} {text}", flush=True)

    def _commit(self, errors: Sequence[Exception]) -> None:
        # Requests wait meanwhile: a Kafka that has not answered in this turn is not waited for twice.
        self._worker.commit(is_reachable=not any(isinstance(error, LogUnavailable) for error in errors))
