"""Deadline: waiting for a condition with a time limit."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def wait_until(condition: Callable[[], Result], seconds: float, pause: float = 0.02) -> Result:
    """Calls `condition` every `pause` seconds until its result is true, and returns that result.

    Raises TimeoutError when `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no result within {seconds:g} s")
        time.sleep(pause)
    return result
