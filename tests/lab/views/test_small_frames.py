"""Small frames: they print and select what pandas prints and selects."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkout.lab.views import dataframes, small_frames

TEXT = st.one_of(st.sampled_from(["", "order-1", "  two  spaces ", "<b>&amp;", "a\nb\tc", "x" * 61, "y" * 59]), st.text("ab ü", max_size=70))
CELLS = {
    "texts": TEXT,
    "texts or none": st.one_of(TEXT, st.none()),
    "integers": st.integers(-(10**6), 10**9),
    "integers or none": st.one_of(st.integers(-99, 99), st.none()),
    "floats": st.sampled_from([0.5, 2.0, -1.25, 123.456]),
    "booleans": st.booleans(),
    "anything": st.one_of(TEXT, st.integers(-9, 9), st.none(), st.booleans(), st.sampled_from([Decimal("5.00"), b"{}", 1.5])),
    "times": st.one_of(st.just(datetime(2026, 1, 1, 10, 0, 0, 1000, UTC)), st.none()),
}
NAMES = ["order", "status", "of 4", "on_hand", "a", "payload", "end", "n"]


@st.composite
def tables(draw: Callable[..., Any]) -> tuple[list[str], list[list[Any]]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True))
    kinds = [CELLS[draw(st.sampled_from(sorted(CELLS)))] for _ in names]
    return names, [[draw(kind) for kind in kinds] for _ in range(draw(st.integers(0, 6)))]


def both(names: list[str], rows: list[list[Any]]) -> tuple[Any, Any]:
    return dataframes.library().DataFrame(rows, columns=names), small_frames.DataFrame(rows, columns=names)


def outputs(frame: Any) -> list[str]:
    return [repr(frame), frame._repr_html_(), frame.to_string(index=False), *(repr(frame[name]) for name in frame)]


@settings(deadline=None, max_examples=300)
@given(tables())
def test_a_frame_and_its_columns_print_as_with_pandas(table: tuple[list[str], list[list[Any]]]) -> None:
    theirs, ours = both(*table)

    assert outputs(ours) == outputs(theirs)


@settings(deadline=None, max_examples=100)
@given(tables())
def test_a_frame_with_labels_prints_as_with_pandas(table: tuple[list[str], list[list[Any]]]) -> None:
    theirs, ours = (frame.set_index(table[0][0]) for frame in both(*table))

    assert [repr(ours), ours._repr_html_()] == [repr(theirs), theirs._repr_html_()]
