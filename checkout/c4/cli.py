"""Command line of the diagrams: render, check, steps, verify, draw, cover, diff, story, doctor."""

import functools
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:  # what a command needs is imported when it runs: --help stays quick
    from checkout.c4.checks.consistency import Fact

Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders; if none, the folder diagrams or this.")]
File = Annotated[str, typer.Argument(help="A diagram; FILE#NAME where a file holds several.")]
Journals = Annotated[list[Path], typer.Option("--journal", help="A journal, or a folder of them; may be repeated.")]
Order = Annotated[str | None, typer.Option(help="Only this order.")]
AsJson = Annotated[bool, typer.Option("--json", help="For a program.")]
Command = Callable[..., int]


def make_app(code: "Callable[[], Sequence[Fact]] | None" = None) -> typer.Typer:
    """The commands; `code` tells `check` the arrows that the code of this repository has."""
    help = "Diagrams, held to what is true."
    app = typer.Typer(
        rich_markup_mode=None, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=help
    )

    def check(
        paths: Paths = None,
        as_json: AsJson = False,
        github: Annotated[bool, typer.Option("--github", help="As annotations beside the lines.")] = False,
        fix: Annotated[bool, typer.Option("--fix", help="Rewrite remote includes to the bundled library.")] = False,
    ) -> int:
        """Say what is wrong with diagrams: alone, with each other, and with the code."""
        from checkout.c4 import commands

        form = "json" if as_json else "github" if github else "text"
        return commands.check(_paths(paths), code() if code else (), fix, form)

    for command in (render, check, steps, verify, draw, cover, diff, story, doctor):
        app.command()(_careful(command))
    return app


def render(
    paths: Paths = None,
    format: Annotated[str, typer.Option(help="svg, png, or both with a comma.")] = "svg",
    out: Annotated[Path | None, typer.Option(help="Folder for the pictures; else beside their sources.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; name each stale picture and why.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and redraw what changes.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Draw everything again.")] = False,
) -> int:
    """Draw pictures of diagrams."""
    from checkout.c4 import commands

    formats = format.lower().split(",")
    if not set(formats) <= {"svg", "png"} or (check and (watch or out)):
        raise typer.BadParameter("--format takes svg, png or svg,png; --check goes with neither --watch nor --out")
    if check:
        return commands.check_pictures(_paths(paths), no_cache)
    return commands.render(_paths(paths), formats, out, watch, no_cache)


def steps(file: File, as_json: AsJson = False) -> int:
    """List the arrows of a diagram."""
    from checkout.c4.commands import picture_of

    arrows = [arrow for arrow in picture_of(file).drawing.arrows if not arrow.hidden]
    if as_json:
        print(json.dumps([arrow.as_data() for arrow in arrows], indent=1, ensure_ascii=False))
    for arrow in () if as_json else arrows:
        technology = f" [{arrow.technology}]" if arrow.technology else ""
        ends = f"{arrow.source} → {arrow.target}"
        print(f"line {arrow.line.number:>3}  {arrow.index:>3}  {ends}: {arrow.label}{technology}")
    if not arrows:
        print(f"{file} draws no arrow between elements: name a C4, component or sequence diagram")
    return int(not arrows)


def verify(
    file: File,
    journal: Journals,
    order: Order = None,
    picture: Annotated[Path | None, typer.Option(help="Write the picture with every deviation in its colour.")] = None,
    as_json: AsJson = False,
    allow_redelivery: Annotated[bool, typer.Option("--allow-redelivery", help="Twice is no failure.")] = False,
) -> int:
    """Say whether what ran is what is drawn."""
    from checkout.c4 import commands

    return commands.verify(file, journal, order, picture, as_json, allow_redelivery)


def draw(
    journal: Journals,
    into: Annotated[Path | None, typer.Option(help="Replace the arrows of this diagram, and nothing else.")] = None,
    order: Order = None,
) -> int:
    """Draw the dynamic view from what ran."""
    from checkout.c4 import commands

    return commands.draw(journal, into, order)


def cover(
    file: File,
    journals: Annotated[list[Path], typer.Option("--journals", help="Journals, or folders of them.")],
    min: Annotated[float, typer.Option(help="Fail below this percentage.")] = 0,
) -> int:
    """List the arrows that no run exercised."""
    from checkout.c4 import commands

    return commands.cover(file, journals, min)


def diff(
    revisions: Annotated[str, typer.Argument(metavar="REV[..REV]", help="From one revision to here, or to another.")],
    paths: Paths = None,
    picture: Annotated[Path | None, typer.Option(help="A folder for one coloured picture per changed diagram.")] = None,
) -> int:
    """Show what two states of the diagrams draw differently."""
    from checkout.c4 import commands

    return commands.diff(revisions, _paths(paths), picture)


def story(
    file: File,
    step: Annotated[int | None, typer.Option(help="Print the picture at this step, from 1.")] = None,
    journal: Annotated[list[Path] | None, typer.Option("--journal", help="A run to tell the story with.")] = None,
    order: Order = None,
    html: Annotated[Path | None, typer.Option(help="Write the whole story as one page.")] = None,
) -> int:
    """Tell a dynamic view step by step."""
    from checkout.c4 import commands

    if (step is None) == (html is None):
        raise typer.BadParameter("name either --step K or --html OUT")
    return commands.story(file, step, journal or [], order, html)


def doctor() -> int:
    """Say whether this machine can draw."""
    from checkout.c4.doctor import examine

    checks = list(examine())
    for check in checks:
        print(f"{'good' if check.is_good else 'BAD '}  {check.part}: {check.says}")
    return 0 if all(check.is_good for check in checks) else 3


def _paths(paths: list[Path] | None) -> list[Path]:
    return paths or [Path("diagrams") if Path("diagrams").is_dir() else Path(".")]


def _careful(command: Command) -> Callable[..., None]:
    """The command with its answer as exit code, and its refusals as one or two lines."""
    from checkout.c4.findings import CannotJudge, Refused

    @functools.wraps(command)
    def run(**options: Any) -> None:
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            code = command(**options)
        except Refused as refused:
            print(refused)
            code = 1
        except BrokenPipeError:  # the reader of our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except CannotJudge as error:
            _say(str(error))
            code = 3
        except OSError as error:
            _say(str(error) if error.filename is None else f"{error.filename}: {error.strerror}")
            code = 2
        except KeyboardInterrupt:
            code = 0
        finally:
            signal.signal(signal.SIGTERM, before)
        raise typer.Exit(code)

    return run


def _stop(number: int, _: object) -> None:
    raise SystemExit(128 + number)  # so that workers and their rooms are cleared away


def _say(text: str) -> None:
    print(text, file=sys.stderr)


app = make_app()
