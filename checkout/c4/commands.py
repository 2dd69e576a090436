"""Commands: the options and the work of each diagram command; each function returns its exit code."""

import json
from pathlib import Path
from typing import Annotated

from typer import Argument, BadParameter, Context, Option

# Commands import what they need when they run, so that --help stays fast.
Paths = Annotated[list[Path] | None, Argument(metavar="PATH", hidden=True)]
File = Annotated[str, Argument(metavar="FILE", hidden=True)]
Journals = Annotated[list[Path], Option("--journal", metavar="JOURNAL", help="Journal file or folder; repeatable.")]
Order = Annotated[str | None, Option(metavar="ID", help="Consider this order only, not all orders.")]
AsJson = Annotated[bool, Option("--json", help="Print JSON.")]


def render(
    paths: Paths = None,
    format: Annotated[str, Option(metavar="FORMAT", help="Format: svg, png or svg,png.")] = "svg",
    out: Annotated[Path | None, Option(metavar="FOLDER", help="Write pictures here, not beside their sources.")] = None,
    check: Annotated[bool, Option("--check", help="List outdated pictures instead of writing them.")] = False,
    watch: Annotated[bool, Option("--watch", help="Render again whenever a file changes, until Ctrl-C.")] = False,
    no_cache: Annotated[bool, Option("--no-cache", help="Render everything again.")] = False,
) -> int:
    """Render diagrams to pictures."""
    from checkout.c4.render.cache import Cache
    from checkout.c4.render.pictures import check_pictures, write_pictures

    formats = format.lower().split(",")
    if not set(formats) <= {"svg", "png"}:
        raise BadParameter(f"{format!r} is not svg, png or svg,png", param_hint="--format")
    if check and (watch or out):
        raise BadParameter("cannot be combined with --watch or --out", param_hint="--check")
    cache = Cache(None) if no_cache else None
    if check:
        return check_pictures(_or_default(paths), cache)
    return write_pictures(_or_default(paths), formats, out, cache, watch)


def check(
    context: Context,
    paths: Paths = None,
    as_json: AsJson = False,
    github: Annotated[bool, Option("--github", help="Print GitHub annotations.")] = False,
    fix: Annotated[bool, Option("--fix", help="Rewrite includes of URLs to the bundled library.")] = False,
) -> int:
    """Check diagrams alone, against each other and the code."""
    from checkout.c4 import findings
    from checkout.c4.checks.problems import find_problems, fix_files
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.files import find_files

    files = find_files(_or_default(paths))
    if fix:
        fix_files(files)
    with open_renderer(files) as renderer:
        found = find_problems(renderer, files, context.obj() if context.obj else ())
    text = findings.as_json(found) if as_json else findings.as_github(found) if github else "\n".join(map(str, found))
    print(text, end="\n" if text else "")
    errors = sum(finding.severity == "error" for finding in found)
    findings.log(f"{errors} errors, {len(found)} findings")
    return int(errors > 0)


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


def draw(
    journal: Journals,
    into: Annotated[
        Path | None, Option(metavar="FILE", help="Update the arrows of this diagram and nothing else.")
    ] = None,
    order: Order = None,
) -> int:
    """Print or update a dynamic view from a recorded run."""
    from checkout.c4.draw import new_source, observe_arrows, update_source
    from checkout.c4.findings import display_path, log
    from checkout.c4.journal import group_by_order, read_journal
    from checkout.c4.render.renderer import render_file

    arrows = observe_arrows(group_by_order(read_journal(journal), order).values())
    if into is None:
        print(new_source(arrows), end="")
        return 0
    text = update_source(render_file(str(into)).drawing, arrows).encode()
    is_same = text == into.read_bytes()
    if not is_same:
        into.write_bytes(text)
    log(f"{display_path(into)}: {'unchanged' if is_same else 'arrows replaced'}")
    return 0


def cover(
    file: File,
    journals: Annotated[
        list[Path], Option("--journals", metavar="JOURNAL", help="Journal file or folder; repeatable.")
    ],
    min: Annotated[float, Option(metavar="PERCENT", help="Fail if the coverage is lower.")] = 0,
) -> int:
    """List the arrows that no recorded run covers."""
    from checkout.c4.checks.coverage import measure_coverage
    from checkout.c4.journal import read_journal
    from checkout.c4.render.renderer import render_file

    coverage = measure_coverage(render_file(file).drawing, read_journal(journals))
    print(coverage)
    return int(coverage.percent < min)


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
    from checkout.c4.source.files import find_files

    paths = _or_default(paths)
    old, dots, new = revisions.partition("..")
    with open_renderer(find_files(paths)) as renderer:
        after = read_state(renderer, paths, (new or "HEAD") if dots else None)
        changes = compare_states(renderer, read_state(renderer, paths, old), after, picture)
    for name, change in changes:
        print(f"{name}: {change}")
    log(f"{len(changes)} changes")
    return int(bool(changes))


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


def doctor() -> int:
    """Check whether this machine can render diagrams."""
    from checkout.c4.doctor import run_checks

    checks = list(run_checks())
    for check in checks:
        print(f"{'good' if check.is_good else 'BAD '}  {check.part}: {check.details}")
    return 0 if all(check.is_good for check in checks) else 3


COMMANDS = (render, check, steps, verify, draw, cover, diff, story, doctor)


def _or_default(paths: list[Path] | None) -> list[Path]:
    return paths or [Path("diagrams") if Path("diagrams").is_dir() else Path(".")]
