"""Options: those that several diagram commands share, and the default of their paths."""

import re
from pathlib import Path
from typing import Annotated

from typer import Argument, BadParameter, Option

Paths = Annotated[list[Path] | None, Argument(metavar="PATH", hidden=True)]
File = Annotated[str, Argument(metavar="FILE", hidden=True)]
Define = Annotated[
    list[str] | None,
    Option("--define", metavar="NAME=VALUE", help="Set a variable of the preprocessor, as PlantUML's -D; repeatable."),
]
AsJson = Annotated[bool, Option("--json", help="Print JSON.")]
Github = Annotated[bool, Option("--github", help="Print GitHub annotations.")]
Sarif = Annotated[Path | None, Option(metavar="FILE", help="Write SARIF for code scanning; - prints it.")]



def parse_defines(written: list[str] | None) -> tuple[tuple[str, str], ...]:
    """The names and values of `--define NAME=VALUE`. Raises BadParameter for any other form."""
    defines = dict[str, str]()
    for text in written or ():
        match = re.fullmatch(r"(\$?[A-Za-z_]\w*)(?:=([^\"\x00-\x1f\x7f]*))?", text)
        if match is None:
            reason = "is not NAME=VALUE, with a value of one line without quotation marks"
            raise BadParameter(f"{text!r} {reason}", param_hint="--define")
        defines[match[1]] = match[2] or ""
    return tuple(defines.items())
