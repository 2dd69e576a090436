"""Errors: the base of every error that names its remedy, and those that several packages use."""

from typing import ClassVar


class CheckoutError(Exception):
    """An expected error. Its message names the cause and the remedy, so commands print it without a traceback.

    `exit_code`: 1 the request failed, 2 wrong usage, 3 a precondition is missing (no broker, no journal, no Java).
    """

    exit_code: ClassVar[int] = 1

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in a cell instead of a traceback: one line with the message."""
        return [f"{type(self).__name__}: {self}"]


class KafkaUnavailable(CheckoutError):
    """The local Kafka cannot be started or used; the message names the cause and the remedy."""

    exit_code = 3


class PackageMissing(CheckoutError):
    """An optional package is not installed; the message names what needs it, and the extra that brings it."""

    exit_code = 3

    def __init__(self, used_by: str, package: str, extra: str) -> None:
        super().__init__(f'{used_by} needs the package {package}: install it with `pip install "checkout[{extra}]"`')
