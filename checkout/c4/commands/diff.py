"""Diff: the arrows that differ between two git revisions."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from checkout.c4.commands.options import Paths


def diff(
    revisions: Annotated[str, Argument(metavar="REV[..REV]", hidden=True)],
    paths: Paths = None,
    picture: Annotated[
        Path | None, Option(metavar="FOLDER", help="Write a coloured SVG of each changed diagram.")
    ] = None,
) -> int:
    """Compare the arrows of diagrams between two git revisions."""
    from checkout.c4.checks.diff import compare_states, read_state
    from checkout.c4.findings import log
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.files import find_files, or_default

    paths = or_default(paths)
    old, dots, new = revisions.partition("..")
    with open_renderer(find_files(paths)) as renderer:
        after = read_state(renderer, paths, (new or "HEAD") if dots else None)
        changes = compare_states(renderer, read_state(renderer, paths, old), after, picture)
    for name, change in changes:
        print(f"{name}: {change}")
    log(f"{len(changes)} changes")
    return int(bool(changes))
