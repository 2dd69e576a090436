"""Plots: the same bytes every time, and a text alternative for everything shown."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from checkout.lab.errors import LabError
from checkout.lab.views import plots
from checkout.lab.views.chart import ticks
from checkout.lab.views.plots import Picture

MARKUP = '<img src=x onerror="alert(1)">'
LAGS = [(3, {"stock": 1}), (4, {"stock": 0}), (5, {"stock": 0, "orders": 1}), (6, {"stock": 0, "orders": 0})]
RECORDS = [("order-1", 2)] * 7 + [("order-2", 0)]
MAKERS: dict[str, Callable[[], Picture]] = {
    "lag": lambda: plots.lag(LAGS),
    "latencies": lambda: plots.latencies({"3 orders to kafka": 2.46, "4 kafka to stock": -0.5}),
    "timeline": lambda: plots.timeline({"shipments": (3.5, 20.0), "stock": (0.0, 0.0)}),
    "partitions": lambda: plots.partitions(RECORDS, 3),
    "matrix": lambda: plots.matrix(["payments"], ["after handle", "after publish"], [["lost", "twice"]]),
}
WORDS = {
    "lag": "Lag per group, hop by hop\n  stock: 1 from hop 3, 0 from hop 4\n"
    "  orders: 0 from hop 3, 1 from hop 5, 0 from hop 6",
    "latencies": "Latency per arrow, in milliseconds\n  3 orders to kafka: 2.5 ms\n  4 kafka to stock: -",
    "timeline": "When each service worked\n  stock: 0.0 to 0.0 ms\n  shipments: 3.5 to 20.0 ms",
    "partitions": "Records of each key per partition\n  partition 0: order-2 (1 record)\n"
    "  partition 1: nothing\n  partition 2: order-1 (7 records)",
    "matrix": "What becomes of a message when a service dies\n  payments: lost (after handle), twice (after publish)",
}
PRINT_DIGESTS = """
import hashlib, test_plots
print({name: hashlib.sha256(make().svg).hexdigest() for name, make in test_plots.MAKERS.items()})
"""


def texts(picture: Picture) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(picture.svg).iter() if found.tag.endswith("text")]


@pytest.mark.parametrize("name", MAKERS)
def test_a_picture_has_a_text_alternative(name: str) -> None:
    picture = MAKERS[name]()

    assert repr(picture) == WORDS[name]
    assert picture.alt.replace("\n", " ") == picture.alt
    assert [fact for fact in WORDS[name].split("\n  ")[1:] if fact not in picture.alt] == []


@pytest.mark.slow
def test_another_process_draws_the_same_bytes() -> None:
    paths = os.pathsep.join([os.path.dirname(__file__), *filter(None, sys.path)])
    variables = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": paths}

    command = [sys.executable, "-c", PRINT_DIGESTS]
    other = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)

    digests = {name: hashlib.sha256(make().svg).hexdigest() for name, make in MAKERS.items()}
    assert other.stdout.strip() == str(digests)


def test_names_are_at_their_lines_so_that_no_colour_is_needed() -> None:
    picture = plots.lag(LAGS)

    assert {"stock", "orders", "hop"} <= set(texts(picture))


def test_lines_have_markers_and_dashes_of_their_own() -> None:
    svg = plots.lag(LAGS).svg.decode()

    assert 'stroke-dasharray="7 3"' in svg
    assert plots.BLUE in svg and plots.RED in svg


def test_the_words_of_a_matrix_are_in_its_cells() -> None:
    picture = MAKERS["matrix"]()

    assert {"lost", "twice", "after handle", "payments"} <= set(texts(picture))
    assert plots.RED in picture.svg.decode()


def test_a_cell_of_a_matrix_without_a_word_is_left_out() -> None:
    picture = plots.matrix(["stock T"], ["0", "1"], [["", "good"]], cell_width=0.6)

    assert "stock T: good (1)" in repr(picture)
    assert "(0)" not in repr(picture)


@pytest.mark.parametrize("label", [MARKUP, "$a$", "\\frac{1}"])
def test_a_label_is_always_text(label: str) -> None:
    picture = plots.latencies({label: 1.0})

    assert label in texts(picture)
    assert f"{label}: 1.0 ms" in repr(picture)
    assert "<img src=x" not in picture._repr_html_()


def test_html_is_one_image_with_alt_text() -> None:
    picture = plots.partitions([('"order"', 0)], 1)

    shown = picture._repr_html_()

    alt = "Records of each key per partition. partition 0: &quot;order&quot; (1 record)."
    assert shown.startswith(f'<img class="plot" alt="{alt}"')
    assert 'src="data:image/svg+xml;base64,' in shown


@pytest.mark.parametrize(
    "draw", [lambda: plots.lag([]), lambda: plots.latencies({}), lambda: plots.partitions([], 3),
             lambda: plots.matrix([], [], [])],
)  # fmt: skip
def test_without_data_the_error_says_that_there_is_nothing_to_draw(draw: Callable[[], Picture]) -> None:
    with pytest.raises(LabError, match="to draw yet: let something happen first"):
        draw()


@pytest.mark.parametrize(
    ("picture", "alt"),
    [
        (lambda: plots.lag([(hop, {f"group-{n}": hop % 3 for n in range(9)}) for hop in range(1, 40)]),
         "Lag per group, hop by hop. Highest lag in 39 hops: group-0 2, group-1 2, group-2 2, group-3 2, group-4 2, "
         "group-5 2, group-6 2, group-7 2, group-8 2."),
        (lambda: plots.latencies({f"{n} orders to kafka": float(n) for n in range(1, 20)}),
         "Latency per arrow, in milliseconds. 19 arrows. Shortest: 1 orders to kafka: 1.0 ms. Longest: 19 orders to "
         "kafka: 19.0 ms."),
        (lambda: plots.partitions([(f"order-{n}", n % 3) for n in range(30)], 3),
         "Records of each key per partition. 30 records with 30 keys in 3 partitions."),
        (lambda: plots.matrix([f"service-{n}" for n in range(7)], ["after handle"] * 4, [["good"] * 3 + ["lost"]] * 7),
         "What becomes of a message when a service dies. 7 rows, 4 columns: 21 x good, 7 x lost."),
    ],
)  # fmt: skip
def test_a_plot_of_much_data_has_a_short_alternative_text(picture: Callable[[], Picture], alt: str) -> None:
    plot = picture()

    assert plot.alt == alt
    assert max(map(len, repr(plot).split("\n"))) <= 120
    assert all(f"<li>{fact}</li>" in plot._repr_html_() for fact in plot.facts)


@pytest.mark.parametrize(
    ("low", "high", "most", "integers", "expected"),
    [
        (0, 12.25, 6, False, [0, 5, 10]), (0, 0.4, 6, False, [0, 0.1, 0.2, 0.3, 0.4]), (0, 1, 2, True, [0, 1]),
        (3, 54, 9, True, [10, 20, 30, 40, 50]), (7, 7, 9, True, [7]), (0, 22.2, 6, False, [0, 5, 10, 15, 20]),
    ],
)
def test_an_axis_has_round_numbers(low: float, high: float, most: int, integers: bool, expected: list[float]) -> None:
    assert ticks(low, high, most, integers) == expected


@pytest.mark.parametrize("name", MAKERS)
def test_everything_is_drawn_inside_the_picture(name: str) -> None:
    root = ElementTree.fromstring(MAKERS[name]().svg)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))

    for shape in root:
        x, y = (shape.get(one) or shape.get("c" + one) for one in "xy")
        assert x is None or y is None or (0 <= float(x) <= width and 0 <= float(y) <= height)
    assert len(root) > 6
