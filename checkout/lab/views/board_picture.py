"""Board picture: partitions, records, committed offsets and owners as a still SVG with a text alternative."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from checkout.c4.render import svg
from checkout.lab.partitions.partition_state import BoardRecord, GroupPosition, PartitionRow, PartitionState
from checkout.lab.views.pictures import Picture

COLOURS = ("#0b57a4", "#1b6e2c", "#7b2d9b", "#a8155e", "#006b75", "#6b5a00", "#8a3d1f", "#4d4d8c")  # of orders
INK, MUTED, PAPER, LANE, BEHIND = "#1a1a1a", "#595959", "#ffffff", "#f3f3f3", "#b3261e"
MAX_LANES, MAX_TILES = 24, 18
LEFT, STEP, TILE, HEAD, LINE = 330, 48, 44, 44, 17  # pixels: left of the tiles; of a tile, its row, a line of text
WORDS = 230  # pixels right of the tiles, for the offsets in words
LEGEND = "triangle: committed offset; circle: the offset that the owner reads next; red: lag"


class Rail(NamedTuple):
    """A consumer group on a partition. `crashed`: the state of an owner that does not run."""

    group: str
    at: GroupPosition
    crashed: str

    @property
    def owner(self) -> str:
        """The owner in words."""
        return f"{self.at.owner or 'no owner'}{', ' * bool(self.crashed)}{self.crashed}"

    @property
    def offsets(self) -> str:
        """Its offsets in words."""
        committed = "nothing" if self.at.committed is None else self.at.committed
        return f"committed {committed}, next {'-' if self.at.position is None else self.at.position}, lag {self.at.lag}"


class Lane(NamedTuple):
    """A partition and the groups that read it."""

    row: PartitionRow
    rails: list[Rail]

    @property
    def name(self) -> str:
        """Topic and number."""
        return f"{self.row.topic}[{self.row.partition}]"

    @property
    def replicas(self) -> str:
        """Leader and replicas in words; empty with fewer than two replicas."""
        in_sync = ", ".join(map(str, self.row.in_sync))
        many = len(self.row.replicas) > 1
        return f"leader {self.row.leader or 'none'}, in sync {in_sync or 'none'}" if many else ""

    @property
    def sentence(self) -> str:
        """All of it as text."""
        begin, end = self.row.begin, self.row.end
        content = f"offsets {begin} to {end - 1}" if begin < end else "empty"
        groups = [f"{rail.group} ({rail.owner}) {rail.offsets}" for rail in self.rails]
        return f"{self.name} {content}: {'; '.join([*groups, *([self.replicas] if self.replicas else [])])}"


def board_picture(state: PartitionState, topic: str = "") -> Picture:
    """The lanes of the topics that have records, at most 24; a line counts the partitions that are not drawn.

    `topic`: the state is that of one topic, whose lanes are drawn without records, too; empty for that of all topics.
    """
    lanes = _lanes(state, {topic} if topic else set())
    shown, hidden = lanes[:MAX_LANES], len(state.partitions) - len(lanes[:MAX_LANES])
    facts = [lane.sentence for lane in shown]
    facts += [f"brokers: {', '.join(_broker_words(state))}"] if len(state.brokers) > 1 else []
    what = "more partitions" if lanes[MAX_LANES:] else "partitions of topics without records"
    facts += [f"{hidden} {what}"] if hidden else []
    sentence = f": {state.sentence.rstrip('.')}" if state.sentence else ""
    title = f"partitions{' (commits assumed)' if state.assumed else ''} at hop {state.number}{sentence}"
    count = sum(lane.row.end - lane.row.begin for lane in lanes)
    summary = f"{count} records in {len(lanes)} partitions"
    return Picture(_drawn(shown, facts[len(shown) :]).encode(), title, facts, summary)


def _lanes(state: PartitionState, chosen: set[str]) -> list[Lane]:
    used = chosen | {row.topic for row in state.partitions if row.begin < row.end}
    states = {member.name: str(member.state) for group in state.groups for member in group.members}
    rails: dict[tuple[str, int], list[Rail]] = {}
    for group in state.groups:
        for at in group.positions:
            state_of_owner = states.get(at.owner or "", "running")
            rail = Rail(group.group, at, "" if state_of_owner == "running" else state_of_owner)
            rails.setdefault((at.topic, at.partition), []).append(rail)
    return [Lane(row, rails.get((row.topic, row.partition), [])) for row in state.partitions if row.topic in used]


def _broker_words(state: PartitionState) -> list[str]:
    return [f"{broker.id} {'runs' if broker.is_running else 'is down'}" for broker in state.brokers]


def _drawn(lanes: Sequence[Lane], notes: Sequence[str]) -> str:
    tiles = max((len(lane.row.records[-MAX_TILES:]) for lane in lanes), default=0)
    width, top = LEFT + max(4, tiles) * STEP + WORDS, 6
    root = svg.Node(svg.tag("svg"), {"version": "1.1", "font-family": svg.FONTS, "style": f"background:{PAPER}"})
    for lane in lanes:
        top += _draw_lane(root, lane, top, width)
    for note in [*notes, *([LEGEND] if lanes else [])]:
        _text(root, 10, top + 14, note, fill=MUTED)
        top += LINE
    size = {"width": f"{width * 0.8:.0f}", "height": f"{(top + 8) * 0.8:.0f}"}
    root.attrib = root.attrib | size | {"viewBox": f"0 0 {width} {top + 8}"}
    return svg.serialise(root)


def _draw_lane(root: svg.Node, lane: Lane, top: int, width: int) -> int:
    height = HEAD + LINE * len(lane.rails)
    _rect(root, 4, top, width - 8, height + 2, LANE)
    _text(root, 12, top + 17, lane.name, weight="700")
    _text(root, 12, top + 33, lane.replicas, fill=MUTED)
    records = lane.row.records[-MAX_TILES:]
    first = records[0].offset if records else lane.row.begin
    if first > lane.row.begin:
        _text(root, LEFT - 8, top + 24, f"{first - lane.row.begin} before", fill=MUTED, anchor="end")
    for record in records:
        _draw_tile(root, record, LEFT + (record.offset - first) * STEP, top + 4)
    for number, rail in enumerate(lane.rails):
        _draw_rail(root, rail, lane.row, first, top + HEAD + number * LINE, width)
    return height + 6


def _draw_tile(root: svg.Node, record: BoardRecord, x: int, y: int) -> None:
    number = re.search(r"(\d+)$", record.order)
    _rect(root, x, y, TILE, HEAD - 8, COLOURS[(int(number[1]) - 1) % len(COLOURS)] if number else MUTED)
    middle = x + TILE // 2
    _text(root, middle, y + 16, str(record.offset), fill=PAPER, anchor="middle", weight="700")
    key = "no key" if record.key is None else record.key
    _text(root, middle, y + 30, key if len(key) <= 8 else f"{key[:7]}…", fill=PAPER, anchor="middle", size=10)


def _draw_rail(root: svg.Node, rail: Rail, row: PartitionRow, first: int, y: int, width: int) -> None:
    start, end = max(first, rail.at.committed or 0) - first, row.end - first
    x, right = LEFT + start * STEP - 2, LEFT + end * STEP - 2
    _text(root, 24, y + 11, f"{rail.group}: {rail.owner}")
    if rail.at.lag:
        _rect(root, x, y + 5, right - x, 4, BEHIND)
    flag = svg.Node(svg.tag("path"), {"d": f"M{x} {y - 1}l6 12h-12z", "fill": BEHIND if rail.at.lag else INK})
    root.append(flag)
    if rail.at.position is not None and rail.at.position >= first:
        at = {"cx": str(LEFT + (rail.at.position - first) * STEP - 2), "cy": f"{y + 7}", "r": "3.5"}
        root.append(svg.Node(svg.tag("circle"), at | {"fill": PAPER, "stroke": INK, "stroke-width": "1.5"}))
    _text(root, width - WORDS + 18, y + 11, rail.offsets, fill=BEHIND if rail.at.lag else INK)


def _rect(root: svg.Node, x: int, y: int, width: int, height: int, fill: str) -> None:
    sizes = {"x": x, "y": y, "width": width, "height": height, "rx": 3}
    root.append(svg.Node(svg.tag("rect"), {name: str(value) for name, value in sizes.items()} | {"fill": fill}))


def _text(
    root: svg.Node, x: int, y: int, text: str, fill: str = INK, anchor: str = "start", weight: str = "400",
    size: int = 12,
) -> None:  # fmt: skip
    look = {"fill": fill, "text-anchor": anchor, "font-weight": weight, "font-size": str(size)}
    node = svg.Node(svg.tag("text"), {"x": str(x), "y": str(y)} | look)
    node.text = text
    root.append(node)
