"""Shifted clock: registries of the store with which a process has a clock that is an hour ahead or behind.

`CHECKOUT_REGISTRY=checkout.faults.shifted_clock:AHEAD`. The clock is changed in the process that imports one of them.
"""

import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from checkout.journal import hop
from checkout.registry import STORE, Registry

SHIFTS = {"AHEAD": timedelta(hours=1), "BEHIND": timedelta(hours=-1)}


def __getattr__(name: str) -> Registry:
    """The registry of the store; shifts the clock of this process as the name says."""
    if name not in SHIFTS:
        raise AttributeError(name)
    _shift(SHIFTS[name])
    return STORE


def _shift(by: timedelta) -> None:
    # Monotonic clocks are not affected, as when the clock of a machine is set.
    seconds, nanoseconds = time.time, time.time_ns
    clock: Any = time
    clock.time = lambda: seconds() + by.total_seconds()
    clock.time_ns = lambda: nanoseconds() + int(by.total_seconds()) * 1_000_000_000
    shifted = SimpleNamespace(now=lambda zone: datetime.now(zone) + by, fromtimestamp=datetime.fromtimestamp)
    module: Any = hop
    module.datetime = shifted
