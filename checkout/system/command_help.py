"""Command help: commands whose help shows placeholders such as `FILE` where typer adds Python types and braces."""

from typing import Any

from typer.core import TyperArgument, TyperCommand


class PlainArgument(TyperArgument):
    """An argument whose help has no Python type."""

    def display_type_rich(self, ctx: Any) -> None:
        """Returns None: the placeholder says enough."""


class PlainCommand(TyperCommand):
    """A command with plain arguments, for `typer`'s option `cls`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for parameter in self.params:
            if isinstance(parameter, TyperArgument):
                parameter.__class__ = PlainArgument  # typer has no other way to choose the class

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The usage line in pieces; a required argument has no braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]
