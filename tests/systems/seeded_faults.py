"""Seeded faults: the deviations from its drawing that a system can be started with."""

from enum import StrEnum


class Fault(StrEnum):
    """A deviation. Where a class does not apply to a system, its docstring names the nearest one."""

    MISSING_CALL = "missing call"
    NEW_CALL = "new call"
    WRONG_ORDER = "wrong order"
    WRONG_TOPIC = "wrong topic"
    EXTRA_CONSUMER = "extra consumer"
