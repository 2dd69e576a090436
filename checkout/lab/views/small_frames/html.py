"""HTML of small frames: what a cell shows for the same values with pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from checkout.lab.views.small_frames import text

if TYPE_CHECKING:
    from checkout.lab.views.small_frames.frame import DataFrame

STYLE = """<style scoped>
    .dataframe tbody tr th:only-of-type {
        vertical-align: middle;
    }

    .dataframe tbody tr th {
        vertical-align: top;
    }

    .dataframe thead th {
        text-align: right;
    }
</style>"""
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def frame_html(frame: DataFrame) -> str:
    """A table; of long frames the first and the last rows."""
    rows, dots = text.shown_rows(len(frame))
    shown = frame.taken(rows)
    columns = [text.labels(shown.index), *map(text.column_cells, shown.series)]
    body = [_row(cells, 1) for cells in zip(*columns, strict=True)]
    if dots:
        body.insert(dots, _row(["..."] * len(columns), 1))
    names = [str(name) for name in frame.columns]
    head = [_row(["", *names], len(columns), ' style="text-align: right;"')]
    if frame.index.name is not None:
        head.append(_row([str(frame.index.name), *[""] * len(names)], len(columns)))
    lines = ["<div>", STYLE, '<table border="1" class="dataframe">']
    lines += ["  <thead>", *head, "  </thead>", "  <tbody>", *body, "  </tbody>", "</table>"]
    size = [f"<p>{len(frame)} rows × {len(names)} columns</p>"] if dots else []
    return "\n".join([*lines, *size, "</div>"])


def _row(cells: Sequence[str] | Iterable[str], headings: int, style: str = "") -> str:
    """A row whose first cells are headings."""
    lines = [f"    <tr{style}>"]
    for number, cell in enumerate(cells):
        kind = "th" if number < headings else "td"
        lines.append(f"      <{kind}>{cell.translate(ESCAPES).strip().replace('  ', '&nbsp;&nbsp;')}</{kind}>")
    return "\n".join([*lines, "    </tr>"])
