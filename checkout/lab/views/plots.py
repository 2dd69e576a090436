"""Plots: the metrics of a run as SVG with text alternatives, the same bytes each time."""

import contextlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from checkout.lab.errors import LabError
from checkout.lab.views.pictures import Picture, latency_text, range_of

# The palette of Okabe and Ito, for every kind of colour vision; lines also differ in marker and dash.
BLUE, ORANGE, GREEN, RED, PINK, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
LINES = [(BLUE, "o", "-"), (RED, "s", "--"), (GREEN, "^", "-."), (PINK, "D", ":"), (ORANGE, "v", "-"), (SKY, "P", "--")]
CELL_COLOURS = {"good": GREEN, "lost": RED, "twice": ORANGE, "broken": RED, "not hit": ORANGE}
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "checkout", "svg.fonttype": "none", "font.size": 9, "text.parse_math": False,
    "font.sans-serif": ["DejaVu Sans"],
    "axes.spines.top": False, "axes.spines.right": False,
}
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


class Plot(Picture):
    """A picture made by matplotlib. Recorded notebooks compare its facts, not its bytes."""

    kind = "plot"


def lag(points: Sequence[tuple[int, Mapping[str, int]]]) -> Plot:
    """The lag of each group hop by hop, one lane per group. `points`: from `metrics.lags`. Raises LabError if empty."""
    groups = list(dict.fromkeys(group for _, lags in points for group in lags))
    changes = {group: _changes(points, group) for group in groups}
    with _axes(groups, "lag", 7, 0.6 + 0.65 * len(groups), lanes=len(groups)) as (figure, lanes):
        for number, (axes, group) in enumerate(zip(lanes, groups, strict=True)):
            colour, marker, dash = LINES[number % len(LINES)]
            line = [*changes[group], (points[-1][0], points[-1][1].get(group, 0))]
            axes.step(*zip(*line, strict=True), where="post", color=colour, linestyle=dash, marker=marker, markersize=4)
            axes.set_ylabel(group, rotation=0, ha="right", va="center")
            axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True, min_n_ticks=1))
        lanes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        lanes[-1].set_xlabel("hop")
        values = {group: ", ".join(f"{lag} from hop {hop}" for hop, lag in changes[group]) for group in groups}
        facts = [f"{group}: {text}" for group, text in values.items()]
        most = ", ".join(f"{group} {max(lag for _, lag in changes[group])}" for group in groups)
        return _picture(figure, "Lag per group, hop by hop", facts, f"Highest lag in {points[-1][0]} hops: {most}")


def latencies(milliseconds: Mapping[str, float]) -> Plot:
    """A bar per arrow. `milliseconds`: by label. Raises LabError if empty."""
    labels, values = list(milliseconds), list(milliseconds.values())
    with _axes(labels, "latency", 7, 0.7 + 0.24 * len(labels)) as (figure, (axes,)):
        lengths = [max(value, 0) for value in values]
        bars = axes.barh(range(len(labels)), lengths, color=SKY, edgecolor="black", linewidth=0.5)
        axes.bar_label(bars, [latency_text(value).removesuffix(" ms") for value in values], padding=3)
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_xlabel("milliseconds")
        facts = [f"{label}: {latency_text(value)}" for label, value in milliseconds.items()]
        return _picture(figure, "Latency per arrow, in milliseconds", facts, range_of(values, facts))


def timeline(spans: Mapping[str, tuple[float, float]]) -> Plot:
    """When each service worked, a bar each. `spans`: start and end in milliseconds. Raises LabError if empty."""
    labels = sorted(spans, key=spans.__getitem__)
    with _axes(labels, "service", 7, 0.8 + 0.4 * len(labels)) as (figure, (axes,)):
        for row, label in enumerate(labels):
            start, end = spans[label]
            axes.barh(row, end - start, left=start, color=SKY, edgecolor="black", linewidth=0.5)
            axes.plot(start, row, marker="o", markersize=5, color=BLUE)
            span = f"{start:.1f} to {end:.1f}" if end > start else f"{start:.1f}"
            axes.annotate(span, (end, row), xytext=(6, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(labels)), labels)
        axes.set_xlim(0, 1.25 * max(end for _, end in spans.values()) or 1)
        axes.invert_yaxis()
        axes.set_xlabel("milliseconds")
        facts = [f"{label}: {spans[label][0]:.1f} to {spans[label][1]:.1f} ms" for label in labels]
        return _picture(figure, "When each service worked", facts, f"{len(labels)} services")


def partitions(records: Sequence[tuple[str, int]], count: int) -> Plot:
    """The number of records by key and partition, a dot each.

    `records`: (key, partition) of each record. `count`: of partitions. Raises LabError if empty.
    """
    counts = Counter(records)
    keys = list(dict.fromkeys(key for key, _ in records))
    with _axes(keys, "record", 1.8 + 0.9 * count, 0.8 + 0.3 * len(keys)) as (figure, (axes,)):
        for (key, partition), times in counts.items():
            axes.plot(partition, keys.index(key), marker="o", markersize=15, color=SKY, markeredgecolor="black")
            axes.text(partition, keys.index(key), str(times), ha="center", va="center_baseline", fontsize=8)
        axes.set_yticks(range(len(keys)), keys)
        axes.set(xlabel="partition", xticks=range(count), xlim=(-0.5, count - 0.5), ylim=(len(keys) - 0.5, -0.5))
        facts = [f"partition {number}: {_keys_on(counts, number)}" for number in range(count)]
        summary = f"{len(records)} records with {len(keys)} keys in {count} partitions"
        return _picture(figure, "Records of each key per partition", facts, summary)


def matrix(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    title: str = "What becomes of a message when a service dies",
    cell_width: float = 1.1,
) -> Plot:
    """A table of words, some of which have a colour, such as "good" and "lost". Raises LabError without rows.

    A cell with an empty text is left out. `cell_width`: of a column, in inches.
    """
    with _axes(rows, "row", 1.5 + cell_width * len(columns), 0.6 + 0.4 * len(rows)) as (figure, (axes,)):
        for down, words in enumerate(cells):
            for across, word in [(across, word) for across, word in enumerate(words) if word]:
                colour = CELL_COLOURS.get(word, "white")
                axes.add_patch(Rectangle((across - 0.5, down - 0.5), 1, 1, facecolor=colour, edgecolor="black"))
                axes.text(across, down, word, ha="center", va="center")
        axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
        axes.set_xticks(range(len(columns)), [fill(column, 14) for column in columns])
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        labelled = [
            [f"{word} ({column})" for column, word in zip(columns, words, strict=True) if word] for words in cells
        ]
        facts = [f"{row}: {', '.join(words)}" for row, words in zip(rows, labelled, strict=True)]
        found = Counter(word for words in cells for word in words if word in CELL_COLOURS)
        counts = ", ".join(f"{number} x {word}" for word, number in found.items())
        summary = f"{len(rows)} rows, {len(columns)} columns{counts and ': '}{counts}"
        return _picture(figure, title, facts, summary)


@contextlib.contextmanager
def _axes(
    data: Sequence[str], noun: str, width: float, height: float, lanes: int = 1
) -> Iterator[tuple[Figure, list[Axes]]]:
    if not data:
        raise LabError(f"there is no {noun} to draw yet: let something happen first")
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # not the settings of the reader's own plots
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=(width, height), layout="constrained")
        grid = figure.subplots(lanes, 1, sharex=True, sharey=True, squeeze=False)
        yield figure, list(grid[:, 0])


def _picture(figure: Figure, title: str, facts: Sequence[str], summary: str) -> Plot:
    figure.suptitle(title, fontsize=10, fontweight="bold")
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata=NO_METADATA)
    return Plot(file.getvalue(), title, facts, summary)


def _changes(points: Sequence[tuple[int, Mapping[str, int]]], group: str) -> list[tuple[int, int]]:
    values = [(hop, lags.get(group, 0)) for hop, lags in points]
    return [values[0], *(now for before, now in zip(values, values[1:], strict=False) if now[1] != before[1])]


def _keys_on(counts: Counter[tuple[str, int]], number: int) -> str:
    keys = [f"{key} ({n} record{'s' * (n > 1)})" for (key, partition), n in counts.items() if partition == number]
    return ", ".join(keys) or "nothing"
