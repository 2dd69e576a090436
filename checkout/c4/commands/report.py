"""Report: writes one page about all dynamic views and the traces of a system."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from checkout.c4.commands.options import Define, parse_defines
from checkout.c4.commands.recordings import TRACES, MapFile


def report(
    files: Annotated[list[str] | None, Argument(metavar="FILES", hidden=True)] = None,
    *,
    traces: Annotated[list[Path], TRACES],
    html: Annotated[Path, Option("--html", metavar="FILE", help="Write the page to this file.")],
    map: MapFile = None,
    since: Annotated[Path | None, Option(metavar="FILE", help="Show what changed since this JSON report.")] = None,
    json_file: Annotated[Path | None, Option("--json", metavar="FILE", help="Write the data of the report.")] = None,
    baseline: Annotated[Path | None, Option(metavar="FILE", help="Accept the deviations in this file.")] = None,
    define: Define = None,
) -> int:
    """Report conformance and latency of dynamic views on a page."""
    from checkout.c4.findings import log
    from checkout.c4.report.command import ReportFiles, write_report

    inputs = ReportFiles(files or [], traces, map, since, baseline, parse_defines(define))
    data = write_report(inputs, html, json_file)
    for view in data.views:
        log(f"{view.name}: {view.conforms:,} conform, {view.deviates:,} deviate, {view.unjudged:,} cannot be judged")
    if data.others:
        log(f"{data.others_count:,} stories belong to no drawing")
    return int(any(view.deviates for view in data.views))
