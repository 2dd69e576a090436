"""Versions: a value that changes during a run, and what it was at each hop."""

from bisect import bisect_right
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Versions(Generic[Value]):
    """The values that one thing has had, each with the number of the hop from which on it held.

    It costs memory for each change, not for each hop.
    """

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._values: list[Value] = []

    def set(self, number: int, value: Value) -> None:
        """The value from hop `number` on, which is not before that of the last change."""
        if self._numbers and self._numbers[-1] == number:
            self._values[-1] = value
        elif not self._values or self._values[-1] != value:
            self._numbers.append(number)
            self._values.append(value)

    def at(self, number: int) -> Value | None:
        """The value at hop `number`; None before the first."""
        found = bisect_right(self._numbers, number)
        return self._values[found - 1] if found else None

    @property
    def last(self) -> Value | None:
        """The value now; None if there is none yet."""
        return self._values[-1] if self._values else None
