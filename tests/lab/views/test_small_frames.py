"""Small frames: they print and select what pandas prints and selects."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkout.lab.views import dataframes, small_frames

SOME = ["", "order-1", "  two  spaces ", "<b>&amp;", "a\nb\tc", "x" * 61, "y" * 59]
TEXT = st.one_of(st.sampled_from(SOME), st.text("ab ü", max_size=70))
OTHERS = st.sampled_from([Decimal("5.00"), b"{}", 1.5])
CELLS = {
    "texts": TEXT,
    "texts or none": st.one_of(TEXT, st.none()),
    "integers": st.integers(-(10**6), 10**9),
    "integers or none": st.one_of(st.integers(-99, 99), st.none()),
    "floats": st.sampled_from([0.5, 2.0, -1.25, 123.456]),
    "booleans": st.booleans(),
    "anything": st.one_of(TEXT, st.integers(-9, 9), st.none(), st.booleans(), OTHERS),
    "times": st.one_of(st.just(datetime(2026, 1, 1, 10, 0, 0, 1000, UTC)), st.none()),
}
NAMES = ["order", "status", "of 4", "on_hand", "a", "payload", "end", "n"]

STOCK = [
    ("order-1", "stock", "new", 0, 3, "5.00"), ("order-2", "orders", "failed", 1, 0, "8.50"),
    ("order-1", "orders", "new", 1, 2, "5.00"), ("order-3", "stock", "failed", 0, 1, ""),
]  # fmt: skip
COLUMNS = ["key", "group", "topic", "partition", "lag", "price"]
WANTED = "order-1"
SELECTIONS: dict[str, Callable[[Any], Any]] = {
    "a column": lambda t: t["key"],
    "columns": lambda t: t[["key", "lag"]],
    "the first rows": lambda t: t.head(2),
    "the last rows": lambda t: t.tail(3),
    "rows of a query": lambda t: t.query("group == 'stock' and lag > 0"),
    "a query with a variable": lambda t: t.query("key == @WANTED"),
    "no row": lambda t: t.query("lag > 9"),
    "a mask": lambda t: t[(t["lag"] > 0) & ~(t["group"] == "stock") | (t["topic"] != "new")],
    "the end of texts": lambda t: t[t["topic"].str.endswith("ed")].reset_index(drop=True),
    "parts of texts": lambda t: t["key"].str.split("-").str[1],
    "other labels": lambda t: t.set_index("key")[["lag", "price"]],
    "labels as a column": lambda t: t.set_index("key").reset_index(),
    "a cell": lambda t: t.set_index("price").loc["8.50", "lag"] + 0,
    "cells of a row": lambda t: t.loc[1, ["lag", "price"]],
    "a row": lambda t: t.iloc[-1],
    "rows by position": lambda t: t.iloc[1:3],
    "numbers of a row": lambda t: t[["lag", "partition"]].iloc[0],
    "a value by position": lambda t: t["key"].iloc[-1],
    "sorted": lambda t: t.sort_values(["group", "lag"]),
    "sorted by one": lambda t: t.sort_values("price")["price"],
    "a new column": lambda t: t.assign(is_new=t["topic"] == "new"),
    "other names": lambda t: t.rename(columns={"partition": "of 4"}),
    "counts": lambda t: t["group"].value_counts(),
    "counts in order": lambda t: t["key"].value_counts().sort_index().to_dict(),
    "joined groups": lambda t: t.groupby("partition")["key"].agg(", ".join),
    "the largest group": lambda t: int(t.groupby(["topic", "key"]).size().max()),
    "sums": lambda t: [int(each) for each in (t["lag"].sum(), t["lag"].max(), t["lag"].min())],
    "tuples": lambda t: [*t[["key", "lag"]].itertuples(index=False, name=None)],
    "named tuples": lambda t: [(row.Index, row.key, row.lag) for row in t.itertuples()],
    "is among": lambda t: t["key"].isin(["order-1", "order-3"]).tolist(),
    "as text": lambda t: t["seen" if "seen" in t else "price"].to_string(),
    "equal": lambda t: [t.equals(t.head(9)), t.equals(t.head(1)), t["key"].equals(t["group"])],
    "empty": lambda t: [t.empty, t.head(0).empty, len(t)],
    "ends of a column": lambda t: [t["lag"].head(2).tolist(), t["lag"].tail(2).tolist(), t["lag"].head(0).empty],
    "a sorted column": lambda t: t["lag"].sort_values(),
    "different values": lambda t: list(t["key"].unique()),
    "a value by label": lambda t: t.set_index("price")["key"].loc["8.50"],
    "rows of a mask": lambda t: t.loc[t["lag"] >= 2],
    "values of a mask": lambda t: t["key"][t["lag"] <= 2].iloc[0:2],
    "lower than": lambda t: (t["lag"] < 2).tolist(),
    "an attribute": lambda t: t.iloc[0].key + t.price.iloc[0],
}


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
@given(tables(), st.data())
def test_a_frame_with_labels_prints_as_with_pandas(table: tuple[list[str], list[list[Any]]], data: Any) -> None:
    names, rows = table
    kind = data.draw(st.sampled_from([TEXT, st.integers(0, 10**6)]))
    labelled = [[data.draw(kind), *row] for row in rows]
    theirs, ours = (frame.set_index("label") for frame in both(["label", *names], labelled))

    assert outputs(ours)[:2] == outputs(theirs)[:2]
    assert [repr(ours[name]) for name in names] == [repr(theirs[name]) for name in names]


@pytest.mark.parametrize("name", SELECTIONS)
def test_a_selection_is_that_of_pandas(name: str) -> None:
    theirs, ours = map(SELECTIONS[name], both(COLUMNS, list(map(list, STOCK))))

    assert repr(ours) == repr(theirs).replace("np.int64(3)", "3").replace("np.int64(0)", "0")


def test_a_long_frame_shows_its_first_and_last_rows_as_with_pandas() -> None:
    theirs, ours = both(["step", "payload"], [[number, "x" * (number % 90)] for number in range(101)])

    assert outputs(ours)[:2] == outputs(theirs)[:2]
    assert repr(ours["step"]) == repr(theirs["step"]) and repr(ours["payload"]) == repr(theirs["payload"])


def test_columns_in_a_dictionary_make_a_frame_as_with_pandas() -> None:
    theirs, ours = both([], [])

    made = [type(each)({"both": ["good", "lost"], "none": [1, 2]}) for each in (theirs, ours)]

    assert repr(made[1]) == repr(made[0])


def test_a_column_is_set_by_its_labels() -> None:
    frame = small_frames.DataFrame([["a", 1], ["b", 2]], columns=["key", "n"]).set_index("key")

    frame["twice"] = frame.iloc[::-1]["n"]

    assert frame["twice"].tolist() == [1, 2]


@pytest.mark.parametrize("missing", [lambda t: t.merge(t), lambda t: t["key"].rolling(2), lambda t: t["key"].str.cat()])
def test_what_only_pandas_has_is_named(missing: Callable[[Any], Any]) -> None:
    frame = small_frames.DataFrame(STOCK, columns=COLUMNS)

    with pytest.raises(AttributeError, match=r"(merge|rolling|cat) needs pandas, which is missing in this browser"):
        missing(frame)
