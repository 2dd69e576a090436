"""Crashes: starts replicas that kill themselves in a window, and starts them again when they have."""

from collections.abc import Callable, Sequence

import msgspec

from checkout.crash_windows.plan import PlannedCrash
from checkout.crash_windows.windows import Needs
from checkout.processes.supervisor import Supervisor
from checkout.system.deadline import wait_until

HIT_WITHIN = 120.0  # seconds: many restarts on a busy machine
KILLED = -9  # the exit status
SETTINGS = {Needs.EXPIRIES: {"reservation_seconds": "1"}}  # of the replica that crashes


class Crashes:
    """The crashes of one store."""

    def __init__(self, store: Supervisor) -> None:
        self._store, self._path = store, store.settings.home / "crashes.jsonl"

    def arm(self, planned: Sequence[PlannedCrash]) -> None:
        """Starts each of these replicas with its crash point, in the place of its process."""
        for crash in planned:
            self._store.restart(crash.replica, crash_at=crash.setting, **SETTINGS.get(crash.window.needs, {}))

    def wait(self, planned: Sequence[PlannedCrash], on_crash: Callable[[PlannedCrash], None]) -> list[PlannedCrash]:
        """Waits for the crashes, starts each replica again at once; returns the crashes that have happened.

        Calls `on_crash` with each. A replica that does not crash in time is started again, too.
        """
        waiting, happened = list(planned), list[PlannedCrash]()

        def have_crashed() -> bool:
            ended = dict(self._store.crashed())
            for crash in [crash for crash in waiting if crash.replica in ended]:
                waiting.remove(crash)
                if ended[crash.replica] == KILLED and self._last_window(crash.replica) == crash.window.name:
                    happened.append(crash)
                self._store.restart(crash.replica)
                on_crash(crash)
            return not waiting

        try:
            wait_until(have_crashed, HIT_WITHIN, pause=0.02)
        except TimeoutError:
            for crash in waiting:
                self._store.restart(crash.replica)
        self._store.wait_until_ready([crash.replica for crash in planned])
        return happened

    def _last_window(self, replica: str) -> str | None:
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        crashes = [crash for crash in map(msgspec.json.decode, lines) if crash["replica"] == replica]
        return crashes[-1]["window"] if crashes else None
