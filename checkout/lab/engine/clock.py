"""Clock: the lab's time and ids: the same in every run, or real on request."""

import time
import uuid
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, 10, tzinfo=UTC)
TICK = timedelta(milliseconds=1)  # from one look at the clock to the next
ORDERS = uuid.UUID("c4c4c4c4-0000-5000-8000-000000000000")


class Clock:
    """Time that stands still between two events and can be moved forward."""

    def __init__(self, real: bool = False) -> None:
        self._real, self._shift, self._fixed = real, timedelta(), START

    def now(self) -> datetime:
        """The time; a clock that is not real moves on a tick."""
        if not self._real:
            self._fixed += TICK
        return self._time()

    def seconds(self) -> float:
        """Seconds on a clock that only runs forward."""
        return time.monotonic() + self._shift.total_seconds() if self._real else (self._time() - START).total_seconds()

    def forward(self, seconds: float) -> None:
        """Lets so many seconds pass at once."""
        self._shift += timedelta(seconds=max(0.0, seconds))

    def _time(self) -> datetime:
        return (datetime.now(UTC) if self._real else self._fixed) + self._shift


def order_id(number: int) -> str:
    """The id of the first order of a lab, the second and so on."""
    return str(uuid.uuid5(ORDERS, str(number)))
