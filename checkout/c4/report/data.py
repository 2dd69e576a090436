"""Data: the content of a report, as `--json` writes it and `--since` reads it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from checkout.c4.checks.conformance.results import DeviationKind
from checkout.c4.findings import display_path
from checkout.errors import CheckoutError

VERSION = 1
MOST_BYTES = 100_000_000
ArrowKey = tuple[str, str, str, int]  # from, to, technology, and the number among the arrows that have these


class SinceError(CheckoutError):
    """An earlier report cannot be used; the message names the file and the remedy."""

    exit_code = 2


class Ends(msgspec.Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """The ends and the technology of an arrow, drawn or observed."""

    source: str
    target: str
    technology: str


class ArrowData(Ends, frozen=True, kw_only=True):
    """A drawn arrow: `stories` in which it happened, and the duration of `spans` in milliseconds.

    `measure` is what the durations are of: call, send, wait (from the end of a send to the start of the processing),
    or handling (the processing); empty without any. `number` distinguishes arrows with equal ends and technology.
    `is_expected` is false for an arrow that traces usually lack, such as a reply.
    """

    index: str
    label: str
    place: str
    number: int = 0
    stories: int = 0
    is_expected: bool = True
    measure: str = ""
    spans: int = 0
    p50: float | None = None
    p99: float | None = None

    @property
    def key(self) -> ArrowKey:
        """What identifies the arrow in an earlier report."""
        return (self.source, self.target, self.technology, self.number)


class DeviationData(Ends, frozen=True, kw_only=True):
    """A distinct deviation: the stories that have it and an example.

    `seen` is the technology of a wrong one, and `operation` what the hop of an undrawn one is called. `accepted` is the
    reason of the baseline that accepts it, else empty.
    """

    kind: str
    message: str
    place: str
    stories: int
    hops: int
    example: str
    seen: str = ""
    operation: str = ""
    is_drawn: bool = True
    accepted: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies the deviation in an earlier report."""
        return (self.kind, self.source, self.target, self.technology, self.seen)

    @property
    def is_undrawn(self) -> bool:
        """Whether it is a hop that no arrow of the view has."""
        return self.kind == DeviationKind.EXTRA and not self.is_drawn


class GapData(msgspec.Struct, frozen=True, kw_only=True):
    """What cannot be judged and why: an arrow, or the whole story if `arrow` is empty."""

    arrow: str
    reason: str
    place: str
    stories: int
    example: str


class ViewData(msgspec.Struct, frozen=True, kw_only=True):
    """A dynamic view: how many stories have each verdict, its arrows, what deviates, and what cannot be judged."""

    name: str
    title: str
    file: str
    conforms: int
    deviates: int
    unjudged: int
    arrows: tuple[ArrowData, ...]
    deviations: tuple[DeviationData, ...] = ()
    gaps: tuple[GapData, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the view in an earlier report."""
        return (self.file, self.name)

    @property
    def stories(self) -> int:
        """The number of stories that belong to this view."""
        return self.conforms + self.deviates + self.unjudged

    @property
    def uncovered(self) -> list[ArrowData]:
        """The arrows that happened in no story, without those that traces usually lack."""
        return [arrow for arrow in self.arrows if arrow.is_expected and not arrow.stories]

    @property
    def covered(self) -> list[ArrowData]:
        """The arrows that happened in a story."""
        return [arrow for arrow in self.arrows if arrow.stories]

    @property
    def coverage(self) -> float:
        """The percentage of arrows that happened in a story, as `cover` counts it; 0 without arrows."""
        return 100 * len(self.covered) / max(len(self.covered) + len(self.uncovered), 1)


class OtherStories(Ends, frozen=True, kw_only=True):
    """Stories that belong to no view, with the same first hop: `message` is what it sent."""

    message: str
    stories: int
    examples: tuple[str, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference from an earlier report: `what` is an arrow, a view or a deviation, `view` the title of its view.

    `is_worse`: whether it asks for attention.
    """

    kind: str
    view: str
    what: str
    before: str = ""
    after: str = ""
    is_worse: bool = True


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report. `made` is the time in UTC; `changes` is None without an earlier report, `since` its time."""

    version: int = VERSION
    made: str
    stories: int
    spans: int
    summary: tuple[str, ...]
    views: tuple[ViewData, ...]
    others: tuple[OtherStories, ...] = ()
    problems: tuple[str, ...] = ()
    since: str = ""
    changes: tuple[Change, ...] | None = None

    @property
    def others_count(self) -> int:
        """The number of stories that belong to no view."""
        return sum(each.stories for each in self.others)

    @property
    def deviations(self) -> Iterator[DeviationData]:
        """The deviations of all views."""
        return (each for view in self.views for each in view.deviations)


class _Head(msgspec.Struct):
    version: int


def as_json(data: ReportData) -> str:
    """A report as JSON."""
    return msgspec.json.format(msgspec.json.encode(data), indent=1).decode()


def read_report(file: Path) -> ReportData:
    """An earlier report. Raises SinceError for another version or no report, and OSError."""
    name, remedy = display_path(file), "name a file that `report --json` wrote"
    if file.stat().st_size > MOST_BYTES:
        raise SinceError(f"{name} is larger than {MOST_BYTES:,} bytes: {remedy}")
    content = file.read_bytes()
    try:
        version = msgspec.json.decode(content, type=_Head).version
        if version != VERSION:
            raise SinceError(f"{name} has version {version} and not {VERSION}: write it again with `report --json`")
        return msgspec.json.decode(content, type=ReportData)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SinceError(f"{name} is no report ({error}): {remedy}") from error
