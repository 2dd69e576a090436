"""Index: the labels of a small frame, and the types that pandas gives to columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

TIME = "datetime64[us, UTC]"
NAN = math.nan


def is_missing(value: Any) -> bool:
    """Whether a value is None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def dtype_of(values: Sequence[Any]) -> str:
    """The name of the type that pandas gives to a column of these values."""
    present = [value for value in values if not is_missing(value)]
    kinds = {type(value) for value in present}
    is_complete = len(present) == len(values)
    if present and all(issubclass(kind, str) for kind in kinds):
        return "str"
    if present and all(issubclass(kind, datetime) for kind in kinds):
        return TIME
    if kinds in ({bool}, {int}) and is_complete:
        return "bool" if kinds == {bool} else "int64"
    return "float64" if kinds and kinds <= {int, float} else "object"


def converted(values: Iterable[Any], dtype: str) -> list[Any]:
    """The values as a column of this type has them: NaN for what is missing, and floats beside it."""
    if dtype == "float64":
        return [NAN if is_missing(value) else float(value) for value in values]
    return [NAN if value is None and dtype in ("str", TIME) else value for value in values]


class Index:
    """The labels of rows or columns; `name` stands above them."""

    def __init__(self, labels: Iterable[Any], name: str | None = None) -> None:
        self.labels, self.name = list(labels), name

    def __iter__(self) -> Iterator[Any]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and self.labels == other.labels

    def __repr__(self) -> str:
        return f"Index({self.labels})"

    def tolist(self) -> list[Any]:
        """The labels."""
        return list(self.labels)

    def taken(self, rows: Iterable[int]) -> Index:
        """The labels of these rows."""
        return Index((self.labels[row] for row in rows), self.name)

    def row(self, label: Any) -> int:
        """The row of a label. Raises KeyError for an unknown one."""
        if label not in self.labels:
            raise KeyError(label)
        return self.labels.index(label)


class Indexer:
    """What stands between brackets after `loc` and `iloc`."""

    def __init__(self, get: Callable[[Any], Any]) -> None:
        self._get = get

    def __getitem__(self, key: Any) -> Any:
        return self._get(key)
