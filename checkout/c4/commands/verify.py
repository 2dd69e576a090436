"""Verify: whether recorded runs conform to a dynamic view."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from typer import Option

from checkout.c4.commands.options import AsJson, File, Github, Sarif
from checkout.c4.commands.outputs import VerifyOutputs
from checkout.c4.commands.recordings import Journal, MapFile, Order, Recording, Traces


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
) -> int:
    """Verify that recorded runs conform to a dynamic view."""
    from checkout.c4.checks.conformance.baseline import open_baseline
    from checkout.c4.checks.conformance.summary import summarize
    from checkout.c4.checks.verify import verify_orders
    from checkout.c4.findings import log
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.diagrams import find_diagram

    outputs, diagram = VerifyOutputs(as_json, github, sarif, markdown, picture), find_diagram(file)
    accepted = open_baseline(baseline, diagram.name, datetime.now(UTC).date())
    recording = Recording(journal, traces, map, order)
    with open_renderer([diagram.file]) as renderer:
        drawing = renderer.render(diagram).checked().drawing
        recorded = recording.read(drawing, with_problems=False)  # the summary prints them
        results = accepted.accept(verify_orders(drawing, recorded.orders, allow_redelivery, recorded.gaps))
        summary = summarize(results, recorded.gaps)
        outputs.write(summary, drawing, renderer, accepted.warnings)
    if write_baseline:
        count = accepted.write(write_baseline, [each.example for each in summary.deviations])
        log(f"wrote {count} deviations to {write_baseline}: complete their reasons")
    return summary.exit_code(allow_gaps)
