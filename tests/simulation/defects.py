"""Defects: changes of the worker that schedules must find."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

from checkout.journal.hop import Outcome
from checkout.worker import worker
from checkout.worker.deliveries import Delivery
from checkout.worker.inbox import add_to_inbox, find_handled


@contextlib.contextmanager
def skipped_inbox() -> Iterator[None]:
    """A repeated message is handled again."""

    def keep_repeats(db: Any, deliveries: Sequence[Delivery]) -> list[Delivery]:
        for delivery in deliveries:
            delivery.outcome = Outcome.APPLIED
        return list(deliveries)

    def add_missing(db: Any, rows: Sequence[Any], *others: Any) -> None:
        known = find_handled(db, (row.order_id for row in rows))
        add_to_inbox(db, [row for row in rows if (row.source, row.order_id) not in known], *others)

    with patch.object(worker, "drop_repeats", keep_repeats), patch.object(worker, "add_to_inbox", add_missing):
        yield
