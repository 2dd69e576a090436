"""Free place: bounds of the parts of a picture, and the place where a text covers none of them."""

import re
from collections.abc import Iterator, Sequence
from math import dist

from checkout.c4.render import svg

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
ROW = 4.0  # units between two heights that are tried
Bounds = tuple[float, float, float, float]  # left, top, right, bottom


def node_bounds(node: svg.Node) -> Bounds:
    """The bounds of a shape, or of a text's baseline."""
    if node.tag == svg.tag("path"):
        numbers = [float(number) for number in NUMBER.findall(node.get("d") or "")]
        return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
    x, y = (float(node.get(side) or 0) for side in "xy")
    width, height = (float(node.get(size) or 0) for size in ("width", "height"))
    return x, y, x + (width or float(node.get("textLength") or 0)), y + height


def group_bounds(group: svg.Node) -> Bounds:
    """The bounds of everything that is drawn in a group."""
    return union([node_bounds(node) for node in group if node.tag in map(svg.tag, ("rect", "path", "text"))])


def union(boxes: Sequence[Bounds]) -> Bounds:
    """The bounds of all these boxes together."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def obstacles(root: svg.Node) -> list[Bounds]:
    """The bounds of the elements and of the lines of text in a picture."""
    elements = [group_bounds(group) for group in root.iter(svg.tag("g")) if group.get("class") == "entity"]
    return elements + [_text_bounds(text) for text in root.iter(svg.tag("text"))]


def _text_bounds(text: svg.Node) -> Bounds:
    left, baseline, right, _ = node_bounds(text)
    size = float(text.get("font-size") or 0)
    return left, baseline - size, right, baseline + size / 4


def free_place(
    frame: Bounds, size: tuple[float, float], anchor: tuple[float, float], taken: Sequence[Bounds]
) -> tuple[float, float]:
    """The centre of the free place nearest to `anchor` for a text of `size` (width, height); the anchor if none is."""
    best, least = anchor, float("inf")
    for y in sorted(_heights(frame, size[1]), key=lambda y: abs(y - anchor[1])):
        if abs(y - anchor[1]) >= least:
            break
        for x in _free_in_row(frame, size, anchor[0], y, taken):
            if dist((x, y), anchor) < least:
                best, least = (x, y), dist((x, y), anchor)
    return best


def _heights(frame: Bounds, height: float) -> Iterator[float]:
    rows = int((frame[3] - frame[1] - height) / ROW)
    return (frame[1] + height / 2 + ROW * row for row in range(rows + 1))


def _free_in_row(
    frame: Bounds, size: tuple[float, float], x: float, y: float, taken: Sequence[Bounds]
) -> Iterator[float]:
    across, high = size[0] / 2, size[1] / 2
    boxes = [(box[0] - across, box[2] + across) for box in taken if box[1] - high < y < box[3] + high]
    first, last = frame[0] + across, frame[2] - across
    for each in (max(first, min(last, x)), *(side for box in boxes for side in box)):
        if first <= each <= last and not any(left < each < right for left, right in boxes):
            yield each
