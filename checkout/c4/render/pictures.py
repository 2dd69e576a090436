"""Pictures: writes the pictures of diagrams, once or whenever a file changes, and lists outdated ones."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from checkout.c4.findings import DiagramError, Finding, display_path, log
from checkout.c4.render.cache import Cache
from checkout.c4.render.renderer import Renderer, open_renderer
from checkout.c4.render.staleness import check_picture
from checkout.c4.render.watch import Watch
from checkout.c4.source.diagrams import require_sources
from checkout.c4.source.files import find_files
from checkout.c4.source.variables import Defines


def write_pictures(
    paths: Sequence[Path],
    formats: Sequence[str],
    out: Path | None,
    cache: Cache | None,
    watch: bool,
    defines: Defines = (),
) -> int:
    """Writes the pictures of all diagrams; with `watch`, continues until interrupted. 1 if there are findings."""
    files = find_files(paths)
    # Made before the first rendering, so that files that change meanwhile are rendered again.
    watched: Iterable[list[Path]] = Watch(lambda: find_files(paths)) if watch else ()
    with open_renderer(files, cache) as renderer:
        findings = _write_all(renderer, files, formats, out, defines)
        if watch:
            log("watching for changes; stop with Ctrl-C")
        for changed in watched:
            with suppress(DiagramError):  # a file without a diagram, which no diagram includes yet
                _write_all(renderer, changed, formats, out, defines)
    return int(bool(findings))


def _write_all(
    renderer: Renderer, files: Sequence[Path], formats: Sequence[str], out: Path | None, defines: Defines
) -> list[Finding]:
    diagrams, findings = require_sources(files, defines)
    for diagram, rendering in renderer.render_all(diagrams):
        try:
            rendered = rendering()
            for name in formats:
                content = rendered.svg.encode() if name == "svg" else renderer.render_png(diagram)
                _write((out or diagram.file.parent) / f"{diagram.name}.{name}", content)
        except DiagramError as error:
            findings += error.findings
    for finding in findings:
        print(finding, flush=True)
    return findings


def _write(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        log(f"rendered {display_path(path)}")


def check_pictures(paths: Sequence[Path], cache: Cache | None, defines: Defines = ()) -> int:
    """Prints each outdated picture and the reason; 3 if all that is known is that another toolchain rendered one."""
    files = find_files(paths)
    diagrams, findings = require_sources(files, defines)
    stale = []
    with open_renderer(files, cache) as renderer:
        for diagram, rendering in renderer.render_all(diagrams):
            try:
                outdated = check_picture(renderer, diagram, rendering())
                stale += [outdated] if outdated else []
            except DiagramError as error:
                findings += error.findings
    for problem in [*findings, *stale]:
        print(problem)
    log(f"{len(diagrams)} diagrams, {len(stale)} stale pictures")
    if findings or any(not picture.other_toolchain for picture in stale):
        return 1
    return 3 if stale else 0
