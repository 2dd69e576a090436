"""Waiting: polls a condition with a time limit, and fails with what it waited for."""

from collections.abc import Callable

from checkout.system import deadline


def wait_until(condition: Callable[[], object], what: str, seconds: float = 30.0, pause: float = 0.005) -> None:
    """Polls every `pause` seconds until the condition is true. Fails after `seconds` seconds, naming `what`."""
    try:
        deadline.wait_until(condition, seconds, pause)
    except TimeoutError as error:
        raise AssertionError(f"not within {seconds:g} s: {what}") from error
