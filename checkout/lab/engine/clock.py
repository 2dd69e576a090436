"""Clock: the time and the order ids of a lab, the same in every run unless the clock is real."""

import time
import uuid
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, 10, tzinfo=UTC)
TICK = timedelta(milliseconds=1)  # by which a fixed clock advances each time it is read
ORDERS = uuid.UUID("c4c4c4c4-0000-5000-8000-000000000000")


class Clock:
    """A fixed clock that advances by TICK per reading, or the real time; both can be moved forward."""

    def __init__(self, real: bool = False) -> None:
        self._real, self._shift, self._fixed = real, timedelta(), START

    def now(self) -> datetime:
        """The time in UTC."""
        if not self._real:
            self._fixed += TICK
        return self._time()

    def seconds(self) -> float:
        """Seconds on a monotonic clock."""
        return time.monotonic() + self._shift.total_seconds() if self._real else (self._time() - START).total_seconds()

    def forward(self, seconds: float) -> None:
        """Moves the clock forward; a negative number is taken as 0."""
        self._shift += timedelta(seconds=max(0.0, seconds))

    def _time(self) -> datetime:
        return (datetime.now(UTC) if self._real else self._fixed) + self._shift


def is_fixed(time: datetime) -> bool:
    """Whether the first time of a journal is probably that of a fixed clock; a lab knows its own clock.

    A fixed clock begins at START, on a day which is past for all others. A wait of more than 14 hours before the first
    hop makes it look real.
    """
    return time.date() == START.date()


def order_id(number: int) -> str:
    """The id of the n-th order of a lab, counted from 1: the same in every run."""
    return str(uuid.uuid5(ORDERS, str(number)))
