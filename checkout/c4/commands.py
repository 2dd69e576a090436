"""Commands: what each diagram command does; every function returns the exit code of its command."""

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from checkout.c4.checks.consistency import CodeArrow
from checkout.c4.findings import DiagramError, Finding, PreconditionError, as_github, as_json, display_path
from checkout.c4.journal import group_by_order, read_journal
from checkout.c4.render.cache import Cache
from checkout.c4.render.renderer import RenderedDiagram, Renderer, common_folder, read_sources
from checkout.c4.source.files import DiagramSource, find_files
from checkout.journal.hop import Hop


def render(paths: Sequence[Path], formats: Sequence[str], out: Path | None, watch: bool, no_cache: bool) -> int:
    """Writes the pictures of all diagrams; with `watch`, continues until interrupted."""
    from checkout.c4.render.watch import Watch

    files = find_files(paths)
    # Made before the first rendering, so that files that change meanwhile are rendered again.
    watched: Iterable[list[Path]] = Watch(lambda: find_files(paths)) if watch else ()
    with _renderer(files, no_cache) as renderer:
        findings = _render(renderer, files, formats, out)
        if watch:
            _log("watching for changes; stop with Ctrl-C")
        for changed in watched:
            with suppress(DiagramError):  # a file without a diagram, which no diagram includes yet
                _render(renderer, changed, formats, out)
    return int(bool(findings))


def _render(renderer: Renderer, files: Sequence[Path], formats: Sequence[str], out: Path | None) -> list[Finding]:
    diagrams, findings = _read_sources(files)
    for diagram, rendered in renderer.render_all(diagrams):
        try:
            if isinstance(rendered, DiagramError):
                raise rendered
            _write(renderer, diagram, rendered, formats, out)
        except DiagramError as error:
            findings += error.findings
    for finding in findings:
        print(finding, flush=True)
    return findings


def _write(
    renderer: Renderer, diagram: DiagramSource, rendered: RenderedDiagram, formats: Sequence[str], out: Path | None
) -> None:
    for name in formats:
        content = rendered.svg.encode() if name == "svg" else renderer.render_png(diagram)
        path = (out or diagram.file.parent) / f"{diagram.name}.{name}"
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            _log(f"rendered {display_path(path)}")


def check_pictures(paths: Sequence[Path], no_cache: bool) -> int:
    """Prints each outdated picture and the reason; 3 if all that is known is that another toolchain rendered one."""
    from checkout.c4.render.staleness import check_picture

    files = find_files(paths)
    diagrams, findings = _read_sources(files)
    stale = []
    with _renderer(files, no_cache) as renderer:
        for diagram, rendered in renderer.render_all(diagrams):
            if isinstance(rendered, DiagramError):
                findings += rendered.findings
            elif outdated := check_picture(renderer, diagram, rendered, diagram.file.parent / f"{diagram.name}.svg"):
                stale.append(outdated)
    for problem in [*findings, *stale]:
        print(problem)
    _log(f"{len(diagrams)} diagrams, {len(stale)} stale pictures")
    if findings or any(not picture.other_toolchain for picture in stale):
        return 1
    return 3 if stale else 0


def check(paths: Sequence[Path], code_arrows: Sequence[CodeArrow], fix: bool, form: str) -> int:
    """Prints the findings of all diagrams as text, json or github annotations; 1 if one of them is an error."""
    if fix:
        _fix(find_files(paths))
    findings = find_problems(find_files(paths), code_arrows)
    formatters = {"json": as_json, "github": as_github}
    text = formatters[form](findings) if form in formatters else "\n".join(map(str, findings))
    print(text, end="\n" if text else "")
    errors = sum(finding.severity == "error" for finding in findings)
    _log(f"{errors} errors, {len(findings)} findings")
    return int(errors > 0)


def _fix(files: Sequence[Path]) -> None:
    from checkout.c4.checks.lint import fix_remote_includes

    for file in files:
        text, count = fix_remote_includes(file.read_bytes().decode("utf-8", errors="surrogateescape"))
        if count:
            file.write_bytes(text.encode("utf-8", errors="surrogateescape"))
            _log(f"{display_path(file)}: {count} includes rewritten")


def find_problems(
    files: Sequence[Path], code_arrows: Sequence[CodeArrow] = (), renderer: Renderer | None = None
) -> list[Finding]:
    """The findings of the diagrams in files: of each alone, between them, and against the code."""
    from checkout.c4.checks.consistency import compare_views, compare_with_code
    from checkout.c4.checks.lint import lint

    diagrams, findings = _read_sources(files)
    drawings = []
    with nullcontext(renderer) if renderer else _renderer(files, False) as opened:
        for _, rendered in opened.render_all(diagrams):
            try:
                if isinstance(rendered, DiagramError):
                    raise rendered
                drawing = rendered.checked().drawing
                findings += lint(drawing)
                drawings.append(drawing)
            except DiagramError as error:
                findings += error.findings
    return findings + compare_views(drawings) + compare_with_code(drawings, code_arrows)


def verify(
    file: str, journals: Sequence[Path], order: str | None, out: Path | None, as_data: bool, allow_redelivery: bool
) -> int:
    """Prints whether each order of the journals conforms to a view; 1 if one does not."""
    from checkout.c4.checks.overlay import render_overlay
    from checkout.c4.checks.verify import verify_orders

    hops = read_journal(journals)
    renderer, diagram = _open_diagram(file)
    with renderer:
        drawing = renderer.render(diagram).checked().drawing
        results = verify_orders(drawing, group_by_order(hops, order), allow_redelivery)
        if out:
            out.write_text(render_overlay(renderer, drawing, results))
    if as_data:
        print(json.dumps([result.as_data() for result in results], indent=1, ensure_ascii=False))
    else:
        print(*results, sep="\n")
    return int(not all(result.conforms for result in results))


def draw(journals: Sequence[Path], into: Path | None, order: str | None) -> int:
    """Prints the source of a view of the recorded orders, or updates the arrows of the diagram `into`."""
    from checkout.c4.draw import new_source, observe_arrows, update_source

    arrows = observe_arrows(group_by_order(read_journal(journals), order).values())
    if not arrows:
        raise PreconditionError("no hop of this journal was applied: there is nothing to draw")
    if into is None:
        print(new_source(arrows), end="")
        return 0
    text = update_source(render_file(str(into)).drawing, arrows)
    is_same = text.encode() == into.read_bytes()
    if not is_same:
        into.write_bytes(text.encode())
    _log(f"{display_path(into)}: {'unchanged' if is_same else 'arrows replaced'}")
    return 0


def cover(file: str, journals: Sequence[Path], minimum: float) -> int:
    """Prints the arrows that no journal covers; 1 if the coverage in percent is below the minimum."""
    from checkout.c4.checks.coverage import measure_coverage

    coverage = measure_coverage(render_file(file).drawing, read_journal(journals))
    print(coverage)
    return int(coverage.percent < minimum)


def diff(revisions: str, paths: Sequence[Path], out: Path | None) -> int:
    """Prints the changed arrows between two revisions, or a revision and the working tree; 1 if there are any."""
    from checkout.c4.checks.diff import DiagramStates, compare_states

    old, dots, new = revisions.partition("..")
    with tempfile.TemporaryDirectory() as folder, _renderer(find_files(paths), False) as renderer:
        states = DiagramStates(renderer, Path(folder), paths)
        after = states.at_revision(new or "HEAD") if dots else states.in_working_tree()
        changes = compare_states(renderer, states.at_revision(old), after, out)
    for name, change in changes:
        print(f"{name}: {change}")
    _log(f"{len(changes)} changes")
    return int(bool(changes))


def story(file: str, step: int | None, journals: Sequence[Path], order: str | None, html: Path | None) -> int:
    """Prints the SVG of one step, or writes the page of all steps."""
    from checkout.c4.story import render_frame, render_page

    rendered = render_file(file)
    hops: Sequence[Hop] = ()
    if journals:
        hops = next(iter(group_by_order(read_journal(journals), order).values()))
    if step is not None:
        print(render_frame(rendered, step))
    if html:
        html.write_text(render_page(rendered, hops))
        _log(f"wrote {display_path(html)}")
    return 0


def render_file(file: str) -> RenderedDiagram:
    """Renders one diagram, named as FILE or FILE#NAME. Raises DiagramError or FileNotFoundError."""
    renderer, diagram = _open_diagram(file)
    with renderer:
        return renderer.render(diagram).checked()


def find_diagram(file: str) -> DiagramSource:
    """The diagram named as FILE or FILE#NAME. Raises DiagramError or FileNotFoundError."""
    path, _, name = (file, "", "") if Path(file).exists() else file.rpartition("#")
    diagrams, findings = _read_sources(find_files([Path(path or file)]))
    if findings:
        raise DiagramError(*findings)
    named = [diagram for diagram in diagrams if diagram.name == name] if name else diagrams
    if len(named) != 1:
        names = ", ".join(diagram.name for diagram in diagrams)
        raise FileNotFoundError(f"{file}: name one of its diagrams as FILE#NAME; it holds {names}")
    return named[0]


def _open_diagram(file: str) -> tuple[Renderer, DiagramSource]:
    diagram = find_diagram(file)
    return _renderer([diagram.file], False), diagram


def _read_sources(files: Sequence[Path]) -> tuple[list[DiagramSource], list[Finding]]:
    diagrams, findings = read_sources(files)
    if not diagrams and not findings:
        named = ", ".join(map(display_path, files)) or "this folder"
        raise DiagramError(Finding(named, 1, 1, "no-diagram", "no diagram found", "name a file that has an @startuml"))
    return diagrams, findings


def _renderer(files: Sequence[Path], no_cache: bool) -> Renderer:
    if not files:
        _read_sources(files)
    return Renderer(common_folder(files), cache=Cache(None) if no_cache else None)


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
