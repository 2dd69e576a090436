"""Command line: the app of the diagram commands; maps their results and errors to exit codes."""

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from checkout.c4.commands import COMMANDS
from checkout.errors import CheckoutError

if TYPE_CHECKING:
    from checkout.c4.checks.consistency import CodeArrow
    from checkout.c4.notations.asyncapi import AsyncApi

ARGUMENTS = {  # typer's own section of arguments shows Python types
    "paths": "PATH is a file or a folder, by default the folder diagrams if there is one, else the current folder.",
    "file": "FILE is a diagram, or FILE#NAME one of several diagrams in a file.",
    "files": "FILES are diagrams, FILE or FILE#NAME, or folders; by default the folder diagrams, else the current one.",
    "revisions": "REV is a git revision to compare with the working tree, or REV..REV two revisions.",
}


class Code(NamedTuple):
    """What `check` knows of the code: its arrows, and AsyncAPI documents of its messages."""

    arrows: "Callable[[], Sequence[CodeArrow]]"
    asyncapi: "Callable[[], Sequence[AsyncApi]]"


class _QuickHelp:
    # Where `--help` is not given, typer converts its default, None, for which it imports pydantic: 0.08 s a command.
    def get_help_option(self, context: Any) -> Any:
        option = super().get_help_option(context)  # type: ignore[misc]
        option.default = False
        return option


class Command(_QuickHelp, TyperCommand):
    """A command of typer whose `--help` imports no more than its options need."""


class Group(_QuickHelp, TyperGroup):
    """A group of such commands."""


def make_app(
    code_arrows: "Callable[[], Sequence[CodeArrow]]" = tuple, asyncapi: "Callable[[], Sequence[AsyncApi]]" = tuple
) -> typer.Typer:
    """The commands. `code_arrows` returns the arrows that the code implies, and `asyncapi` documents of its messages.

    `check` compares diagrams with both.
    """
    app = typer.Typer(
        cls=Group,
        rich_markup_mode=None,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Render, check and verify C4 diagrams.",
        context_settings={"obj": Code(code_arrows, asyncapi)},
    )
    for command in COMMANDS:
        used = inspect.signature(command).parameters
        epilog = " ".join(text for name, text in ARGUMENTS.items() if name in used)
        app.command(cls=Command, epilog=epilog)(_exiting(command))
    return app


def _exiting(command: Callable[..., int]) -> Callable[..., None]:
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
