"""Text of small frames: what pandas prints for the same values, with the display options of the lab."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checkout.lab.views.small_frames.index import TIME, Index, dtype_of, is_missing

if TYPE_CHECKING:
    from checkout.lab.views.small_frames.frame import DataFrame
    from checkout.lab.views.small_frames.series import Series

WIDTH, MAX_CELL, MAX_ROWS, MIN_ROWS = 120, 60, 100, 10  # characters of a line and a cell; rows, and of a longer table
NUMERIC = ("int64", "float64", "bool")
ESCAPES = str.maketrans({"\t": r"\t", "\r": r"\r", "\n": r"\n"})
Column = list[str]


def cells(values: Sequence[Any], dtype: str, has_space: bool = True) -> Column:
    """The texts of a column's values; numbers that are not negative and texts begin with a space."""
    space = " " * has_space
    if dtype == "int64":
        return [f"{value:{space}d}" for value in values]
    if dtype == "float64":
        return _floats(values, space)
    if dtype == TIME:
        return _times(values)
    return [_object(value, dtype, space) for value in values]


def _object(value: Any, dtype: str, space: str) -> str:
    if isinstance(value, float) and not is_missing(value):
        return _trimmed([f"{value: .6f}"])[0]
    if is_missing(value):
        return f"{space}{None if value is None else 'NaN'}"
    return space + str(value).translate(ESCAPES)


def _floats(values: Sequence[float], space: str) -> Column:
    numbers = _trimmed([f"{value:{space}.6f}" for value in values if not is_missing(value)])
    remaining = iter(numbers)
    return ["NaN" if is_missing(value) else next(remaining) for value in values]


def _trimmed(numbers: Column) -> Column:
    while numbers and all(each.endswith("0") and not each.endswith(".0") for each in numbers):
        numbers = [each[:-1] for each in numbers]
    return numbers


def _times(values: Sequence[Any]) -> Column:
    micros = [value.microsecond for value in values if isinstance(value, datetime)]
    has_micros, has_millis = any(each % 1000 for each in micros), any(micros)
    spec = "microseconds" if has_micros else "milliseconds" if has_millis else "seconds"
    return ["NaT" if is_missing(value) else value.isoformat(" ", spec) for value in values]


def justified(texts: Column, least: int = 0, is_left: bool = False, is_cut: bool = True) -> Column:
    """The texts in equal width, those that are too long for a cell cut."""
    width = max([least, *map(len, texts)])
    if is_cut:
        width = min(width, MAX_CELL)
        texts = [f"{each[: width - 3]}..." if len(each) > width else each for each in texts]
    return [each.ljust(width) if is_left else each.rjust(width) for each in texts]


def labels(index: Index) -> Column:
    """The labels of rows as text, without the space before all of them."""
    dtype = dtype_of(index.labels)
    texts = cells(index.labels, dtype)
    texts = texts if dtype in ("str", "object") else justified(texts, is_left=True)
    spaces = min((len(each) - len(each.lstrip()) for each in texts), default=0)
    return [each[spaces:] for each in texts]


def shown_rows(count: int) -> tuple[list[int], int]:
    """The rows that are shown of so many, and the number of those before the dots; 0 if all are shown."""
    half = MIN_ROWS // 2
    return (list(range(count)), 0) if count <= MAX_ROWS else ([*range(half), *range(count - half, count)], half)


def column_cells(column: Series, has_space: bool = True, is_cut: bool = True) -> Column:
    """The texts of a column in equal width."""
    return justified(cells(column.values, column.dtype, has_space), is_cut=is_cut)


def frame_text(frame: DataFrame) -> str:
    """What `print` shows of a frame: wide ones in blocks, of long ones the first and the last rows."""
    if frame.empty:
        names = [f"[{', '.join(map(str, index))}]" for index in (frame.columns, frame.index)]
        return f"Empty DataFrame\nColumns: {names[0]}\nIndex: {names[1]}"
    rows, dots = shown_rows(len(frame))
    columns = _columns(frame.taken(rows))
    if not dots:
        return _in_blocks(columns)
    for number, column in enumerate(columns):
        width, text = len(column[dots]), "..." if len(column[dots]) > 3 else ".."
        column.insert(dots + len(column) - len(rows), text.ljust(width) if number == 0 else text.rjust(width))
    return f"{_in_blocks(columns)}\n\n[{len(frame)} rows x {len(frame.columns)} columns]"


def whole_text(frame: DataFrame, has_index: bool) -> str:
    """All rows and the whole text of each cell."""
    if frame.empty:
        return frame_text(frame)
    columns = _columns(frame, has_index, is_cut=False)
    return "\n".join(_lines(columns if has_index else columns[1:]))


def _columns(frame: DataFrame, has_index: bool = True, is_cut: bool = True) -> list[Column]:
    has_name = frame.index.name is not None and has_index
    index = ([str(frame.index.name)] if has_name else []) + labels(frame.index)
    found = [["", *justified(index, is_left=True, is_cut=is_cut)]]
    for column in frame.series:
        heading = [" " * (column.dtype in NUMERIC) + str(column.name), *[""] * has_name]
        texts = column_cells(column, has_index, is_cut)
        width = max(map(len, [*heading, *texts]))
        found.append([*(each.rjust(width) for each in heading), *(each.rjust(width) for each in texts)])
    return found


def _lines(columns: Sequence[Column]) -> list[str]:
    padded = [[each.ljust(max(map(len, column)) + 1) for each in column] for column in columns[:-1]]
    return ["".join(row) for row in zip(*padded, columns[-1], strict=True)]


def _in_blocks(columns: list[Column]) -> str:
    index, *columns = columns
    widths = [max(map(len, column)) for column in columns]
    room, used, starts = WIDTH - max(map(len, index)) - 1, 0, [0]
    for number, width in enumerate(widths):
        used += width + 1
        if number and used + 2 - (number == len(widths) - 1) > room:
            starts.append(number)
            used = width + 1
    blocks = [[index, *columns[start:end]] for start, end in zip(starts, [*starts[1:], len(columns)], strict=True)]
    if len(blocks) > 1:
        for block in blocks[:-1]:
            block.append([" \\", *["  "] * (len(index) - 1)])
        blocks[-1].append([" "] * len(index))
    return "\n\n".join("\n".join(_lines(block)) for block in blocks)


def series_text(series: Series, most: int, has_footer: bool) -> str:
    """Labels and values, below them the name and the type."""
    name = [f"Name: {series.name}"] if has_footer and series.name is not None else []
    kind = [f"dtype: {series.dtype}"] if has_footer else []
    if not len(series):
        return f"Series([], {', '.join([*name, *kind])})"
    rows, dots = shown_rows(len(series)) if len(series) > most else (list(range(len(series))), 0)
    taken = series.taken(rows)
    columns = [labels(taken.index), column_cells(taken)]
    if dots:
        width = len(columns[1][dots - 1])
        columns[0].insert(dots, "")
        columns[1].insert(dots, ("..." if width > 3 else "..").center(width))
    wide = max(map(len, columns[0])) + 3
    lines = [label.ljust(wide) + value for label, value in zip(*columns, strict=True)]
    heading = [str(series.index.name)] if series.index.name is not None else []
    length = [f"Length: {len(series)}"] if dots else []
    return "\n".join([*heading, *lines, *([", ".join([*name, *length, *kind])] if has_footer else [])])
