"""Alignment: which hop of one run belongs to which hop of another, and in which of these pairs they differ."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from checkout.lab.comparison.differences import MESSAGE, FieldDifference, field_differences
from checkout.lab.history.moment import Moment


class Row(NamedTuple):
    """Two hops that belong together, as indexes from 0; None where one of the runs has none here."""

    first: int | None
    second: int | None


class Alignment:
    """The hops of two runs in rows, in the order of both.

    Hops belong together when order, message, sender, receiver and group are equal: the first of them in one run with
    the first in the other, and so on. Of crossing pairs the fewest are split (see `partners`). Hops without a
    partner are side by side if they are at the same place.
    """

    def __init__(self, first: Sequence[Moment], second: Sequence[Moment]) -> None:
        self.first, self.second = first, second
        keys, at = _keys(first), {key: index for index, key in enumerate(_keys(second))}
        self.partners = {index: at[key] for index, key in enumerate(keys) if key in at}
        self._partners_of_second = {second: first for first, second in self.partners.items()}
        self.rows = list(self._rows())

    def _rows(self) -> Iterator[Row]:
        start, ends = (0, 0), (len(self.first), len(self.second))
        for first, second in [*_longest_rise(self.partners), ends]:
            yield from self._between(range(start[0], first), range(start[1], second))
            if (first, second) != ends:
                yield Row(first, second)
            start = first + 1, second + 1

    def _between(self, firsts: Sequence[int], seconds: Sequence[int]) -> Iterator[Row]:
        left = list(seconds)
        for first in firsts:
            if left and first not in self.partners and left[0] not in self._partners_of_second:
                yield Row(first, left.pop(0))
            else:
                yield Row(first, None)
        yield from (Row(None, second) for second in left)

    def shape(self) -> list[tuple[str, int]]:
        """The rows in short, as runs of equal rows: "both", "first" or "second", and how many."""
        kinds = ("second" if row.first is None else "first" if row.second is None else "both" for row in self.rows)
        return [(kind, len(list(group))) for kind, group in groupby(kinds)]

    @cached_property
    def different(self) -> list[int]:
        """The indexes of the rows whose hops differ, or where one of the runs has none."""
        return [at for at, row in enumerate(self.rows) if None in row or self.difference(row)]

    def moments(self, row: Row) -> tuple[Moment | None, Moment | None]:
        """The moments of a row."""
        first = None if row.first is None else self.first[row.first]
        return first, None if row.second is None else self.second[row.second]

    def difference(self, row: Row) -> FieldDifference | None:
        """The first field in which the two hops of a row differ."""
        if row.first is None or row.second is None:
            return None
        return next(field_differences(self.first[row.first], self.second[row.second]), None)

    def partner(self, row: Row) -> int | None:
        """Where the other run has the hop of a row that only one of them has; None if it is missing there."""
        if row.first is not None:
            return self.partners.get(row.first)
        return None if row.second is None else self._partners_of_second.get(row.second)


def _keys(moments: Sequence[Moment]) -> Iterator[Hashable]:
    counts = Counter[Hashable]()
    for moment in moments:
        key = (moment.order, *(getattr(moment.hop, name) for name in MESSAGE))
        counts[key] += 1
        yield key, counts[key]


def _longest_rise(partners: dict[int, int]) -> list[tuple[int, int]]:
    """The most pairs that do not cross: the longest increasing subsequence, as in patience diff."""
    ends, last, before = list[int](), list[int](), dict[int, int | None]()
    for first, second in partners.items():
        at = bisect_left(ends, second)
        before[first] = last[at - 1] if at else None
        ends[at : at + 1], last[at : at + 1] = [second], [first]
    rise, at_first = list[tuple[int, int]](), last[-1] if last else None
    while at_first is not None:
        rise.append((at_first, partners[at_first]))
        at_first = before[at_first]
    return rise[::-1]
