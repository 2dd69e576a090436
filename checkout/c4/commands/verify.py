"""Verify: whether recorded runs conform to a dynamic view."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from checkout.c4.commands.options import AsJson, Define, File, Github, Sarif, parse_defines
from checkout.c4.commands.outputs import VerifiedView, VerifyOutputs
from checkout.c4.commands.recordings import Journal, MapFile, Order, Recorded, Recording, Traces
from checkout.c4.findings import PreconditionError, log

if TYPE_CHECKING:
    from checkout.c4.checks.conformance.baseline import Baseline
    from checkout.c4.checks.conformance.results import OrderResult
    from checkout.c4.checks.conformance.stories import Sorted
    from checkout.c4.checks.conformance.summary import Summary
    from checkout.c4.source.arrows import Drawing

    Verified = tuple[Drawing, Recorded, list[OrderResult]]


def verify(
    file: File,
    journal: Journal = None,
    traces: Traces = None,
    map: MapFile = None,
    order: Order = None,
    picture: Annotated[Path | None, Option(metavar="FILE", help="Write an SVG that colours each deviation.")] = None,
    as_json: AsJson = False,
    github: Github = False,
    sarif: Sarif = None,
    markdown: Annotated[Path | None, Option(metavar="FILE", help="Write a summary in Markdown; - prints it.")] = None,
    baseline: Annotated[Path | None, Option(metavar="FILE", help="Accept the deviations in this file.")] = None,
    write_baseline: Annotated[Path | None, Option(metavar="FILE", help="Write the deviations to this file.")] = None,
    allow_redelivery: Annotated[
        bool, Option("--allow-redelivery", help="Accept an arrow that was applied more than once.")
    ] = False,
    allow_gaps: Annotated[bool, Option("--allow-gaps", help="Accept arrows that cannot be judged.")] = False,
    define: Define = None,
) -> int:
    """Verify that recorded runs conform to a dynamic view."""
    from checkout.c4.checks.conformance.baseline import open_baseline
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.diagrams import find_diagrams

    outputs = VerifyOutputs(as_json, github, sarif, markdown, picture)
    diagrams, today = find_diagrams(file, parse_defines(define)), datetime.now(UTC).date()
    baselines = {each.name: open_baseline(baseline, each.name, today) for each in diagrams}
    recording = Recording(journal, traces, map, order)
    with open_renderer([each.file for each in diagrams]) as renderer:
        drawings = [rendering().checked().drawing for _, rendering in renderer.render_all(diagrams)]
        verified = _verify_views(drawings, recording, baselines, allow_redelivery)
        outputs.write(verified, diagrams[0].file.name, renderer)
    for view in verified if write_baseline else ():
        deviations = [each.example for each in view.summary.deviations]
        count = baselines[view.drawing.name].write(write_baseline or Path(), deviations)
        log(f"wrote {count} deviations to {write_baseline}: complete their reasons")
    codes = {view.summary.exit_code(allow_gaps) for view in verified if view.summary.results}
    return 1 if 1 in codes else max(codes, default=0)


def _verify_views(
    drawings: "Sequence[Drawing]", recording: Recording, baselines: "Mapping[str, Baseline]", allow_redelivery: bool
) -> list[VerifiedView]:
    """The orders of each view; of several views in a file those that are dynamic, and not of another system.

    The first summary counts the orders of other stories, which are of no view.

    Raises PreconditionError if no view is left.
    """
    from checkout.c4.checks.conformance.stories import only_others, require_own, sort_stories
    from checkout.c4.checks.verify import numbered_arrows, verify_orders

    sorted_ones = list["Sorted"]()
    found = list["Verified"]()
    refused = list[tuple["Drawing", PreconditionError]]()
    for drawing in drawings:
        try:
            recorded = recording.read(drawing, with_problems=False)  # the summary prints them
            stories = sort_stories(numbered_arrows(drawing), recorded.orders, recorded.entries)
            sorted_ones.append(stories)
            require_own(stories, drawing)
            results = verify_orders(drawing, stories.own, allow_redelivery, recorded.gaps)
            found.append((drawing, recorded, baselines[drawing.name].accept(results)))
        except PreconditionError as error:
            refused.append((drawing, error))
    if not found:
        raise refused[0][1]
    for view, reason in ((view, reason) for view, reason in refused if view.is_dynamic):
        log(f"{view.name} is not judged: {reason}")
    return [
        VerifiedView(summary, drawing, baselines[drawing.name].warnings)
        for (drawing, _, _), summary in zip(found, _summarize(found, only_others(sorted_ones)), strict=True)
    ]


def _summarize(found: "Sequence[Verified]", others: "Mapping[str, int]") -> "list[Summary]":
    from checkout.c4.checks.conformance.assignment import assign_orders
    from checkout.c4.checks.conformance.summary import summarize

    assigned = assign_orders([results for _, _, results in found])
    summaries = [
        summarize(results, recorded.gaps, None if at else others)
        for at, ((_, recorded, _), results) in enumerate(zip(found, assigned, strict=True))
    ]
    return summaries if len(found) == 1 else [each.without_needless_problems() for each in summaries]
