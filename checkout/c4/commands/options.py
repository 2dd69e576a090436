"""Options: those that several diagram commands share, and the default of their paths."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

Paths = Annotated[list[Path] | None, Argument(metavar="PATH", hidden=True)]
File = Annotated[str, Argument(metavar="FILE", hidden=True)]
Journals = Annotated[list[Path], Option("--journal", metavar="JOURNAL", help="Journal file or folder; repeatable.")]
Order = Annotated[str | None, Option(metavar="ID", help="Consider this order only, not all orders.")]
AsJson = Annotated[bool, Option("--json", help="Print JSON.")]
Github = Annotated[bool, Option("--github", help="Print GitHub annotations.")]
Sarif = Annotated[Path | None, Option(metavar="FILE", help="Write SARIF for code scanning; - prints it.")]


def or_default(paths: list[Path] | None) -> list[Path]:
    """These paths; without any the folder diagrams if there is one, else the current folder."""
    return paths or [Path("diagrams") if Path("diagrams").is_dir() else Path(".")]
