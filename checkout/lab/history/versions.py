"""Versions: a value that changes during a run, and what it was at each hop."""

from bisect import bisect_right
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Versions(Generic[Value]):
    """The values that one thing has had, each with the number of the hop from which on it held.

    It costs memory for each change, not for each hop.
    """

    __slots__ = ("_numbers", "_values")

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._values: list[Value] = []

    def set(self, number: int, value: Value) -> bool:
        """The value from hop `number` on, which is not before that of the last change.

        Returns whether that is a further version: not if the value is equal to the last one or replaces that.
        """
        if not self._values or (self._values[-1] != value and self._numbers[-1] != number):
            self._numbers.append(number)
            self._values.append(value)
            return True
        self._values[-1] = value
        return False

    def at(self, number: int) -> Value | None:
        """The value at hop `number`; None before the first."""
        found = bisect_right(self._numbers, number)
        return self._values[found - 1] if found else None

    @property
    def first(self) -> int:
        """The number of the first version. Raises IndexError if there is none yet."""
        return self._numbers[0]

    @property
    def last(self) -> Value | None:
        """The value now; None if there is none yet."""
        return self._values[-1] if self._values else None
