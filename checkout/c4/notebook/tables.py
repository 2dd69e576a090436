"""Tables: the arrows and the elements of a drawing as pandas tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checkout.c4.source.arrows import Drawing
from checkout.errors import PackageMissing

if TYPE_CHECKING:
    import pandas


def arrow_table(drawing: Drawing) -> "pandas.DataFrame":
    """One row per visible arrow; `step` is empty if an arrow has no number. Raises PackageMissing without pandas."""
    rows = [
        (arrow.index, arrow.source, arrow.target, arrow.label, arrow.technology, arrow.line.number)
        for arrow in drawing.visible_arrows
    ]
    return _table("Diagram.arrows", rows, ["step", "from", "to", "label", "technology", "line"])


def element_table(drawing: Drawing) -> "pandas.DataFrame":
    """One row per element; `inside` is the alias of the boundary around one. Raises PackageMissing without pandas."""
    rows = [
        (each.alias, each.label, each.shape, each.technology, each.inside, each.line.number)
        for each in drawing.elements
    ]
    return _table("Diagram.elements", rows, ["alias", "label", "shape", "technology", "inside", "line"])


def _table(used_by: str, rows: Sequence[Sequence[object]], columns: list[str]) -> "pandas.DataFrame":
    try:
        import pandas  # 0.3 s, which a diagram without tables does not need
    except ModuleNotFoundError as error:
        raise PackageMissing(used_by, "pandas", "notebook") from error
    return pandas.DataFrame(rows, columns=columns)
