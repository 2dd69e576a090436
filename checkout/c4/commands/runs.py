"""Runs: draws recorded runs, and lists the arrows that none covers."""

from pathlib import Path
from typing import Annotated, Literal

from typer import BadParameter, Option

from checkout.c4.commands.options import File
from checkout.c4.commands.recordings import Journal, Journals, MapFile, Order, Recording, Traces


def draw(
    journal: Journal = None,
    traces: Traces = None,
    map: MapFile = None,
    into: Annotated[
        Path | None, Option(metavar="FILE", help="Update the arrows of this diagram and nothing else.")
    ] = None,
    order: Order = None,
    notation: Annotated[
        Literal["c4", "mermaid"], Option(metavar="c4|mermaid", help="Print C4-PlantUML or a Mermaid sequence diagram.")
    ] = "c4",
) -> int:
    """Print or update a dynamic view from a recorded run."""
    from checkout.c4.checks.conformance.stories import describe_mixture
    from checkout.c4.draw import new_source, observe_arrows, observe_queues, update_source
    from checkout.c4.findings import display_path, log
    from checkout.c4.notations.mermaid import mermaid_source
    from checkout.c4.render.renderer import render_file
    from checkout.c4.source.diagrams import WORKSPACES

    if into and (notation == "mermaid" or into.suffix.lower() in WORKSPACES):
        raise BadParameter("only diagrams in PlantUML can be updated", param_hint="--into")
    recording = Recording(journal, traces, map, order)
    drawing = render_file(str(into)).drawing if into else None
    recorded = recording.read(drawing, with_steps=True)
    if mixture := describe_mixture(recorded.entries):
        log(mixture)
    arrows = observe_arrows(recorded.orders.values())
    if into is None or drawing is None:
        kinds = {**observe_queues(recorded.hops), **recorded.kinds}
        print(mermaid_source(arrows) if notation == "mermaid" else new_source(arrows, kinds), end="")
        return 0
    text = update_source(drawing, arrows).encode()
    is_same = text == into.read_bytes()
    if not is_same:
        into.write_bytes(text)
    log(f"{display_path(into)}: {'unchanged' if is_same else 'arrows replaced'}")
    return 0


def cover(
    file: File,
    journals: Journals = None,
    traces: Traces = None,
    map: MapFile = None,
    min: Annotated[float, Option(metavar="PERCENT", help="Fail if the coverage is lower.")] = 0,
) -> int:
    """List the arrows that no recorded run covers."""
    from checkout.c4.checks.coverage import measure_coverage
    from checkout.c4.render.renderer import render_file

    recording = Recording(journals, traces, map, option="--journals")
    drawing = render_file(file).drawing
    coverage = measure_coverage(drawing, recording.read(drawing).hops)
    print(coverage)
    return int(coverage.percent < min)
