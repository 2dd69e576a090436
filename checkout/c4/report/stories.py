"""Stories: assigns the stories of traces to the dynamic views that draw them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.verify import numbered_arrows
from checkout.c4.findings import PreconditionError
from checkout.c4.journal import group_by_order
from checkout.c4.report.judging import Judged, Nearest, Rank, ViewJudge, rank
from checkout.c4.report.latency import ArrowTimes
from checkout.c4.report.levels import Level, group_levels
from checkout.c4.report.shapes import shape_of
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.c4.traces.mapping.durations import Durations
from checkout.c4.traces.mapping.hops import TraceHops, map_spans
from checkout.c4.traces.naming.trace_map import find_map
from checkout.c4.traces.span import TraceFiles
from checkout.journal.hop import Hop

EXAMPLES = 3  # of stories with the same first hop that belong to no view


@dataclass
class ViewStories:
    """The results of the stories that belong to a view, and the durations of its numbered arrows."""

    drawing: Drawing
    arrows: Sequence[Arrow]
    results: list[OrderResult] = field(default_factory=list)
    times: list[ArrowTimes] = field(default_factory=list)

    def add(self, judged: Judged, durations: Durations) -> None:
        """Adds a story."""
        self.results.append(judged.result)
        for position, hop in judged.hops:
            self.times[position].add(hop, durations)


@dataclass
class Other:
    """Stories with the same first hop that belong to no view."""

    first: Hop
    stories: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class AssignedStories:
    """All stories: those of each view, and those of no view by the arrow of their first hop."""

    views: list[ViewStories]
    others: dict[tuple[str, str, str], Other] = field(default_factory=dict)
    summary: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stories: int = 0


def assign_stories(files: TraceFiles, views: Sequence[Drawing], map_file: Path | None) -> AssignedStories:
    """The stories of traces, each with the views to which it conforms, or else with the one that is nearest.

    Nearest is the view with the fewest arrows that only it or only the story has, of several the one with the fewest
    deviations. Raises PreconditionError if no service is an element of a view, or no story belongs to a view.
    """
    assigned = AssignedStories([_no_stories(view) for view in views])
    assigning = _Assigning(assigned)
    levels = group_levels(views)
    refusals = list[PreconditionError]()
    for level in levels:
        trace_map = find_map(map_file, level.drawing.diagram.file)
        try:
            found = map_spans(files, trace_map, level.drawing)
        except PreconditionError as error:
            refusals.append(error)
            continue
        assigning.add(level, found)
        assigned.summary = assigned.summary or found.summary
        assigned.problems += [each for each in found.gaps.problems if each not in assigned.problems]
    if len(refusals) == len(levels):
        raise refusals[0]
    assigning.finish()
    if not any(view.results for view in assigned.views):
        raise _none_belongs(assigned)
    return assigned


def _no_stories(view: Drawing) -> ViewStories:
    arrows = numbered_arrows(view)
    return ViewStories(view, arrows, times=[ArrowTimes() for _ in arrows])


def _none_belongs(assigned: AssignedStories) -> PreconditionError:
    first = next(iter(assigned.others.values()), None)
    seen = f", such as {first.examples[0]}, which begins with {' → '.join(first.first.arrow[:2])}," if first else ""
    drawn = assigned.views[0].arrows[0]
    message = f"no story of the traces{seen} has the first arrow or half of the arrows of a view, such as {drawn}"
    return PreconditionError(f"{message}: map services and technologies in traces.toml, or name other views")


class _Assigning:
    """Adds stories to views, level by level; those that conform to no view are added at the end."""

    def __init__(self, assigned: AssignedStories) -> None:
        self._assigned = assigned
        self._of_drawing = {id(view.drawing): view for view in assigned.views}
        self._conforming = set[str]()
        self._open: dict[str, tuple[Rank, ViewStories, Judged, Durations]] = {}
        self._unowned: dict[str, Hop] = {}

    def add(self, level: Level, found: TraceHops) -> None:
        """Judges the stories of one level by its views."""
        judges = {ViewJudge(view, found.gaps): self._of_drawing[id(view)] for view in level.views}
        nearest = Nearest(judges)
        for story, hops in group_by_order(found.hops).items():
            difference, near = nearest.find(frozenset(hop.arrow for hop in hops))
            if not near:
                self._unowned.setdefault(story, hops[0])
                continue
            shape = shape_of(hops)
            self._keep(
                story, difference, [(judges[judge], judge.judge(story, shape)) for judge in near], found.durations
            )

    def _keep(
        self, story: str, difference: int, judged: Sequence[tuple[ViewStories, Judged]], durations: Durations
    ) -> None:
        conforming = [(view, each) for view, each in judged if each.result.conforms]
        for view, each in conforming:
            view.add(each, durations)
            self._conforming.add(story)
        if not conforming:
            ranked = [(rank(each.result, difference), view, each, durations) for view, each in judged]
            best = min(ranked, key=lambda each: each[0])
            if story not in self._open or best[0] < self._open[story][0]:
                self._open[story] = best

    def finish(self) -> None:
        """Adds the stories that conform to no view to the nearest one, and counts those that belong to none."""
        for story, (_, view, judged, durations) in self._open.items():
            if story not in self._conforming:
                view.add(judged, durations)
        owned = self._conforming | self._open.keys()
        for story, first in self._unowned.items():
            if story not in owned:
                other = self._assigned.others.setdefault(first.arrow, Other(first))
                other.stories += 1
                other.examples += [story] if len(other.examples) < EXAMPLES else []
        self._assigned.stories = len(owned | self._unowned.keys())
