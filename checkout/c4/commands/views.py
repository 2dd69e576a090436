"""Views: the arrows of a diagram as a list, and step by step."""

import json
from pathlib import Path
from typing import Annotated

from typer import BadParameter, Option

from checkout.c4.commands.options import AsJson, File, Order


def steps(file: File, as_json: AsJson = False) -> int:
    """List the arrows of a diagram."""
    from checkout.c4.render.renderer import render_file

    arrows = render_file(file).drawing.visible_arrows
    if as_json:
        print(json.dumps([arrow.as_data() for arrow in arrows], indent=1, ensure_ascii=False))
    for arrow in () if as_json else arrows:
        technology = f" [{arrow.technology}]" if arrow.technology else ""
        ends = f"{arrow.source} → {arrow.target}"
        print(f"line {arrow.line.number:>3}  {arrow.index:>3}  {ends}: {arrow.label}{technology}")
    if not arrows:
        print(f"{file} has no arrows between elements: name a C4, component or sequence diagram")
    return int(not arrows)


def story(
    file: File,
    step: Annotated[int | None, Option(metavar="N", help="Print the SVG at step N, from 1.")] = None,
    journal: Annotated[
        list[Path] | None, Option("--journal", metavar="JOURNAL", help="Include the messages of a recorded run.")
    ] = None,
    order: Order = None,
    html: Annotated[Path | None, Option(metavar="FILE", help="Write an HTML page of all steps.")] = None,
) -> int:
    """Show a dynamic view step by step."""
    from checkout.c4.findings import display_path, log
    from checkout.c4.journal import group_by_order, read_journal
    from checkout.c4.render.renderer import render_file
    from checkout.c4.story import render_frame, render_page

    if (step is None) == (html is None):
        raise BadParameter("use either --step N or --html FILE")
    rendered = render_file(file)
    orders = group_by_order(read_journal(journal), order) if journal else {"": []}
    if step is not None:
        print(render_frame(rendered, step))
    if html:
        html.write_text(render_page(rendered, next(iter(orders.values()))))
        log(f"wrote {display_path(html)}")
    return 0
