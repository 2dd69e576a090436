"""Bench peers: the results of `checkout bench --json` as a picture, and as a table for docs/performance.md."""

import json
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

Result = dict[str, Any]
FIGURES: list[tuple[str, str, Callable[[Result], float]]] = [  # title, format, figure of a result
    ("orders/s", ",.0f", lambda each: each["orders_per_second"]),
    ("CPU-s per 1,000 orders", ".2f", lambda each: each["cpu_per_1000"]),
    ("p50 ms", ".0f", lambda each: each["latency"]["p50"]),
    ("p99 ms", ".0f", lambda each: each["latency"]["p99"]),
    ("CPU-s per 1,000 at the rate", ".1f", lambda each: each["cpu_per_1000_at_rate"]),
    ("idle, % of a core per service", ".1f", lambda each: each["idle_percent"]),
    ("PSS per service, MiB", ".0f", lambda each: statistics.mean(each["memory"].values())),
]
DRAWN = 4  # figures in the picture
OURS, THEIRS = "#1168bd", "#999999"


def table(results: dict[str, list[Result]]) -> str:
    """The medians and ranges as a Markdown table."""
    head = ["", *(title for title, _, _ in FIGURES)]
    rows = [[name, *(cell(found, form, figure) for _, form, figure in FIGURES)] for name, found in results.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def cell(results: list[Result], form: str, figure: Callable[[Result], float]) -> str:
    values = [figure(result) for result in results]
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def draw(results: dict[str, list[Result]], path: Path) -> None:
    """A bar for each system and figure: its height is the median, the line its range."""
    matplotlib.rcParams["svg.hashsalt"] = "checkout"
    figure, axes = pyplot.subplots(1, DRAWN, figsize=(12, 2.6), layout="constrained", sharey=True)
    names = list(results)
    for axis, (title, form, value) in zip(axes, FIGURES[:DRAWN], strict=True):
        columns = [[value(result) for result in found] for found in results.values()]
        medians = [statistics.median(column) for column in columns]
        ranges = [[m - min(c) for m, c in zip(medians, columns, strict=True)],
                  [max(c) - m for m, c in zip(medians, columns, strict=True)]]  # fmt: skip
        colors = [OURS if name.startswith("checkout") else THEIRS for name in names]
        bars = axis.barh(names, medians, xerr=ranges, color=colors, error_kw={"linewidth": 0.8})
        axis.bar_label(bars, [f"{median:{form}}" for median in medians], padding=6, fontsize=8)
        axis.set_title(title, fontsize=10)
        if title == "p99 ms":  # a single stall would hide the others
            axis.set_xscale("log")
        axis.margins(x=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Writes NAME.json and NAME.svg, and prints the table: bench_peers.py RESULTS NAME."""
    source, name = Path(sys.argv[1]), Path(sys.argv[2])
    results: dict[str, list[Result]] = {}
    for result in json.loads(source.read_text())["results"]:
        results.setdefault(result["system"], []).append(result)
    shutil.copy(source, name.with_suffix(".json"))
    draw(results, name.with_suffix(".svg"))
    print(table(results))


if __name__ == "__main__":
    main()
