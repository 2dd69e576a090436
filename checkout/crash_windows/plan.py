"""Plan: which windows are tried together - in each round one of each service, in a store of one or two replicas."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from checkout.crash_windows.windows import SERVICES, WINDOWS, Needs, Window

TIMES = (2, 3, 1)  # the batch in which a window is tried, in turn
REPLICAS = (1, 2)
FIRST_ONLY = ("W0", "T1", "T2")  # happen once after a start, or every five seconds


@dataclass(frozen=True)
class PlannedCrash:
    """A replica that kills itself in a window, when it is there the n-th `time`."""

    window: Window
    replica: str
    time: int

    @property
    def setting(self) -> str:
        """The value of CHECKOUT_CRASH_AT."""
        return f"{self.window.name}:{self.time}"


def covering() -> dict[int, list[Window]]:
    """Each window once, by number of replicas, which alternates."""
    by_service = [[window for window in WINDOWS.values() if window.service == service] for service in SERVICES]
    ordered = [window for windows in by_service for window in windows]
    return {replicas: ordered[number :: len(REPLICAS)] for number, replicas in enumerate(REPLICAS)}


def rounds(windows: Iterable[Window], replicas: int) -> list[list[PlannedCrash]]:
    """Rounds of crashes in a store of so many replicas; windows with the same needs are in neighbouring rounds."""
    wanted = sorted(windows, key=lambda window: list(Needs).index(window.needs))
    queues = [[window for window in wanted if window.service == service] for service in SERVICES]
    planned = [[window for window in found if window] for found in zip_longest(*queues)]
    return [
        [_crash(window, number + place, replicas) for place, window in enumerate(found)]
        for number, found in enumerate(planned)
    ]  # fmt: skip


def _crash(window: Window, number: int, replicas: int) -> PlannedCrash:
    is_first = replicas == 1 or window.name.startswith("G")  # only the first replica takes orders over HTTP
    time = 1 if window.name in FIRST_ONLY else TIMES[number % len(TIMES)]
    return PlannedCrash(window, f"{window.service}-{1 if is_first else 1 + number % replicas}", time)


def find_windows(names: Sequence[str]) -> list[Window]:
    """The windows of these ids, or names such as "W3" of all services. Raises ValueError for one that is not there."""
    found: list[Window] = []
    for name in names:
        matching = [window for window in WINDOWS.values() if name in (window.id, window.name)]
        if not matching:
            raise ValueError(f"there is no window {name!r}: --list prints all, and W3 is W3 of every service")
        found += matching
    return list(dict.fromkeys(found))
