"""Command line: declares the diagram commands and maps their results and errors to exit codes."""

import functools
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checkout.errors import CheckoutError

if TYPE_CHECKING:  # commands import what they need when they run, so that --help stays fast
    from checkout.c4.checks.consistency import CodeArrow

Paths = Annotated[list[Path] | None, typer.Argument(metavar="PATH", hidden=True)]
File = Annotated[str, typer.Argument(metavar="FILE", hidden=True)]
Journals = Annotated[
    list[Path], typer.Option("--journal", metavar="JOURNAL", help="Journal file or folder; repeatable.")
]
Order = Annotated[str | None, typer.Option(metavar="ID", help="Consider this order only, not all orders.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Command = Callable[..., int]
ARGUMENTS = {  # typer's own section of arguments shows Python types
    "paths": "PATH is a file or a folder, by default the folder diagrams if there is one, else the current folder.",
    "file": "FILE is a diagram, or FILE#NAME one of several diagrams in a file.",
    "revisions": "REV is a git revision to compare with the working tree, or REV..REV two revisions.",
}


def make_app(code_arrows: "Callable[[], Sequence[CodeArrow]] | None" = None) -> typer.Typer:
    """The commands. `code_arrows` returns the arrows that the code implies; `check` compares diagrams with them."""
    app = typer.Typer(
        rich_markup_mode=None,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Render, check and verify C4 diagrams.",
    )

    def check(
        paths: Paths = None,
        as_json: AsJson = False,
        github: Annotated[bool, typer.Option("--github", help="Print GitHub annotations.")] = False,
        fix: Annotated[bool, typer.Option("--fix", help="Rewrite includes of URLs to the bundled library.")] = False,
    ) -> int:
        """Check diagrams alone, against each other and the code."""
        from checkout.c4 import commands

        form = "json" if as_json else "github" if github else "text"
        return commands.check(_or_default(paths), code_arrows() if code_arrows else (), fix, form)

    for command in (render, check, steps, verify, draw, cover, diff, story, doctor):
        used = inspect.signature(command).parameters
        epilog = " ".join(text for name, text in ARGUMENTS.items() if name in used)
        app.command(epilog=epilog)(_exiting(command))
    return app


def render(
    paths: Paths = None,
    format: Annotated[str, typer.Option(metavar="FORMAT", help="Format: svg, png or svg,png.")] = "svg",
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write pictures here, not beside their sources.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="List outdated pictures instead of writing them.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Render again whenever a file changes, until Ctrl-C.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Render everything again.")] = False,
) -> int:
    """Render diagrams to pictures."""
    from checkout.c4 import commands

    formats = format.lower().split(",")
    if not set(formats) <= {"svg", "png"}:
        raise typer.BadParameter(f"{format!r} is not svg, png or svg,png", param_hint="--format")
    if check and (watch or out):
        raise typer.BadParameter("cannot be combined with --watch or --out", param_hint="--check")
    if check:
        return commands.check_pictures(_or_default(paths), no_cache)
    return commands.render(_or_default(paths), formats, out, watch, no_cache)


def steps(file: File, as_json: AsJson = False) -> int:
    """List the arrows of a diagram."""
    from checkout.c4.commands import render_file

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
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an SVG that colours each deviation.")
    ] = None,
    as_json: AsJson = False,
    allow_redelivery: Annotated[
        bool, typer.Option("--allow-redelivery", help="Accept an arrow that was applied more than once.")
    ] = False,
) -> int:
    """Verify that recorded runs conform to a dynamic view."""
    from checkout.c4 import commands

    return commands.verify(file, journal, order, picture, as_json, allow_redelivery)


def draw(
    journal: Journals,
    into: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Update the arrows of this diagram and nothing else.")
    ] = None,
    order: Order = None,
) -> int:
    """Print or update a dynamic view from a recorded run."""
    from checkout.c4 import commands

    return commands.draw(journal, into, order)


def cover(
    file: File,
    journals: Annotated[
        list[Path], typer.Option("--journals", metavar="JOURNAL", help="Journal file or folder; repeatable.")
    ],
    min: Annotated[float, typer.Option(metavar="PERCENT", help="Fail if the coverage is lower.")] = 0,
) -> int:
    """List the arrows that no recorded run covers."""
    from checkout.c4 import commands

    return commands.cover(file, journals, min)


def diff(
    revisions: Annotated[str, typer.Argument(metavar="REV[..REV]", hidden=True)],
    paths: Paths = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a coloured SVG of each changed diagram.")
    ] = None,
) -> int:
    """Compare the arrows of diagrams between two git revisions."""
    from checkout.c4 import commands

    return commands.diff(revisions, _or_default(paths), picture)


def story(
    file: File,
    step: Annotated[int | None, typer.Option(metavar="N", help="Print the SVG at step N, from 1.")] = None,
    journal: Annotated[
        list[Path] | None, typer.Option("--journal", metavar="JOURNAL", help="Include the messages of a recorded run.")
    ] = None,
    order: Order = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write an HTML page of all steps.")] = None,
) -> int:
    """Show a dynamic view step by step."""
    from checkout.c4 import commands

    if (step is None) == (html is None):
        raise typer.BadParameter("use either --step N or --html FILE")
    return commands.story(file, step, journal or [], order, html)


def doctor() -> int:
    """Check whether this machine can render diagrams."""
    from checkout.c4.doctor import run_checks

    checks = list(run_checks())
    for check in checks:
        print(f"{'good' if check.is_good else 'BAD '}  {check.part}: {check.details}")
    return 0 if all(check.is_good for check in checks) else 3


def _or_default(paths: list[Path] | None) -> list[Path]:
    return paths or [Path("diagrams") if Path("diagrams").is_dir() else Path(".")]


def _exiting(command: Command) -> Callable[..., None]:
    """The command, ending the process with its result as exit code, or with an error's message and exit code."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        previous = signal.signal(signal.SIGTERM, _exit_on_signal)
        try:
            code = command(**options)
        except BrokenPipeError:  # the reader of the output has closed it
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except CheckoutError as error:
            # Findings are results, which belong to stdout; the rest is not.
            print(error, file=sys.stdout if error.exit_code == 1 else sys.stderr)
            code = error.exit_code
        except OSError as error:
            print(error if error.filename is None else f"{error.filename}: {error.strerror}", file=sys.stderr)
            code = 2
        except KeyboardInterrupt:
            code = 0
        finally:
            signal.signal(signal.SIGTERM, previous)
        raise typer.Exit(code)

    return run


def _exit_on_signal(number: int, _: object) -> None:
    raise SystemExit(128 + number)  # lets context managers end PlantUML and remove its folders


app = make_app()
