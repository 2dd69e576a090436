"""Row versions: the rows of one table over a run, each version stored once, readable as of any moment."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from operator import attrgetter, itemgetter
from typing import Any

from checkout.lab.history.versions import Versions

Row = dict[str, Any]
FIRST, FIRST_VERSION = itemgetter(0), attrgetter("first")


class RowVersions:
    """Rows by key, in the order of their first version. Rows are added and changed, never deleted.

    `number` is that of the moment from which a version holds; it never decreases from one call of `put` to the next.
    Memory grows with the changes, not with changes times rows.
    """

    def __init__(self) -> None:
        self._index: dict[Hashable, int] = {}
        self._versions: list[Versions[Row]] = []  # by index
        self._changes: list[tuple[int, int]] = []  # number and index, in the order of the changes

    def put(self, number: int, key: Hashable, row: Row) -> None:
        """Adds a row, or a version of it; a version equal to the last one is none."""
        index = self._index.setdefault(key, len(self._versions))
        if index == len(self._versions):
            self._versions.append(Versions())
        if self._versions[index].set(number, row):
            self._changes.append((number, index))

    def latest(self, key: Hashable) -> Row:
        """The last version of a row; an empty one for a new key."""
        return (self._versions[self._index[key]].last if key in self._index else None) or {}

    def count(self, number: int) -> int:
        """How many rows there are as of a moment."""
        return bisect_right(self._versions, number, key=FIRST_VERSION)

    def rows(self, number: int) -> list[Row]:
        """All rows as of a moment: copies, which the caller may change."""
        return [dict(self._row(index, number)) for index in range(self.count(number))]

    def changed(self, number: int) -> dict[int, Row]:
        """The rows that a moment has added or changed, by index."""
        start, end = (find(self._changes, number, key=FIRST) for find in (bisect_left, bisect_right))
        return {index: self._row(index, number) for _, index in self._changes[start:end]}

    def last_changed(self, number: int, limit: int) -> list[tuple[int, Row]]:
        """At most `limit` rows as of a moment with their index: those changed last, the latest change at the end."""
        wanted, found = min(limit, self.count(number)), dict[int, None]()
        place = bisect_right(self._changes, number, key=FIRST)
        while len(found) < wanted:
            place -= 1
            found[self._changes[place][1]] = None
        return [(index, self._row(index, number)) for index in reversed(found)]

    def _row(self, index: int, number: int) -> Row:
        return self._versions[index].at(number) or {}
