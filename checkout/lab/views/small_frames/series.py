"""Small series: a column of a small frame, or one of its rows, with a label for each value."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from checkout.lab.views.small_frames import text
from checkout.lab.views.small_frames.index import Index, Indexer, converted, dtype_of, is_missing

Compare = Callable[[Any, Any], Any]


class Series:
    """Values with an index. `dtype`: by default the one that fits the values."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: Iterable[Any], index: Index | None = None, name: Any = None, dtype: str = "") -> None:
        values = list(values)
        self.dtype = dtype or dtype_of(values)
        self.values = converted(values, self.dtype)
        self.index, self.name = index or Index(range(len(values))), name

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.index.labels:
            return self[name]
        raise AttributeError(f"Series.{name} needs pandas, which is missing in this browser")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Series):
            return self.taken([row for row, is_chosen in enumerate(key) if is_chosen])
        if isinstance(key, list):
            return self.taken([self.index.row(label) for label in key])
        return self.values[self.index.row(key)]

    def __repr__(self) -> str:
        return text.series_text(self, text.MAX_ROWS, has_footer=True)

    def to_string(self) -> str:
        """The labels and values as text, all of them."""
        return text.series_text(self, len(self), has_footer=False)

    def taken(self, rows: Sequence[int]) -> Series:
        """The values of these rows."""
        return Series((self.values[row] for row in rows), self.index.taken(rows), self.name, self.dtype)

    def _with(self, values: Iterable[Any], dtype: str = "") -> Series:
        return Series(values, self.index, self.name, dtype)

    def _compared(self, other: Any, compare: Compare) -> Series:
        others = other.values if isinstance(other, Series) else [other] * len(self)
        return self._with([bool(compare(*pair)) for pair in zip(self.values, others, strict=True)], "bool")

    def __eq__(self, other: Any) -> Series:  # type: ignore[override]
        return self._compared(other, operator.eq)

    def __ne__(self, other: Any) -> Series:  # type: ignore[override]
        return self._compared(other, operator.ne)

    def __lt__(self, other: Any) -> Series:
        return self._compared(other, operator.lt)

    def __le__(self, other: Any) -> Series:
        return self._compared(other, operator.le)

    def __gt__(self, other: Any) -> Series:
        return self._compared(other, operator.gt)

    def __ge__(self, other: Any) -> Series:
        return self._compared(other, operator.ge)

    def __and__(self, other: Any) -> Series:
        return self._compared(other, operator.and_)

    def __or__(self, other: Any) -> Series:
        return self._compared(other, operator.or_)

    def __invert__(self) -> Series:
        return self._with([not value for value in self.values], "bool")

    def equals(self, other: Any) -> bool:
        """Whether another series has the same values with the same labels."""
        same = isinstance(other, Series) and (self.index, self.dtype) == (other.index, other.dtype)
        return same and all(a == b or (is_missing(a) and is_missing(b)) for a, b in zip(self, other, strict=True))

    @property
    def iloc(self) -> Indexer:
        """Values by position."""
        return Indexer(lambda key: self.taken(range(len(self))[key]) if isinstance(key, slice) else self.values[key])

    @property
    def loc(self) -> Indexer:
        """Values by label."""
        return Indexer(self.__getitem__)

    @property
    def empty(self) -> bool:
        """Whether there is no value."""
        return not self.values

    def head(self, count: int = 5) -> Series:
        """The first values."""
        return self.taken(range(len(self))[:count])

    def tail(self, count: int = 5) -> Series:
        """The last values."""
        return self.taken(range(len(self))[max(len(self) - count, 0) :])

    def tolist(self) -> list[Any]:
        """The values."""
        return list(self.values)

    def to_dict(self) -> dict[Any, Any]:
        """The values by label."""
        return dict(zip(self.index, self.values, strict=True))

    def sum(self) -> Any:
        """The sum of the numbers."""
        return sum(value for value in self.values if not is_missing(value))

    def max(self) -> Any:
        """The largest value."""
        return max(self.values)

    def min(self) -> Any:
        """The smallest value."""
        return min(self.values)

    def unique(self) -> list[Any]:
        """The different values, in the order in which they come first."""
        return list(dict.fromkeys(self.values))

    def isin(self, values: Iterable[Any]) -> Series:
        """Whether each value is one of these."""
        known = list(values)
        return self._with([value in known for value in self.values], "bool")

    def value_counts(self) -> Series:
        """How often each value occurs, the most frequent first."""
        counts = Counter(value for value in self.values if not is_missing(value)).most_common()
        return Series((count for _, count in counts), Index((value for value, _ in counts), self.name), "count")

    def sort_index(self) -> Series:
        """The values in the order of their labels."""
        return self.taken(sorted(range(len(self)), key=self.index.labels.__getitem__))

    def sort_values(self) -> Series:
        """The values in ascending order."""
        return self.taken(sorted(range(len(self)), key=self.values.__getitem__))

    @property
    def str(self) -> Texts:
        """Operations on texts."""
        return Texts(self)


class Texts:
    """Operations on each text of a series; what is missing stays so."""

    def __init__(self, series: Series) -> None:
        self._series = series

    def _each(self, change: Callable[[Any], Any]) -> Series:
        found = [value if is_missing(value) else change(value) for value in self._series]
        is_text = self._series.dtype == "str"
        return Series(found, self._series.index, self._series.name, "" if is_text else "object")

    def __getitem__(self, key: Any) -> Series:
        return self._each(operator.itemgetter(key))

    def __getattr__(self, name: str) -> Callable[..., Series]:
        if not hasattr(str, name):
            raise AttributeError(f"Series.str.{name} needs pandas, which is missing in this browser")
        return lambda *arguments: self._each(operator.methodcaller(name, *arguments))
