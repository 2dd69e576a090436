"""Watched intake: the crash points of the orders that arrive over HTTP."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial

from checkout.framework.intake import Intake, PendingRequest
from checkout.journal.hop import Outcome
from checkout.messages import PlaceOrder
from checkout.processes.crash_points.crash_point import CrashPoint


class HeldRequest(PendingRequest):
    """A request whose answer is held back."""

    def __init__(self, request: PendingRequest, held: list[Callable[[], None]]) -> None:
        super().__init__(**{field.name: getattr(request, field.name) for field in fields(request)})
        self._held = held

    def settle(self, outcome: Outcome) -> None:
        """Answers the request; that of a new order when the order is published."""
        answer = partial(super().settle, outcome)
        if outcome is Outcome.APPLIED and isinstance(self.message, PlaceOrder):
            self._held.append(answer)
        else:
            answer()


class WatchedIntake(Intake):
    """An intake with the point G1: requests are accepted, and not stored.

    For G3, published and not answered, it holds the answers back until the orders are published: else the thread of the
    HTTP server sends them at the same time.
    """

    def __init__(self, point: CrashPoint) -> None:
        super().__init__()
        self._point, self._held = point, list[Callable[[], None]]()

    def take(self, limit: int) -> list[PendingRequest]:
        """Up to `limit` requests."""
        requests = super().take(limit)
        if requests:
            self._point.reach("G1")
        return [HeldRequest(request, self._held) for request in requests] if self._point.window == "G3" else requests

    def release(self) -> None:
        """Sends the answers that were held back."""
        while self._held:
            self._held.pop(0)()
