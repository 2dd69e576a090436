"""Plots: the metrics of a run as SVG with text alternatives, the same bytes each time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from textwrap import fill

from checkout.lab.errors import LabError
from checkout.lab.views.chart import Chart, ticks, width_of
from checkout.lab.views.pictures import Picture, latency_text, range_of

# The palette of Okabe and Ito, for every kind of colour vision; lines also differ in marker and dash.
BLUE, ORANGE, GREEN, RED, PINK, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
LINES = [
    (BLUE, "circle", ""), (RED, "square", "7 3"), (GREEN, "up", "8 3 2 3"), (PINK, "diamond", "2 3"),
    (ORANGE, "down", ""), (SKY, "plus", "7 3"),
]  # fmt: skip
CELL_COLOURS = {"good": GREEN, "lost": RED, "twice": ORANGE, "broken": RED, "not hit": ORANGE}
WIDTH, TOP, BELOW, RIGHT = 672.0, 36.0, 44.0, 20.0  # pixels: of a plot, and of its margins
INCH = 96.0  # pixels


class Plot(Picture):
    """A picture made of data. Recorded notebooks compare its facts, not its bytes."""

    kind = "plot"


def lag(points: Sequence[tuple[int, Mapping[str, int]]]) -> Plot:
    """The lag of each group hop by hop, one lane per group. `points`: from `metrics.lags`. Raises LabError if empty."""
    groups = list(dict.fromkeys(group for _, lags in points for group in lags))
    _check(groups, "lag")
    changes = {group: _changes(points, group) for group in groups}
    title, lane, gap = "Lag per group, hop by hop", 46.0, 14.0
    chart = Chart(title, WIDTH, TOP + (lane + gap) * len(groups) + BELOW)
    left, right = width_of(groups) + 40, chart.width - RIGHT
    first, last = points[0][0], points[-1][0]
    most = max(1, *(lag for _, lags in points for lag in lags.values()))

    def across(hop: float) -> float:
        return left + 8 + (hop - first) / ((last - first) or 1) * (right - left - 16)

    def height(bottom: float, value: float) -> float:
        return bottom - 4 - value / most * (lane - 10)

    for number, group in enumerate(groups):
        colour, shape, dash = LINES[number % len(LINES)]
        bottom = TOP + (lane + gap) * number + lane
        scale = [(height(bottom, tick), f"{tick:g}") for tick in ticks(0, most, 2, True)]
        chart.side(left, bottom - lane, bottom, scale)
        chart.text(left - 30, bottom - lane / 2, group, anchor="end")
        chart.axis(left, right, bottom, [])
        line = [*changes[group], (last, points[-1][1].get(group, 0))]
        corners = [(across(hop), height(bottom, value)) for hop, value in line]
        steps = [(x, y) for (x, _), (_, y) in zip(corners[1:], corners[:-1], strict=True)]
        path = [each for pair in zip(corners, [*steps, corners[-1]], strict=True) for each in pair]
        chart.line(path, colour, dash, 2)
        for x, y in corners:
            chart.marker(x, y, colour, shape)
    places = [(across(tick), f"{tick:g}") for tick in ticks(first, last, 9, True)]
    chart.axis(left, right, TOP + (lane + gap) * (len(groups) - 1) + lane, places, "hop")
    values = {group: ", ".join(f"{lag} from hop {hop}" for hop, lag in changes[group]) for group in groups}
    facts = [f"{group}: {text}" for group, text in values.items()]
    highest = ", ".join(f"{group} {max(lag for _, lag in changes[group])}" for group in groups)
    return Plot(chart.svg(), title, facts, f"Highest lag in {last} hops: {highest}")


def latencies(milliseconds: Mapping[str, float]) -> Plot:
    """A bar per arrow. `milliseconds`: by label. Raises LabError if empty."""
    spans = {label: (0.0, max(value, 0.0)) for label, value in milliseconds.items()}
    texts = [latency_text(value).removesuffix(" ms") for value in milliseconds.values()]
    title = "Latency per arrow, in milliseconds"
    facts = [f"{label}: {latency_text(value)}" for label, value in milliseconds.items()]
    return Plot(_bars(title, "latency", spans, texts, 23.0), title, facts, range_of([*milliseconds.values()], facts))


def timeline(spans: Mapping[str, tuple[float, float]]) -> Plot:
    """When each service worked, a bar each. `spans`: start and end in milliseconds. Raises LabError if empty."""
    found = {label: spans[label] for label in sorted(spans, key=spans.__getitem__)}
    texts = [f"{start:.1f} to {end:.1f}" if end > start else f"{start:.1f}" for start, end in found.values()]
    facts = [f"{label}: {start:.1f} to {end:.1f} ms" for label, (start, end) in found.items()]
    title = "When each service worked"
    return Plot(_bars(title, "service", found, texts, 38.0, has_starts=True), title, facts, f"{len(found)} services")


def _bars(
    title: str, noun: str, spans: Mapping[str, tuple[float, float]], texts: Sequence[str], row: float,
    has_starts: bool = False,
) -> bytes:  # fmt: skip
    _check([*spans], noun)
    bottom = TOP + row * len(spans)
    chart = Chart(title, WIDTH, bottom + BELOW)
    left, right = width_of([*spans]) + 16, chart.width - RIGHT - width_of(texts)
    most = max(end for _, end in spans.values()) or 1.0
    scale = (right - left) / most
    middles = [TOP + row * (number + 0.5) for number in range(len(spans))]
    for (start, end), text, middle in zip(spans.values(), texts, middles, strict=True):
        chart.rectangle(left + start * scale, middle - 0.4 * row, (end - start) * scale, 0.8 * row, SKY)
        if has_starts:
            chart.marker(left + start * scale, middle, BLUE)
        chart.text(left + end * scale + 7, middle, text, anchor="start")
    chart.side(left, TOP, bottom, [*zip(middles, spans, strict=True)])
    chart.axis(left, right, bottom, [(left + tick * scale, f"{tick:g}") for tick in ticks(0, most)], "milliseconds")
    return chart.svg()


def partitions(records: Sequence[tuple[str, int]], count: int) -> Plot:
    """The number of records by key and partition, a dot each.

    `records`: (key, partition) of each record. `count`: of partitions. Raises LabError if empty.
    """
    counts = Counter(records)
    keys = list(dict.fromkeys(key for key, _ in records))
    _check(keys, "record")
    title, column, row = "Records of each key per partition", 0.9 * INCH, 29.0
    left, bottom = width_of(keys) + 20, TOP + row * len(keys)
    chart = Chart(title, left + column * count + RIGHT, bottom + BELOW)
    for (key, partition), times in counts.items():
        x, y = left + column * (partition + 0.5), TOP + row * (keys.index(key) + 0.5)
        chart.marker(x, y, SKY, size=10, edge="#000000")
        chart.text(x, y, str(times), size=11)
    chart.side(left, TOP, bottom, [(TOP + row * (number + 0.5), key) for number, key in enumerate(keys)])
    places = [(left + column * (number + 0.5), str(number)) for number in range(count)]
    chart.axis(left, left + column * count, bottom, places, "partition")
    facts = [f"partition {number}: {_keys_on(counts, number)}" for number in range(count)]
    summary = f"{len(records)} records with {len(keys)} keys in {count} partitions"
    return Plot(chart.svg(), title, facts, summary)


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
    _check(rows, "row")
    headings = [fill(column, 14) for column in columns]
    left, wide, high = width_of(rows) + 16, cell_width * INCH, 36.0
    top = TOP + 14 + 15 * max(heading.count("\n") + 1 for heading in headings)
    chart = Chart(title, left + wide * len(columns) + RIGHT, top + high * len(rows) + 12)
    for across, heading in enumerate(headings):
        chart.text(left + wide * (across + 0.5), top - 8 - 7 * (heading.count("\n") + 1), heading)
    for down, (row, words) in enumerate(zip(rows, cells, strict=True)):
        chart.text(left - 8, top + high * (down + 0.5), row, anchor="end")
        for across, word in [(across, word) for across, word in enumerate(words) if word]:
            x, y = left + wide * across, top + high * down
            chart.rectangle(x, y, wide, high, CELL_COLOURS.get(word, "white"))
            chart.text(x + wide / 2, y + high / 2, word)
    labelled = [[f"{word} ({column})" for column, word in zip(columns, words, strict=True) if word] for words in cells]
    facts = [f"{row}: {', '.join(words)}" for row, words in zip(rows, labelled, strict=True)]
    found = Counter(word for words in cells for word in words if word in CELL_COLOURS)
    counts = ", ".join(f"{number} x {word}" for word, number in found.items())
    return Plot(chart.svg(), title, facts, f"{len(rows)} rows, {len(columns)} columns{counts and ': '}{counts}")


def _check(data: Sequence[str], noun: str) -> None:
    if not data:
        raise LabError(f"there is no {noun} to draw yet: let something happen first")


def _changes(points: Sequence[tuple[int, Mapping[str, int]]], group: str) -> list[tuple[int, int]]:
    values = [(hop, lags.get(group, 0)) for hop, lags in points]
    return [values[0], *(now for before, now in zip(values, values[1:], strict=False) if now[1] != before[1])]


def _keys_on(counts: Counter[tuple[str, int]], number: int) -> str:
    keys = [f"{key} ({n} record{'s' * (n > 1)})" for (key, partition), n in counts.items() if partition == number]
    return ", ".join(keys) or "nothing"
