"""Verify: whether recorded runs conform to a dynamic view."""

import json
from pathlib import Path
from typing import Annotated

from typer import Option

from checkout.c4.commands.options import AsJson, File, Journals, Order


def verify(
    file: File,
    journal: Journals,
    order: Order = None,
    picture: Annotated[Path | None, Option(metavar="FILE", help="Write an SVG that colours each deviation.")] = None,
    as_json: AsJson = False,
    allow_redelivery: Annotated[
        bool, Option("--allow-redelivery", help="Accept an arrow that was applied more than once.")
    ] = False,
) -> int:
    """Verify that recorded runs conform to a dynamic view."""
    from checkout.c4.checks.overlay import render_overlay
    from checkout.c4.checks.verify import verify_orders
    from checkout.c4.journal import group_by_order, read_journal
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.diagrams import find_diagram

    hops, diagram = read_journal(journal), find_diagram(file)
    with open_renderer([diagram.file]) as renderer:
        drawing = renderer.render(diagram).checked().drawing
        results = verify_orders(drawing, group_by_order(hops, order), allow_redelivery)
        if picture:
            picture.write_text(render_overlay(renderer, drawing, results))
    if as_json:
        print(json.dumps([result.as_data() for result in results], indent=1, ensure_ascii=False))
    else:
        print(*results, sep="\n")
    return int(not all(result.conforms for result in results))
