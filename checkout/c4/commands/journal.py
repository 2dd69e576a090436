"""Journal: prints the hops that traces show, before anything is judged."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from checkout.c4.commands.recordings import TRACES, MapFile, Order


def journal(
    traces: Annotated[list[Path], TRACES],
    file: Annotated[str | None, Argument(metavar="[FILE]", hidden=True)] = None,
    map: MapFile = None,
    order: Order = None,
    suggest_map: Annotated[
        bool, Option("--suggest-map", help="Print a draft of traces.toml for the names that FILE does not have.")
    ] = False,
) -> int:
    """Print the hops in traces as a journal."""
    import msgspec

    from checkout.c4.findings import log
    from checkout.c4.journal import hop_data
    from checkout.c4.render.renderer import render_file
    from checkout.c4.traces.mapping.hops import map_spans, read_spans
    from checkout.c4.traces.naming.suggestion import suggest_map as as_map
    from checkout.c4.traces.naming.trace_map import find_map

    files = read_spans(traces, order)
    drawing = render_file(file).drawing if file else None
    trace_map = find_map(map, drawing.diagram.file if drawing else None)
    found = map_spans(files, trace_map, drawing, order, may_be_empty=True)
    if suggest_map:
        print(as_map(found.names, drawing.name if drawing else "", found.entered), end="")
    for hop in () if suggest_map else found.hops:
        print(msgspec.json.encode(hop_data(hop)).decode())
    for line in (*found.summary, *(() if suggest_map else found.gaps.problems)):
        log(line)
    return 0 if found.hops or suggest_map else 3
