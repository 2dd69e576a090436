"""Small frame: a table with the selections that the notebooks make."""

from __future__ import annotations

import sys
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from checkout.lab.views.small_frames import html, text
from checkout.lab.views.small_frames.index import Index, Indexer
from checkout.lab.views.small_frames.series import Series

OUTSIDE = "__outside_"  # before the names that a query takes from the cell


class DataFrame:
    """Columns of equal length with one index. `data`: rows, each a sequence or a mapping, or a mapping of columns."""

    def __init__(self, data: Any = (), columns: Iterable[Any] | None = None) -> None:
        if isinstance(data, Mapping):
            values = {name: list(column) for name, column in data.items()}
            self.index = next((each.index for each in data.values() if isinstance(each, Series)), Index(()))
        else:
            rows, names = list(data), None if columns is None else list(columns)
            if rows and isinstance(rows[0], Mapping):
                names = names or list(dict.fromkeys(name for row in rows for name in row))
                rows = [[row.get(name) for name in names] for row in rows]
            names = list(range(len(rows[0]) if rows else 0)) if names is None else names
            values = {name: [row[number] for row in rows] for number, name in enumerate(names)}
            self.index = Index(())
        self.index = self.index if len(self.index) else Index(range(max(map(len, values.values()), default=0)))
        self._columns = {name: Series(column, self.index, name) for name, column in values.items()}

    @classmethod
    def of(cls, columns: Iterable[Series], index: Index) -> DataFrame:
        """A frame of columns, by their names, that get this index."""
        frame = cls()
        frame.index = index
        frame._columns = {each.name: Series(each.values, index, each.name, each.dtype) for each in columns}
        return frame

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._columns:
            return self._columns[name]
        raise AttributeError(f"DataFrame.{name} needs pandas, which is missing in this browser")

    @property
    def columns(self) -> Index:
        """The names of the columns."""
        return Index(self._columns)

    @property
    def empty(self) -> bool:
        """Whether it has no row or no column."""
        return not (len(self.index) and self._columns)

    @property
    def series(self) -> list[Series]:
        """The columns."""
        return list(self._columns.values())

    def __len__(self) -> int:
        return len(self.index)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns)

    def __repr__(self) -> str:
        return text.frame_text(self)

    def _repr_html_(self) -> str:
        return html.frame_html(self)

    def to_string(self, index: bool = True) -> str:
        """All rows as text, with or without their labels."""
        return text.whole_text(self, index)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Series):
            return self.taken([row for row, is_chosen in enumerate(key) if is_chosen])
        if isinstance(key, list):
            return DataFrame.of([self[name] for name in key], self.index)
        if key not in self._columns:
            raise KeyError(key)
        return self._columns[key]

    def __setitem__(self, name: Any, values: Any) -> None:
        if isinstance(values, Series):  # by label, as pandas does
            values = Series([values[label] for label in self.index], self.index, name, values.dtype)
        self._columns[name] = values if isinstance(values, Series) else Series(values, self.index, name)

    def taken(self, rows: Sequence[int]) -> DataFrame:
        """These rows."""
        return DataFrame.of([each.taken(rows) for each in self.series], self.index.taken(rows))

    def head(self, count: int = 5) -> DataFrame:
        """The first rows."""
        return self.taken(range(len(self))[:count])

    def tail(self, count: int = 5) -> DataFrame:
        """The last rows."""
        return self.taken(range(len(self))[max(len(self) - count, 0) :])

    def query(self, expression: str) -> DataFrame:
        """The rows for which a Python expression is true: columns are names in it, the cell's variables have an `@`."""
        caller, code = sys._getframe(1), compile(expression.replace("@", OUTSIDE), "<query>", "eval")
        wanted = {name: name.removeprefix(OUTSIDE) for name in code.co_names if name.startswith(OUTSIDE)}
        known = caller.f_globals | caller.f_locals
        outside = {name: known[given] for name, given in wanted.items()}
        rows = [dict(zip(self._columns, row, strict=True)) for row in self._rows()]
        return self.taken([number for number, row in enumerate(rows) if eval(code, {}, row | outside)])

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        return zip(*(each.values for each in self.series), strict=True)

    def itertuples(self, index: bool = True, name: str | None = "Pandas") -> Iterator[Any]:
        """The rows as tuples, by default named and with the label first."""
        rows = ((label, *row) for label, row in zip(self.index, self._rows(), strict=True)) if index else self._rows()
        if name is None:
            return iter(rows)
        kind = namedtuple(name, [*["Index"] * index, *map(str, self._columns)], rename=True)  # type: ignore[misc]
        return (kind(*row) for row in rows)

    @property
    def iloc(self) -> Indexer:
        """Rows by position."""
        return Indexer(self._by_position)

    def _by_position(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self.taken(range(len(self))[key])
        kinds = {each.dtype for each in self.series}
        values = [each.values[key] for each in self.series]
        return Series(values, self.columns, self.index.labels[key], kinds.pop() if len(kinds) == 1 else "object")

    @property
    def loc(self) -> Indexer:
        """Rows by label, and a column or a list of columns of such a row."""
        return Indexer(self._by_label)

    def _by_label(self, key: Any) -> Any:
        if isinstance(key, Series):
            return self[key]
        row, *names = key if isinstance(key, tuple) else (key,)
        found = self._by_position(self.index.row(row))
        return found[names[0]] if names else found

    def set_index(self, name: Any) -> DataFrame:
        """The rows with the values of a column as their labels."""
        return DataFrame.of([each for each in self.series if each.name != name], Index(self[name].values, name))

    def reset_index(self, drop: bool = False) -> DataFrame:
        """The rows with numbers as their labels; the old labels become the first column unless they are dropped."""
        index = Index(range(len(self)))
        labels = [] if drop else [Series(self.index, index, self.index.name or "index")]
        return DataFrame.of([*labels, *self.series], index)

    def sort_values(self, by: Any) -> DataFrame:
        """The rows in the order of one or more columns."""
        columns = [self[name].values for name in (by if isinstance(by, list) else [by])]
        return self.taken(sorted(range(len(self)), key=lambda row: [column[row] for column in columns]))

    def rename(self, columns: Mapping[Any, Any]) -> DataFrame:
        """The same columns with other names."""
        named = [Series(each, self.index, columns.get(each.name, each.name), each.dtype) for each in self.series]
        return DataFrame.of(named, self.index)

    def assign(self, **columns: Any) -> DataFrame:
        """The same columns and further ones."""
        frame = DataFrame.of(self.series, self.index)
        for name, values in columns.items():
            frame[name] = values
        return frame

    def groupby(self, by: Any) -> Groups:
        """The rows in groups that have equal values in one or more columns."""
        return Groups(self, by)

    def equals(self, other: Any) -> bool:
        """Whether another frame has the same columns with the same values and labels."""
        is_alike = isinstance(other, DataFrame) and self.columns == other.columns
        return is_alike and all(one.equals(two) for one, two in zip(self.series, other.series, strict=True))


class Groups:
    """Rows in groups, sorted by the values of their columns."""

    def __init__(self, frame: DataFrame, by: Any) -> None:
        self._frame, self._name = frame, by if isinstance(by, str) else None
        columns = [frame[name].values for name in ([by] if isinstance(by, str) else by)]
        keys = list(zip(*columns, strict=True))
        self._rows = {key: [row for row, of in enumerate(keys) if of == key] for key in sorted(set(keys))}
        self._column: Any = None

    def __getitem__(self, column: Any) -> Groups:
        self._column = column
        return self

    def _each(self, values: Iterable[Any], name: Any) -> Series:
        return Series(values, Index((key[0] if self._name else key for key in self._rows), self._name), name)

    def size(self) -> Series:
        """The number of rows of each group."""
        return self._each(map(len, self._rows.values()), None)

    def agg(self, combine: Callable[[Series], Any]) -> Series:
        """The chosen column of each group, combined."""
        column = self._frame[self._column]
        return self._each((combine(column.taken(rows)) for rows in self._rows.values()), self._column)
