"""Views: the arrows of diagrams as a list, and a dynamic view step by step."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import BadParameter, Option

from checkout.c4.commands.options import AsJson, Define, File, parse_defines
from checkout.c4.commands.recordings import Journal, MapFile, Order, Recording, Traces
from checkout.c4.findings import printable

if TYPE_CHECKING:
    from checkout.c4.render.renderer import RenderedDiagram
    from checkout.c4.source.arrows import Arrow


def steps(file: File, as_json: AsJson = False, define: Define = None) -> int:
    """List the arrows of a diagram, or of each diagram in a file."""
    diagrams = {each.drawing.name: each.drawing.visible_arrows for each in _render_all(file, define)}
    if as_json:
        data = {name: [arrow.as_data() for arrow in arrows] for name, arrows in diagrams.items()}
        print(json.dumps(data if len(data) > 1 else next(iter(data.values())), indent=1, ensure_ascii=False))
    else:
        for name, arrows in diagrams.items():
            print(*([f"{name}:"] if len(diagrams) > 1 else []), *map(_in_words, arrows), sep="\n")
    for name in (name for name, arrows in diagrams.items() if not arrows):
        where = file if len(diagrams) == 1 else f"{file}#{name}"
        print(f"{where} has no arrows between elements: name a C4, component or sequence diagram")
    return int(not any(diagrams.values()))


def _in_words(arrow: "Arrow") -> str:
    technology = f" [{arrow.technology}]" if arrow.technology else ""
    ends = f"{arrow.source} → {arrow.target}"
    return printable(f"line {arrow.line.number:>3}  {arrow.index:>3}  {ends}: {arrow.label}{technology}")


def _render_all(file: str, define: list[str] | None) -> "Sequence[RenderedDiagram]":
    from checkout.c4.render.renderer import render_files

    return render_files(file, parse_defines(define))


def story(
    file: File,
    step: Annotated[int | None, Option(metavar="N", help="Print the SVG at step N, from 1.")] = None,
    journal: Journal = None,
    traces: Traces = None,
    map: MapFile = None,
    order: Order = None,
    html: Annotated[Path | None, Option(metavar="FILE", help="Write an HTML page of all steps.")] = None,
    define: Define = None,
) -> int:
    """Show a dynamic view step by step."""
    from checkout.c4.findings import display_path, log
    from checkout.c4.story import render_frame, write_pages

    if (step is None) == (html is None):
        raise BadParameter("use either --step N or --html FILE")
    recording = Recording(journal, traces, map, order) if journal or traces or map else None
    diagrams = _render_all(file, define)
    drawing = next((each.drawing for each in diagrams if each.drawing.is_dynamic), diagrams[0].drawing)
    hops = next(iter(recording.read(drawing).of_view(drawing).orders.values())) if recording else []
    if step is not None:
        if len(diagrams) > 1:
            names = ", ".join(each.drawing.name for each in diagrams)
            raise BadParameter(f"{file} has several diagrams: name one as FILE#NAME, of {names}", param_hint="--step")
        print(render_frame(diagrams[0], step))
    for page in write_pages(diagrams, hops, html) if html else ():
        log(f"wrote {display_path(page)}")
    return 0
