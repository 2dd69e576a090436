"""Shared values: JSON in which each value stands once, however often it occurs."""

from typing import Any

LIST = 0  # in place of a shape


class SharedValues:
    """Values by number: text, numbers, and lists and objects of the numbers of other values.

    `shapes`: lists of names; an object is the number of its shape and the numbers of its values, a list begins with 0.
    """

    def __init__(self) -> None:
        self.shapes: list[tuple[str, ...]] = [()]
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}
        self._shape_numbers: dict[tuple[str, ...], int] = {}

    def add(self, value: Any) -> int:
        """The number of a value, which is added if it is new."""
        if isinstance(value, dict):
            return self._put((self._shape(tuple(value)), *map(self.add, value.values())), is_compound=True)
        if isinstance(value, list | tuple):
            return self._put((LIST, *map(self.add, value)), is_compound=True)
        return self._put(value, is_compound=False)

    def _put(self, value: Any, is_compound: bool) -> int:
        key = (is_compound, type(value), value)  # True, 1 and 1.0 are equal
        number = self._numbers.setdefault(key, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number

    def _shape(self, names: tuple[str, ...]) -> int:
        number = self._shape_numbers.setdefault(names, len(self.shapes))
        if number == len(self.shapes):
            self.shapes.append(names)
        return number
