"""Chart: an SVG with axes, made of shapes and texts; the same bytes for the same data."""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

FONT = "DejaVu Sans, Verdana, sans-serif"
SIZE, CHARACTER = 12, 6.7  # pixels: of a letter's height, and of its average width
INK = "#000000"
PLUS = (-0.35, -1), (0.35, -1), (0.35, -0.35), (1, -0.35), (1, 0.35), (0.35, 0.35)
MARKERS: dict[str, Sequence[tuple[float, float]]] = {  # points around the middle
    "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "up": [(0, -1.1), (1, 0.9), (-1, 0.9)],
    "down": [(0, 1.1), (1, -0.9), (-1, -0.9)],
    "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "plus": [*PLUS, *((-x, -y) for x, y in PLUS)],
}


def ticks(low: float, high: float, most: int = 6, integers: bool = False) -> list[float]:
    """At most so many round numbers between two values."""
    span = high - low or 1
    power = 10 ** floor(log10(span / most))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= most)
    step = max(step, 1) if integers else step
    return [round(number * step, 9) for number in range(ceil(low / step), floor(high / step) + 1)]


def width_of(texts: Sequence[str]) -> float:
    """The room that the longest of these texts needs, in pixels."""
    return max((len(line) for text in texts for line in text.split("\n")), default=0) * CHARACTER


class Chart:
    """Shapes and texts on white, in pixels from the top left corner, below a title."""

    def __init__(self, title: str, width: float, height: float) -> None:
        self.width, self.height = max(width, len(title) * (CHARACTER + 2) + 20), height
        self._parts: list[str] = []
        self.text(self.width / 2, 20, title, weight="bold", size=13)

    def text(
        self, x: float, y: float, text: str, anchor: str = "middle", size: float = SIZE, weight: str = "normal"
    ) -> None:
        """A text with its lines around `y`; `anchor`: start, middle or end."""
        lines = text.split("\n")
        for number, line in enumerate(lines):
            down = y + (number - (len(lines) - 1) / 2) * size * 1.2 + size * 0.36
            bold = "" if weight == "normal" else f' font-weight="{weight}"'
            self._parts.append(
                f'<text x="{x:.1f}" y="{down:.1f}" text-anchor="{anchor}" font-size="{size:g}"{bold}>'
                f"{escape(line, quote=False)}</text>"
            )

    def rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A rectangle with a thin border."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect {place} fill="{colour}" stroke="{INK}" stroke-width="0.7"/>')

    def line(self, points: Sequence[tuple[float, float]], colour: str = INK, dash: str = "", width: float = 1) -> None:
        """A line through these points; `dash`: lengths of strokes and gaps."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        stroke = f'fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}'
        self._parts.append(f'<polyline points="{path}" {stroke}/>')

    def marker(self, x: float, y: float, colour: str, shape: str = "circle", size: float = 3.5, edge: str = "") -> None:
        """A mark in the middle of a point; `shape`: circle, or a key of MARKERS."""
        paint = f'fill="{colour}" stroke="{edge or colour}"'
        if shape == "circle":
            self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" {paint}/>')
        else:
            points = " ".join(f"{x + across * size:.1f},{y + down * size:.1f}" for across, down in MARKERS[shape])
            self._parts.append(f'<polygon points="{points}" {paint}/>')

    def axis(self, left: float, right: float, y: float, places: Sequence[tuple[float, str]], label: str = "") -> None:
        """A horizontal axis with texts at their places, and what it measures below them."""
        self.line([(left, y), (right, y)])
        for x, text in places:
            self.line([(x, y), (x, y + 4)])
            self.text(x, y + 14, text)
        if label:
            self.text((left + right) / 2, y + 32, label)

    def side(self, x: float, top: float, bottom: float, places: Sequence[tuple[float, str]]) -> None:
        """A vertical axis with texts at their places on its left."""
        self.line([(x, top), (x, bottom)])
        for y, text in places:
            self.line([(x - 4, y), (x, y)])
            self.text(x - 8, y, text, anchor="end")

    def svg(self) -> bytes:
        """The picture."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}"'
        box = f'viewBox="0 0 {self.width:.0f} {self.height:.0f}"'
        start = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="{FONT}">'
        background = '<rect width="100%" height="100%" fill="#ffffff"/>'
        return "\n".join([start, background, *self._parts, "</svg>"]).encode()
