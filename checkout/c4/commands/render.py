"""Render: writes the pictures of diagrams."""

from pathlib import Path
from typing import Annotated

from typer import BadParameter, Option

from checkout.c4.commands.options import Define, Paths, parse_defines


def render(
    paths: Paths = None,
    format: Annotated[str, Option(metavar="FORMAT", help="Format: svg, png or svg,png.")] = "svg",
    out: Annotated[Path | None, Option(metavar="FOLDER", help="Write pictures here, not beside their sources.")] = None,
    check: Annotated[bool, Option("--check", help="List outdated pictures instead of writing them.")] = False,
    watch: Annotated[bool, Option("--watch", help="Render again whenever a file changes, until Ctrl-C.")] = False,
    define: Define = None,
    no_cache: Annotated[bool, Option("--no-cache", help="Render everything again.")] = False,
) -> int:
    """Render diagrams to pictures."""
    from checkout.c4.render.cache import Cache
    from checkout.c4.render.pictures import check_pictures, write_pictures
    from checkout.c4.source.files import or_default

    formats = format.lower().split(",")
    if not set(formats) <= {"svg", "png"}:
        raise BadParameter(f"{format!r} is not svg, png or svg,png", param_hint="--format")
    if check and (watch or out):
        raise BadParameter("cannot be combined with --watch or --out", param_hint="--check")
    cache, defines = Cache(None) if no_cache else None, parse_defines(define)
    if check:
        return check_pictures(or_default(paths), cache, defines)
    return write_pictures(or_default(paths), formats, out, cache, watch, defines)
